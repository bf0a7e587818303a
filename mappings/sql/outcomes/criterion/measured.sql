-- The latest value of the set within so many days before, up to, the index date lies between the limits that are given;
-- of one time the highest counts. Of what is known by a bound alone ('>10'), the bound has to say so.
WITH latest AS (
    SELECT
        candidate.candidate_id,
        coalesce(finding.value_as_number, finding.lower_bound) AS lowest,
        coalesce(finding.value_as_number, finding.upper_bound) AS highest
    FROM candidate
    INNER JOIN finding ON candidate.person_id = finding.person_id
    INNER JOIN concept_member AS concept ON finding.concept_id = concept.concept_id
    WHERE
        concept.concept_set = $argument
        AND isfinite(coalesce(lowest, highest))
        AND candidate.index_date - finding.finding_date BETWEEN 0 AND $within_days
    QUALIFY row_number() OVER (
        PARTITION BY candidate.candidate_id
        ORDER BY
            finding.finding_date DESC,
            finding.finding_datetime DESC NULLS LAST,
            coalesce(lowest, highest) DESC,
            lowest DESC NULLS LAST,
            highest DESC NULLS FIRST
    ) = 1
)

SELECT candidate_id
FROM latest
WHERE ($minimum IS NULL OR lowest >= $minimum) AND ($maximum IS NULL OR highest <= $maximum)
