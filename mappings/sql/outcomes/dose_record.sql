-- Doses of the components with a declared plan, during the combination and before new therapy: one row per patient,
-- component, agent and first day, from the most trusted source that tells of them, so that no dose counts twice.
-- `amount` in the plan's unit: the quantity, if it is in that unit; else the quantity times the strength of a drug of a
-- fixed amount. `dose`: the amount a day (of a component given on one day: the amount for each cycle that the record
-- has days for). NULL: the CDM does not tell. `end_date` is at most the cut; `supply_end` is that of the amount, for
-- all of it was handed over by then.
WITH strength AS (
    SELECT
        drug_concept_id,
        amount_unit_concept_id AS unit_concept_id,
        max(amount_value) AS amount_value
    FROM cdm.drug_strength
    WHERE amount_value > 0 AND invalid_reason IS NULL
    GROUP BY drug_concept_id, amount_unit_concept_id
    HAVING count(*) = 1
),

given AS (
    SELECT
        exposure.person_id,
        component.component,
        exposure.group_label AS agent,
        exposure.start_date,
        exposure.end_date,
        drug.drug_exposure_id,
        drug.stop_reason,
        plan.days_on,
        plan.cycle_days,
        exposure.supply_end,
        CASE
            WHEN drug.dose_unit_source_value = plan.unit THEN drug.quantity
            -- Without a unit, or in one that is known to be so, it is a number of capsules.
            WHEN
                coalesce(
                    regexp_full_match(
                        drug.dose_unit_source_value, '(?i)1|\{.*\}|caps?|capsules?|tabs?|tablets?|pills?|粒|片'
                    ), TRUE
                )
                THEN drug.quantity * strength.amount_value
        END AS amount,
        -- An end that is only the start again, of a drug taken for days, was not recorded.
        plan.days_on = 1
        OR drug.verbatim_end_date IS NOT NULL
        OR drug.days_supply IS NOT NULL
        OR exposure.supply_end > exposure.start_date AS end_known
    FROM exposure_record AS exposure
    INNER JOIN component ON exposure.concept_set = component.concept_set
    INNER JOIN dose_plan AS plan ON component.component = plan.component
    INNER JOIN treatment_window AS treatment
        ON
            exposure.person_id = treatment.person_id
            AND exposure.start_date >= treatment.first_dose_date
            AND coalesce(exposure.start_date < treatment.new_therapy_date, TRUE)
    INNER JOIN cdm.drug_exposure AS drug ON exposure.drug_exposure_id = drug.drug_exposure_id
    LEFT JOIN strength
        ON drug.drug_concept_id = strength.drug_concept_id AND plan.unit_concept_id = strength.unit_concept_id
    QUALIFY exposure.source_rank = min(exposure.source_rank) OVER (PARTITION BY exposure.person_id, component.component)
),

daily AS (
    SELECT
        person_id,
        component,
        agent,
        start_date,
        max(end_date) AS end_date,
        max(supply_end) AS supply_end,
        bool_and(end_known) AS end_known,
        CASE WHEN bool_and(coalesce(amount > 0, FALSE)) THEN sum(amount) END AS amount,
        arg_max(stop_reason, (supply_end, stop_reason)) AS stop_reason,
        any_value(days_on) AS days_on,
        any_value(cycle_days) AS cycle_days
    FROM given
    GROUP BY person_id, component, agent, start_date
)

SELECT
    daily.* EXCLUDE (days_on, cycle_days),
    planned.amount AS planned,
    round(
        CASE
            WHEN daily.days_on = 1
                THEN daily.amount / greatest(1, round((daily.supply_end - daily.start_date + 1) / daily.cycle_days))
            WHEN daily.end_known THEN daily.amount / (daily.supply_end - daily.start_date + 1)
        END, 6
    ) AS dose
FROM daily
LEFT JOIN dose_planned AS planned ON daily.component = planned.component AND daily.agent = planned.agent
