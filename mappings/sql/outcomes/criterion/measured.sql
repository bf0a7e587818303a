-- The latest value of the set within so many days before, up to, the index date lies between the limits that are given;
-- of one time the highest counts.
WITH latest AS (
    SELECT
        candidate.candidate_id,
        finding.value_as_number
    FROM candidate
    INNER JOIN finding ON candidate.person_id = finding.person_id
    INNER JOIN concept_member AS concept ON finding.concept_id = concept.concept_id
    WHERE
        concept.concept_set = $argument
        AND isfinite(finding.value_as_number)
        AND candidate.index_date - finding.finding_date BETWEEN 0 AND $within_days
    QUALIFY row_number() OVER (
        PARTITION BY candidate.candidate_id
        ORDER BY finding.finding_date DESC, finding.finding_datetime DESC NULLS LAST, finding.value_as_number DESC
    ) = 1
)

SELECT candidate_id
FROM latest
WHERE value_as_number BETWEEN coalesce($minimum, value_as_number) AND coalesce($maximum, value_as_number)
