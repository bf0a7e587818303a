-- Every assessment with what it was derived from; target and non-target are NULL where a source does not tell.
SELECT
    person_id AS subject_id,
    source,
    assessment_date,
    chosen,
    target_disease AS target_response,
    non_target AS non_target_response,
    response,
    coalesce(has_new, FALSE) AS new_lesion
FROM assessment
ORDER BY person_id, source, assessment_date
