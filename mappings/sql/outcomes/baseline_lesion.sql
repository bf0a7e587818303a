-- The target and non-target lesions (`part`) of a patient's baseline, with the assessment that is the baseline: the
-- latest within $baseline_days before, up to, index in which every target lesion has a value (without target lesions:
-- any lesion). `baseline_no` is NULL where no assessment is complete. The part is what the record says of the lesion in
-- that time, else at any other. Where it names no target lesion at all, the $maximum_targets largest that are
-- measurable are: longest diameter of 10 mm, short axis of a node of 15 mm (Eisenhauer 2009, Eur J Cancer 45:228, 3.1.1
-- and 4.2).
WITH in_time AS (
    SELECT
        *,
        index_date - found_on BETWEEN 0 AND $baseline_days AS is_baseline
    FROM lesion_finding
),

stated AS (
    SELECT
        person_id,
        lesion,
        nodal,
        max(index_date) AS index_date,
        coalesce(
            -- Found new in an earlier line of therapy, it is old now.
            arg_max(part, found_on) FILTER (WHERE is_baseline AND part != 'new'),
            arg_min(part, found_on) FILTER (WHERE NOT is_baseline AND part != 'new')
        ) AS part,
        arg_max(value_mm, found_on) FILTER (WHERE is_baseline AND value_mm IS NOT NULL) AS value_mm,
        arg_max(state, found_on) FILTER (WHERE is_baseline AND state IS NOT NULL) AS state
    FROM in_time
    GROUP BY person_id, lesion, nodal
    HAVING bool_or(is_baseline)
),

sized AS (
    SELECT
        *,
        value_mm >= CASE WHEN nodal THEN 15 ELSE 10 END AS measurable,
        bool_or(coalesce(part = 'target', FALSE)) OVER (PARTITION BY person_id) AS targets_named
    FROM stated
),

ranked AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY person_id ORDER BY part IS NULL DESC, measurable DESC NULLS LAST, value_mm DESC, lesion ASC
        ) AS size_rank
    FROM sized
),

chosen AS (
    SELECT
        person_id,
        index_date,
        lesion,
        nodal,
        coalesce(measurable, FALSE) AS measurable,
        CASE
            WHEN part IS NOT NULL THEN part
            WHEN NOT targets_named AND measurable AND size_rank <= $maximum_targets THEN 'target'
            -- What is not there, and nobody follows, is no disease.
            WHEN coalesce(value_mm != 0, TRUE) AND coalesce(state != 'absent', TRUE) THEN 'non-target'
        END AS part
    FROM ranked
),

counted AS (
    SELECT
        *,
        count_if(part = 'target') OVER (PARTITION BY person_id) AS targets
    FROM chosen
    WHERE part IS NOT NULL
),

complete AS (
    SELECT
        found.person_id,
        found.assessment_no
    FROM counted
    INNER JOIN in_time AS found ON counted.person_id = found.person_id AND counted.lesion = found.lesion
    WHERE found.is_baseline
    GROUP BY found.person_id, found.assessment_no
    HAVING
        count(DISTINCT counted.lesion) FILTER (WHERE counted.part = 'target' AND found.value_mm IS NOT NULL)
        = max(counted.targets)
),

baseline AS (
    SELECT
        person_id,
        max(assessment_no) AS baseline_no
    FROM complete
    GROUP BY person_id
)

SELECT
    counted.person_id,
    counted.index_date,
    counted.lesion,
    counted.nodal,
    counted.measurable,
    counted.part,
    baseline.baseline_no
FROM counted
LEFT JOIN baseline ON counted.person_id = baseline.person_id
