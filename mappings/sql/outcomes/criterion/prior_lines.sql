-- At least so many prior lines that count.
SELECT candidate_id
FROM prior_line
WHERE counts
GROUP BY candidate_id
HAVING count(*) >= $argument
