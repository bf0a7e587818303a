-- Candidate index dates of a registry that follows no drug: the first day of which a fact of $index_set holds, one row
-- per entrant. Only the first: a later record of the same disease would begin in time that had to be survived. An
-- entrant without such a fact has a row without dates.
WITH first_fact AS (
    SELECT
        fact.person_id,
        fact.fact_date,
        fact.cdm_table,
        fact.cdm_row_id
    FROM fact
    INNER JOIN concept_member AS concept ON fact.concept_id = concept.concept_id
    WHERE concept.concept_set = $index_set
    QUALIFY row_number() OVER (
        PARTITION BY fact.person_id ORDER BY fact.fact_date, fact.cdm_table, fact.cdm_row_id
    ) = 1
)

SELECT
    entrant.person_id,
    first_fact.fact_date AS first_start,
    first_fact.fact_date AS start_date,
    first_fact.cdm_row_id AS index_row_id,
    first_fact.cdm_table AS index_table,
    first_fact.fact_date AS index_date,
    TRUE AS starts_close,
    TRUE AS concurrent,
    cast(NULL AS INTEGER) AS failed_step,
    row_number() OVER (ORDER BY entrant.person_id) AS candidate_id
FROM entrant
LEFT JOIN first_fact ON entrant.person_id = first_fact.person_id
