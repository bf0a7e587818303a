-- Completed years at the index date.
SELECT candidate.candidate_id
FROM candidate
INNER JOIN birth ON candidate.person_id = birth.person_id
WHERE date_sub('year', birth.birth_date, candidate.index_date) <= $argument
