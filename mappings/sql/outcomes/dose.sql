-- How each patient got each component with a declared plan. A record lasts a cycle at least, and as many as it has days
-- of intake for; of a component given on one day, as many days as the record has. Relative dose intensity: what was
-- given or handed over, by what is planned until the last record is over (Hryniuk and Bush, J Clin Oncol
-- 1984;2:1281-1288). Reduction: a smaller dose than the one before, of the same agent. Interruption: a next dose more
-- than `delay_days` after it was due; within a record longer than a cycle none can be seen. Discontinued, as in the
-- endpoints: the patient lived on after the days that the last dose covers with their grace, or began new therapy after
-- it. What the CDM does not tell is NULL, or 'not evaluable'; a reason that is recorded in words that are not declared
-- is 'Other'.
WITH lasted AS (
    SELECT
        record.*,
        plan.delay_days,
        plan.cycle_days,
        -- In days from the first of the component's.
        record.start_date - min(record.start_date) OVER (PARTITION BY record.person_id, record.component) AS starts_on,
        starts_on
        + CASE
            WHEN plan.days_on = 1 THEN greatest(plan.cycle_days, record.supply_end - record.start_date + 1)
            ELSE plan.cycle_days * greatest(1, (record.supply_end - record.start_date + 1) / plan.days_on)
        END AS lasting_until
    FROM dose_record AS record
    INNER JOIN dose_plan AS plan ON record.component = plan.component
),

ordered AS (
    SELECT
        *,
        dose < lag(dose IGNORE NULLS) OVER one_agent AS is_reduced,
        starts_on - max(lasting_until) OVER earlier AS late_days
    FROM lasted
    WINDOW
        one_agent AS (PARTITION BY person_id, component, agent ORDER BY start_date),
        earlier AS (
            PARTITION BY person_id, component
            ORDER BY start_date, agent
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        )
),

course AS (
    SELECT
        ordered.person_id,
        ordered.component,
        count(*) AS doses,
        min(ordered.start_date) AS first_dose_date,
        max(ordered.end_date) AS last_dose_date,
        arg_min(ordered.agent, (ordered.start_date, ordered.agent)) AS agent,
        first(ordered.dose ORDER BY ordered.start_date, ordered.agent) AS starting_dose,
        first(ordered.planned ORDER BY ordered.start_date, ordered.agent) AS planned_dose,
        first(ordered.stop_reason ORDER BY ordered.supply_end DESC, ordered.start_date DESC, ordered.agent ASC)
            AS stop_reason,
        first(ordered.end_known ORDER BY ordered.supply_end DESC, ordered.start_date DESC, ordered.agent ASC)
            AS end_known,
        CASE
            WHEN bool_and(ordered.amount IS NOT NULL AND ordered.planned IS NOT NULL)
                THEN
                    sum(ordered.amount / (ordered.planned * plan.days_on))
                    * any_value(plan.cycle_days)
                    / max(ordered.lasting_until)
        END AS relative_dose_intensity,
        count(*) FILTER (WHERE ordered.is_reduced) AS smaller_doses,
        CASE
            WHEN smaller_doses > 0 OR bool_and(ordered.dose IS NOT NULL) THEN smaller_doses
        END AS reductions,
        min(ordered.start_date) FILTER (WHERE ordered.is_reduced) AS first_reduction_date,
        count(*) FILTER (WHERE ordered.late_days > ordered.delay_days) AS late_doses,
        CASE
            WHEN
                late_doses > 0
                OR bool_and(ordered.end_known AND ordered.supply_end - ordered.start_date < ordered.cycle_days)
                THEN late_doses
        END AS interruptions,
        any_value(plan.unit) AS unit
    FROM ordered
    INNER JOIN dose_plan AS plan ON ordered.component = plan.component
    GROUP BY ordered.person_id, ordered.component
),

ended AS (
    SELECT
        course.*,
        CASE
            WHEN treatment.new_therapy_date > era.last_day THEN 'discontinued'
            WHEN NOT course.end_known THEN 'not evaluable'
            WHEN treatment.death_date <= era.covered_until THEN 'died on treatment'
            WHEN least(treatment.known_until, $data_cut) <= era.covered_until THEN 'ongoing'
            ELSE 'discontinued'
        END AS status
    FROM course
    INNER JOIN treatment_window AS treatment ON course.person_id = treatment.person_id
    INNER JOIN exposure_era AS era
        ON
            course.person_id = era.person_id
            AND course.component = era.component
            AND course.last_dose_date BETWEEN era.era_start AND era.covered_until
)

SELECT
    ended.person_id AS subject_id,
    ended.component,
    ended.agent,
    ended.doses::INTEGER AS doses,
    ended.first_dose_date,
    ended.last_dose_date,
    ended.starting_dose,
    ended.planned_dose,
    ended.unit,
    ended.relative_dose_intensity,
    ended.reductions::INTEGER AS reductions,
    ended.first_reduction_date,
    ended.interruptions::INTEGER AS interruptions,
    ended.status,
    CASE
        WHEN ended.status = 'discontinued'
            THEN coalesce(told.reason, CASE WHEN ended.stop_reason IS NULL THEN 'Not recorded' ELSE 'Other' END)
    END AS reason
FROM ended
LEFT JOIN stop_reason AS told ON ended.stop_reason = told.stop_text
ORDER BY ended.person_id, ended.component
