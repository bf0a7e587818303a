-- Spans of one ingredient at one daily dose, joined over gaps of at most 30 days, where the dose is known: a drug of a
-- fixed amount (drug_strength.amount_value, a tablet or capsule), its quantity and the days it was supplied for. Daily
-- dose = quantity * amount / days, in the amount's unit (OHDSI, "How to calculate drug dose": fixed amounts).
-- The CDM keeps no other dose: concentrations, and drugs known by their ingredient only, have no dose era, nor have
-- quantities in units that are not known to be numbers of tablets or capsules.
WITH span AS (
    SELECT
        e.person_id,
        s.ingredient_concept_id AS drug_concept_id,
        s.amount_unit_concept_id AS unit_concept_id,
        round(e.quantity * s.amount_value / e.days_supply, 6) AS dose_value,
        e.drug_exposure_start_date AS start_date,
        greatest(e.drug_exposure_end_date, e.drug_exposure_start_date) AS end_date
    FROM cdm.drug_exposure AS e
    SEMI JOIN work.person AS w ON e.person_id = w.person_id
    INNER JOIN cdm.drug_strength AS s ON e.drug_concept_id = s.drug_concept_id
    WHERE
        e.quantity > 0 AND e.days_supply > 0
        AND coalesce(
            regexp_full_match(
                e.dose_unit_source_value, '(?i)1|\{.*\}|caps?|capsules?|tabs?|tablets?|pills?|粒|片'
            ), TRUE
        )
        AND s.amount_value > 0 AND s.amount_unit_concept_id IS NOT NULL AND s.invalid_reason IS NULL
),

reached AS (
    SELECT
        *,
        max(end_date) OVER (
            PARTITION BY person_id, drug_concept_id, unit_concept_id, dose_value ORDER BY start_date, end_date
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS reached_date
    FROM span
),

numbered AS (
    SELECT
        *,
        -- With all of its peers: which of equal rows comes first is nobody's to say, and only that one begins.
        sum(coalesce(start_date > reached_date + 30, TRUE)::INTEGER) OVER (
            PARTITION BY person_id, drug_concept_id, unit_concept_id, dose_value ORDER BY start_date, end_date
            RANGE UNBOUNDED PRECEDING
        ) AS era
    FROM reached
)

SELECT
    concat_ws(
        '/', 'person', person_id, drug_concept_id, unit_concept_id, dose_value, min(start_date)
    ) AS row_key,
    'quantity * strength / days supply' AS derivation,
    person_id,
    drug_concept_id,
    unit_concept_id,
    dose_value,
    min(start_date) AS dose_era_start_date,
    max(end_date) AS dose_era_end_date
FROM numbered
GROUP BY person_id, drug_concept_id, unit_concept_id, dose_value, era
