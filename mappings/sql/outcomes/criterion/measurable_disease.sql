-- Measurable disease at index: the sum of target diameters that is the baseline (the latest within $baseline_days
-- before, up to, the index date; of one time the smallest) is known, in a unit that is understood, and above 0.
WITH baseline AS (
    SELECT
        candidate.candidate_id,
        finding.value_as_number AS measured
    FROM candidate
    INNER JOIN finding ON candidate.person_id = finding.person_id
    INNER JOIN concept_member AS concept ON finding.concept_id = concept.concept_id
    WHERE
        concept.concept_set = $target_sum
        AND list_contains($length_units, finding.unit_concept_id)
        AND isfinite(finding.value_as_number)
        AND finding.value_as_number >= 0
        AND candidate.index_date - finding.finding_date BETWEEN 0 AND $baseline_days
    QUALIFY row_number() OVER (
        PARTITION BY candidate.candidate_id
        ORDER BY finding.finding_date DESC, finding.finding_datetime DESC NULLS LAST, finding.value_as_number ASC
    ) = 1
)

SELECT candidate_id
FROM baseline
WHERE measured > 0
