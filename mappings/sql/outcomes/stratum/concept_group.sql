-- The group of the latest fact of the set by index; the group that says no more than "not specified" comes last.
SELECT member.person_id, concept.group_label AS label
FROM cohort_member AS member
INNER JOIN fact ON member.person_id = fact.person_id AND fact.fact_date <= member.index_date
INNER JOIN concept_member AS concept ON fact.concept_id = concept.concept_id
WHERE concept.concept_set = $argument
QUALIFY row_number() OVER (
    PARTITION BY member.person_id
    ORDER BY concept.group_label = $missing, fact.fact_date DESC, fact.cdm_table, fact.cdm_row_id DESC
) = 1
