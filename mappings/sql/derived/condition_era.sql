-- OMOP CDM v5.4, condition_era: occurrences of one condition, joined over gaps of at most 30 days. One without an end
-- lasts its first day (OHDSI's script adds a day that nobody recorded).
WITH span AS (
    SELECT
        o.person_id,
        o.condition_concept_id,
        o.condition_start_date AS start_date,
        greatest(coalesce(o.condition_end_date, o.condition_start_date), o.condition_start_date) AS end_date
    FROM cdm.condition_occurrence AS o
    SEMI JOIN work.person AS w ON o.person_id = w.person_id
    WHERE o.condition_concept_id <> 0
),

reached AS (
    SELECT
        *,
        max(end_date) OVER (
            PARTITION BY person_id, condition_concept_id ORDER BY start_date, end_date
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS reached_date
    FROM span
),

numbered AS (
    SELECT
        *,
        coalesce(start_date > reached_date + 30, TRUE) AS begins,
        -- With all of its peers: which of equal rows comes first is nobody's to say, and only that one begins.
        sum(coalesce(start_date > reached_date + 30, TRUE)::INTEGER) OVER (
            PARTITION BY person_id, condition_concept_id ORDER BY start_date, end_date RANGE UNBOUNDED PRECEDING
        ) AS era
    FROM reached
)

SELECT
    'person/' || person_id || '/' || condition_concept_id || '/' || min(start_date) AS row_key,
    'gaps of at most 30 days' AS derivation,
    person_id,
    condition_concept_id,
    min(start_date) AS condition_era_start_date,
    max(end_date) AS condition_era_end_date,
    count(*)::INTEGER AS condition_occurrence_count
FROM numbered
GROUP BY person_id, condition_concept_id, era
