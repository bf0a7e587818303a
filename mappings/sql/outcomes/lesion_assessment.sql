-- Every assessment of lesions from baseline on, from all lesions of the baseline and the new ones: the sum of target
-- diameters, whether all are measured, whether all are gone, and the responses of non-target disease and new lesions.
-- Of an assessment of several days the last dates it, the first if it shows progression.
WITH assessment_of AS (
    SELECT
        found.person_id,
        found.assessment_no,
        found.is_after,
        min(found.found_on) AS first_day,
        max(found.found_on) AS last_day,
        min(found.lesion_row_id) AS lesion_row_id
    FROM lesion_finding AS found
    SEMI JOIN baseline_lesion AS baseline
        ON
            found.person_id = baseline.person_id
            AND (found.is_after OR found.assessment_no = baseline.baseline_no)
    GROUP BY found.person_id, found.assessment_no, found.is_after
),

followed AS (
    SELECT
        whole.person_id,
        whole.assessment_no,
        bool_or(lesion.part = 'target') AS has_target,
        bool_or(lesion.part = 'non-target') AS has_non_target,
        sum(seen.value_mm) FILTER (WHERE lesion.part = 'target') AS known_mm,
        bool_and(seen.value_mm IS NOT NULL) FILTER (WHERE lesion.part = 'target') AS is_complete,
        bool_and(coalesce(seen.is_gone, FALSE))
        FILTER (WHERE lesion.part = 'target') AS is_gone,
        bool_or(NOT coalesce(seen.is_gone, TRUE))
        FILTER (WHERE lesion.part = 'target') AS has_disease,
        -- Unequivocal progression is a judgement, never derived from diameters (4.3.4).
        bool_or(coalesce(seen.state = 'progressed', FALSE)) FILTER (WHERE lesion.part = 'non-target')
            AS any_progressed,
        bool_and(coalesce(seen.is_gone, FALSE)) FILTER (WHERE lesion.part = 'non-target')
            AS all_gone,
        bool_and(coalesce(seen.is_seen, FALSE)) FILTER (WHERE lesion.part = 'non-target') AS all_seen
    FROM assessment_of AS whole
    INNER JOIN baseline_lesion AS lesion ON whole.person_id = lesion.person_id
    LEFT JOIN lesion_seen AS seen
        ON
            whole.person_id = seen.person_id
            AND whole.assessment_no = seen.assessment_no
            AND lesion.lesion = seen.lesion
    GROUP BY whole.person_id, whole.assessment_no
),

new_lesion AS (
    SELECT
        person_id,
        assessment_no,
        count(DISTINCT lesion) AS new_lesions
    FROM new_lesion_seen
    GROUP BY person_id, assessment_no
)

SELECT
    whole.person_id,
    whole.assessment_no,
    whole.is_after,
    whole.first_day,
    whole.last_day,
    whole.lesion_row_id,
    followed.known_mm,
    coalesce(followed.has_target, FALSE) AS has_target,
    coalesce(followed.is_complete, FALSE) AS is_complete,
    coalesce(followed.is_gone, FALSE) AS is_gone,
    coalesce(followed.has_disease, FALSE) AS has_disease,
    CASE
        WHEN NOT followed.has_non_target THEN NULL
        WHEN followed.any_progressed THEN 'PD'
        WHEN followed.all_gone THEN 'CR'
        WHEN followed.all_seen THEN 'NON-CR/NON-PD'
        ELSE 'NE'
    END AS non_target,
    coalesce(new_lesion.new_lesions, 0) AS new_lesions
FROM assessment_of AS whole
LEFT JOIN followed ON whole.person_id = followed.person_id AND whole.assessment_no = followed.assessment_no
LEFT JOIN new_lesion ON whole.person_id = new_lesion.person_id AND whole.assessment_no = new_lesion.assessment_no
