-- Candidate index dates: every choice of one era per component, dated by the latest start (`start_date`), or where the
-- index is a landmark, by the day that comes $landmark_days after the first. An entrant without such a choice has one
-- row without dates. `failed_step` is filled by the attrition, step by step.
WITH RECURSIVE combination AS (
    SELECT
        person_id,
        position,
        era_start AS first_start,
        era_start AS start_date,
        covered_until,
        first_row_id AS index_row_id
    FROM exposure_era
    WHERE position = 1
    UNION ALL
    SELECT
        earlier.person_id,
        era.position,
        least(earlier.first_start, era.era_start) AS first_start,
        greatest(earlier.start_date, era.era_start) AS start_date,
        least(earlier.covered_until, era.covered_until) AS covered_until,
        CASE
            WHEN era.era_start > earlier.start_date THEN era.first_row_id
            ELSE earlier.index_row_id
        END AS index_row_id
    FROM combination AS earlier
    INNER JOIN exposure_era AS era
        ON earlier.person_id = era.person_id AND era.position = earlier.position + 1
)

SELECT
    entrant.person_id,
    whole.first_start,
    whole.start_date,
    whole.index_row_id,
    'drug_exposure' AS index_table,
    cast(NULL AS INTEGER) AS failed_step,
    coalesce(whole.first_start + cast($landmark_days AS INTEGER), whole.start_date) AS index_date,
    row_number() OVER (ORDER BY entrant.person_id, whole.start_date, whole.first_start) AS candidate_id,
    whole.start_date - whole.first_start <= $maximum_days_between_starts AS starts_close,
    whole.covered_until >= index_date AS concurrent
FROM entrant
LEFT JOIN combination AS whole
    ON entrant.person_id = whole.person_id AND whole.position = $components
