-- Complete sums of target lesions of one source per patient: the first declared that has a baseline, else the first.
SELECT
    found.person_id,
    found.index_date,
    found.source,
    found.first_day,
    found.assessment_date,
    found.sum_mm,
    found.baseline_mm,
    found.nadir_mm
FROM target_sum AS found
INNER JOIN response_source ON found.source = response_source.source
WHERE found.sum_mm IS NOT NULL
QUALIFY
    dense_rank() OVER (
        PARTITION BY found.person_id ORDER BY found.baseline_mm IS NULL, response_source.source_rank
    ) = 1
