-- Exposure eras by component: records, each covering max(its days, cycle) + persistence days, joined where no day is
-- uncovered. Sources are joined too, so a dose recorded twice covers its days once. When several sources tell of one
-- start (within a cycle of the era's first record), the most trusted one dates it.
WITH record AS (
    SELECT
        exposure.person_id,
        component.component,
        component.position,
        component.cycle_days,
        exposure.drug_exposure_id,
        exposure.group_label,
        exposure.source_rank,
        exposure.start_date,
        exposure.end_date,
        greatest(exposure.end_date, exposure.start_date + (component.cycle_days - 1))
        + component.persistence_days AS covered_until
    FROM exposure_record AS exposure
    INNER JOIN component ON exposure.concept_set = component.concept_set
),

marked AS (
    SELECT
        *,
        coalesce(
            start_date > 1 + max(covered_until) OVER (
                PARTITION BY person_id, component
                ORDER BY start_date, drug_exposure_id
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ),
            TRUE
        ) AS begins
    FROM record
),

numbered AS (
    SELECT
        *,
        count_if(begins) OVER (
            PARTITION BY person_id, component
            ORDER BY start_date, drug_exposure_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS era
    FROM marked
),

opening AS (
    SELECT
        *,
        start_date < cycle_days + min(start_date) OVER (PARTITION BY person_id, component, era) AS tells_start
    FROM numbered
),

opened AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY person_id, component, era
            ORDER BY tells_start DESC, source_rank ASC, start_date ASC, group_label ASC, drug_exposure_id ASC
        ) = 1 AS dates_era
    FROM opening
)

SELECT
    person_id,
    component,
    position,
    era,
    any_value(start_date) FILTER (WHERE dates_era) AS era_start,
    max(end_date) AS last_day,
    max(covered_until) AS covered_until,
    any_value(drug_exposure_id) FILTER (WHERE dates_era) AS first_row_id,
    arg_max(drug_exposure_id, (end_date, start_date, group_label, drug_exposure_id)) AS last_row_id,
    any_value(group_label) FILTER (WHERE dates_era) AS agent
FROM opened
GROUP BY person_id, component, position, era
