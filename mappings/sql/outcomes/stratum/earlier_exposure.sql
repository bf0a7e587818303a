-- Components taken before the combination's first day.
SELECT member.person_id, string_agg(DISTINCT component.label, ', ' ORDER BY component.label) AS label
FROM cohort_member AS member
INNER JOIN exposure_era AS era ON member.person_id = era.person_id AND era.era_start < member.first_start
INNER JOIN component ON era.component = component.component
GROUP BY member.person_id
