-- Non-target lesions of the baseline and new lesions in every assessment of lesions after index, for iRECIST (Seymour
-- 2017, Lancet Oncol 18:e143): whether each is there (NULL: not told), its diameter, and what was last known of it
-- before. A new lesion is `new target` where it was measurable when first seen (10 mm, short axis of a node 15 mm), the
-- first $maximum_targets of a patient, the larger first; else `new non-target`. Their diameters are never in the sum of
-- the baseline's target lesions.
WITH seen_first AS (
    SELECT
        found.person_id,
        found.lesion,
        found.assessment_no,
        seen.value_mm,
        coalesce(seen.value_mm >= CASE WHEN seen.nodal THEN 15 ELSE 10 END, FALSE) AS measurable
    FROM new_lesion_seen AS found
    INNER JOIN lesion_seen AS seen
        ON
            found.person_id = seen.person_id
            AND found.assessment_no = seen.assessment_no
            AND found.lesion = seen.lesion
    QUALIFY row_number() OVER (PARTITION BY found.person_id, found.lesion ORDER BY found.assessment_no) = 1
),

followed AS (
    SELECT
        person_id,
        lesion,
        CASE
            WHEN
                measurable
                AND row_number() OVER (
                    PARTITION BY person_id
                    ORDER BY measurable DESC, assessment_no ASC, value_mm DESC NULLS LAST, lesion ASC
                ) <= $maximum_targets
                THEN 'new target'
            ELSE 'new non-target'
        END AS part
    FROM seen_first
    UNION ALL
    SELECT
        person_id,
        lesion,
        part
    FROM baseline_lesion
    WHERE part = 'non-target'
),

said AS (
    SELECT
        whole.person_id,
        whole.assessment_no,
        followed.lesion,
        followed.part,
        seen.value_mm,
        CASE
            -- Called new is enough, without a size or state.
            WHEN called_new.lesion IS NOT NULL THEN TRUE
            WHEN seen.lesion IS NULL OR NOT seen.is_seen THEN NULL
            ELSE NOT coalesce(seen.is_gone, FALSE)
        END AS is_there,
        CASE WHEN seen.is_seen THEN coalesce(seen.state = 'progressed', FALSE) END AS is_progressed
    FROM lesion_assessment AS whole
    INNER JOIN followed ON whole.person_id = followed.person_id
    LEFT JOIN lesion_seen AS seen
        ON
            whole.person_id = seen.person_id
            AND whole.assessment_no = seen.assessment_no
            AND followed.lesion = seen.lesion
    LEFT JOIN new_lesion_seen AS called_new
        ON
            whole.person_id = called_new.person_id
            AND whole.assessment_no = called_new.assessment_no
            AND followed.lesion = called_new.lesion
    WHERE whole.is_after
)

SELECT
    *,
    coalesce(last_value(is_there IGNORE NULLS) OVER before, FALSE) AS was_there,
    coalesce(last_value(is_there IGNORE NULLS) OVER until_now, FALSE) AS stands,
    coalesce(last_value(is_progressed IGNORE NULLS) OVER before, FALSE) AS was_progressed,
    coalesce(last_value(is_progressed IGNORE NULLS) OVER until_now, FALSE) AS stands_progressed,
    last_value(value_mm IGNORE NULLS) OVER before AS earlier_mm
FROM said
WINDOW
    before AS (
        PARTITION BY person_id, lesion ORDER BY assessment_no ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ),
    until_now AS (
        PARTITION BY person_id, lesion ORDER BY assessment_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    )
