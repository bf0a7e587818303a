-- Starts within the combination's window, or one component still covered when the other started.
SELECT candidate_id
FROM candidate
WHERE starts_close OR concurrent
