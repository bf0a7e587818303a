-- Completed years at index.
SELECT member.person_id, date_sub('year', birth.birth_date, member.index_date)::DOUBLE AS value
FROM cohort_member AS member
INNER JOIN birth ON member.person_id = birth.person_id
