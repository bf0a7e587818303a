-- Every iRECIST response up to confirmed progression, the sum of the baseline's target lesions and, apart from it, that
-- of new target lesions (both where all of them were measured); `not_confirmed`: why growth confirmed nothing.
SELECT
    person_id AS subject_id,
    source,
    assessment_date,
    chosen,
    immune_response AS response,
    run_day AS unconfirmed_since,
    not_confirmed,
    sum_mm::DOUBLE AS sum_mm,
    new_lesions::INTEGER AS new_lesions,
    new_sum_mm::DOUBLE AS new_sum_mm
FROM immune_assessment
ORDER BY person_id, source, assessment_date
