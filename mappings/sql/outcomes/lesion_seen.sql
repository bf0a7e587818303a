-- What was seen of each lesion in each assessment; of a lesion seen twice in one assessment the last counts.
SELECT
    person_id,
    assessment_no,
    lesion,
    nodal,
    is_after,
    state,
    value_mm,
    -- Nodes below 10 mm in the short axis are normal (Eisenhauer 2009, Eur J Cancer 45:228, 4.3.1), so that one without
    -- a value may be, unless it is known to be larger. Any other lesion that is said to be there is not gone, whatever
    -- its size.
    CASE
        WHEN value_mm IS NULL AND is_above THEN FALSE
        WHEN value_mm IS NULL AND (state = 'progressed' OR (state = 'present' AND NOT nodal)) THEN FALSE
        WHEN nodal THEN value_mm < 10
        ELSE value_mm = 0
    END AS is_gone,
    coalesce(state != 'not evaluable', value_mm IS NOT NULL) AS is_seen
FROM lesion_finding
QUALIFY row_number() OVER (
    PARTITION BY person_id, assessment_no, lesion ORDER BY found_on DESC
) = 1
