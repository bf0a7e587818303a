-- What is recorded of non-target disease and of new lesions as such, by day: the worst answer, and any new lesion.
SELECT
    finding.person_id,
    finding.finding_date,
    arg_min(finding.cdm_table, (finding.cdm_table, finding.cdm_row_id)) AS cdm_table,
    arg_min(finding.cdm_row_id, (finding.cdm_table, finding.cdm_row_id)) AS cdm_row_id,
    first(
        answer.group_label
        ORDER BY list_position(['PD', 'NE', 'NON-CR/NON-PD', 'CR'], answer.group_label) ASC
    ) FILTER (WHERE answer.concept_set = $non_target_values) AS non_target,
    bool_or(answer.group_label = 'yes') FILTER (WHERE answer.concept_set = $new_lesion_values) AS has_new
FROM finding
SEMI JOIN cohort_member AS patient ON finding.person_id = patient.person_id
INNER JOIN concept_member AS question ON finding.concept_id = question.concept_id
INNER JOIN concept_member AS answer ON finding.value_as_concept_id = answer.concept_id
WHERE
    (question.concept_set = $non_target_response AND answer.concept_set = $non_target_values)
    OR (question.concept_set = $new_lesion AND answer.concept_set = $new_lesion_values)
GROUP BY finding.person_id, finding.finding_date
