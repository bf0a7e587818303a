-- The eras of all components cover the index date.
SELECT candidate_id
FROM candidate
WHERE concurrent
