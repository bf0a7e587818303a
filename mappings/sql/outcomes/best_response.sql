-- One row per patient of the cohort, from the patient's one source; nothing assessed is not evaluable (NE).
SELECT
    member.person_id AS subject_id,
    coalesce(best.response, 'NE') AS response,
    best.response_date,
    source.source,
    change.best_change,
    subtype.label AS subtype
FROM cohort_member AS member
LEFT JOIN assessed_until AS source ON member.person_id = source.person_id AND source.chosen
LEFT JOIN best_by_source AS best ON member.person_id = best.person_id AND best.chosen
LEFT JOIN best_change AS change ON member.person_id = change.person_id
LEFT JOIN stratum_value AS subtype ON member.person_id = subtype.person_id AND subtype.stratum = 'subtype'
ORDER BY member.person_id
