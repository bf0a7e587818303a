-- By person and assessment of lesions after index, what its non-target and new lesions say for iRECIST: new lesions
-- that appeared, those that are there, the sum of the new target lesions where all are measured, and whether anything
-- newly progressed. By RECIST 1.1 new target lesions progress at 20 % and 5 mm above the smallest earlier sum of the
-- same lesions, others where somebody judged it so (RECIST working group, recist.eortc.org, "How do new lesions define
-- progression?").
WITH of_assessment AS (
    SELECT
        person_id,
        assessment_no,
        count_if(part != 'non-target' AND is_there) AS new_lesions,
        coalesce(bool_or(part != 'non-target' AND is_there AND NOT was_there), FALSE) AS has_appeared,
        count_if(part = 'new target' AND (stands OR was_there OR earlier_mm IS NOT NULL)) AS new_targets,
        sum(value_mm) FILTER (WHERE part = 'new target') AS known_mm,
        count(value_mm) FILTER (WHERE part = 'new target') AS measured,
        -- Judged to have progressed, and was not before, or has grown since.
        coalesce(
            bool_or(
                part = 'non-target'
                AND is_progressed
                AND (NOT was_progressed OR coalesce(value_mm > earlier_mm, FALSE))
            ),
            FALSE
        ) AS non_target_progressed,
        coalesce(
            bool_or(
                part = 'new non-target'
                AND is_progressed
                AND was_there
                AND (NOT was_progressed OR coalesce(value_mm > earlier_mm, FALSE))
            ),
            FALSE
        ) AS new_progressed
    FROM immune_lesion
    GROUP BY person_id, assessment_no
),

summed AS (
    SELECT
        *,
        CASE WHEN new_targets > 0 AND measured = new_targets THEN try_cast(known_mm AS DECIMAL(28, 3)) END AS new_sum_mm
    FROM of_assessment
)

SELECT
    * EXCLUDE (known_mm, measured),
    coalesce(
        5 * new_sum_mm >= 6 * min(new_sum_mm) OVER earlier AND new_sum_mm >= min(new_sum_mm) OVER earlier + 5, FALSE
    ) AS new_sum_progressed
FROM summed
WINDOW earlier AS (
    PARTITION BY person_id, new_targets
    ORDER BY assessment_no
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
)
