-- What somebody should look at before a response is believed: one row per patient, source, question and date.
SELECT
    counted.person_id AS subject_id,
    counted.source,
    -- Was the complete response real? Then this is progression; if not, both are partial (footnote to table 3).
    'disease_after_complete_response' AS query,
    counted.assessment_date AS query_date
FROM counted_assessment AS counted
WHERE counted.follows_complete
UNION ALL
SELECT DISTINCT
    found.person_id,
    found.source,
    'no_baseline' AS query,
    found.index_date AS query_date
FROM derived_response AS found
WHERE NOT found.has_baseline
UNION ALL
SELECT
    baseline.person_id,
    'lesions' AS source,
    'more_target_lesions_than_allowed' AS query,
    any_value(baseline.index_date) AS query_date
FROM baseline_lesion AS baseline
WHERE baseline.part = 'target'
GROUP BY baseline.person_id
HAVING count(*) > $maximum_targets
UNION ALL
SELECT
    baseline.person_id,
    'lesions' AS source,
    'target_lesion_too_small' AS query,
    any_value(baseline.index_date) AS query_date
FROM baseline_lesion AS baseline
WHERE baseline.part = 'target' AND NOT baseline.measurable
GROUP BY baseline.person_id
UNION ALL
-- Neither followed since baseline nor said to be new.
SELECT
    found.person_id,
    'lesions' AS source,
    'lesion_of_unknown_role' AS query,
    min(found.found_on) AS query_date
FROM lesion_finding AS found
SEMI JOIN baseline_lesion AS patient ON found.person_id = patient.person_id
ANTI JOIN baseline_lesion AS known ON found.person_id = known.person_id AND found.lesion = known.lesion
WHERE found.is_after
GROUP BY found.person_id, found.lesion
HAVING NOT coalesce(bool_or(found.part = 'new'), FALSE)
UNION ALL
SELECT
    until_.person_id,
    until_.source,
    'local_therapy_ended_best_response' AS query,
    until_.local_therapy_date AS query_date
FROM assessed_until AS until_
WHERE
    until_.local_therapy_date = until_.therapy_date
    AND coalesce(until_.local_therapy_date <= until_.progression_date, TRUE)
ORDER BY ALL
