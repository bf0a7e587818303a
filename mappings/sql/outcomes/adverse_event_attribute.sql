-- What observations say of an event row: grade (1-5), relatedness and seriousness (NULL: not recorded), outcome. A
-- causality that is judged of another drug than the components, by its qualifier, is not of the treatment.
WITH treatment AS (
    SELECT DISTINCT member.concept_id
    FROM concept_member AS member
    INNER JOIN component ON member.concept_set = component.concept_set
)

SELECT
    finding.event_id,
    finding.event_field_concept_id,
    max(coalesce(try_cast(grade.group_label AS INTEGER), try_cast(finding.value_as_number AS INTEGER)))
    FILTER (WHERE asked.concept_set = $grade) AS grade,
    bool_or(
        related.concept_id IS NOT NULL
        AND (coalesce(finding.qualifier_concept_id, 0) = 0 OR treatment.concept_id IS NOT NULL)
    ) FILTER (WHERE asked.concept_set = $causality) AS related,
    bool_or(serious.concept_id IS NOT NULL) FILTER (WHERE asked.concept_set = $seriousness) AS serious,
    min(outcome.group_label) FILTER (WHERE asked.concept_set = $outcome) AS outcome
FROM finding
INNER JOIN concept_member AS asked ON finding.concept_id = asked.concept_id
LEFT JOIN concept_member AS grade
    ON finding.value_as_concept_id = grade.concept_id AND grade.concept_set = $grade_values
LEFT JOIN concept_member AS related
    ON finding.value_as_concept_id = related.concept_id AND related.concept_set = $related_values
LEFT JOIN treatment ON finding.qualifier_concept_id = treatment.concept_id
LEFT JOIN concept_member AS serious
    ON finding.value_as_concept_id = serious.concept_id AND serious.concept_set = $serious_values
LEFT JOIN concept_member AS outcome
    ON finding.value_as_concept_id = outcome.concept_id AND outcome.concept_set = $outcome_values
WHERE
    finding.event_id IS NOT NULL
    AND asked.concept_set IN ($attributes, $grade, $causality, $seriousness, $outcome)
GROUP BY finding.event_id, finding.event_field_concept_id
