-- OMOP CDM v5.4, drug_era: exposures to one ingredient, joined over gaps of at most 30 days (the persistence window of
-- OHDSI's script). gap_days are the drug-free days, as the CDM defines them; the script's subtraction of dates gives
-- one more for each gap. The guessed end of a prescription is no duration of treatment: it counts on its first day.
WITH span AS (
    SELECT
        e.person_id,
        a.ancestor_concept_id AS drug_concept_id,
        e.drug_exposure_start_date AS start_date,
        CASE
            WHEN is_guessed_end(e._derivation) THEN e.drug_exposure_start_date
            ELSE greatest(e.drug_exposure_end_date, e.drug_exposure_start_date)
        END AS end_date
    FROM cdm.drug_exposure AS e
    SEMI JOIN work.person AS w ON e.person_id = w.person_id
    INNER JOIN cdm.concept_ancestor AS a ON e.drug_concept_id = a.descendant_concept_id
    INNER JOIN cdm.concept AS c ON a.ancestor_concept_id = c.concept_id AND c.concept_class_id = 'Ingredient'
),

reached AS (
    SELECT
        *,
        max(end_date) OVER (
            PARTITION BY person_id, drug_concept_id ORDER BY start_date, end_date
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
            PARTITION BY person_id, drug_concept_id ORDER BY start_date, end_date RANGE UNBOUNDED PRECEDING
        ) AS era
    FROM reached
)

SELECT
    'person/' || person_id || '/' || drug_concept_id || '/' || min(start_date) AS row_key,
    'gaps of at most 30 days' AS derivation,
    person_id,
    drug_concept_id,
    min(start_date) AS drug_era_start_date,
    max(end_date) AS drug_era_end_date,
    count(*)::INTEGER AS drug_exposure_count,
    sum(CASE WHEN begins THEN 0 ELSE greatest(0, start_date - reached_date - 1) END)::INTEGER AS gap_days
FROM numbered
GROUP BY person_id, drug_concept_id, era
