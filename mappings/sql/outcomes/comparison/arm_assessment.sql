-- Tumour assessments judged by the baseline of $baseline, with the rank of their source.
SELECT
    assessment.person_id,
    assessment.assessment_date,
    assessment.response,
    response_source.source_rank,
    cast($baseline AS INTEGER) AS baseline
FROM assessment
INNER JOIN response_source ON assessment.source = response_source.source
