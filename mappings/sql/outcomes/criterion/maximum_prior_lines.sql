-- At most so many prior lines that count.
WITH earlier AS (
    SELECT candidate_id
    FROM prior_line
    WHERE counts
    GROUP BY candidate_id
    HAVING count(*) > $argument
)

SELECT candidate.candidate_id
FROM candidate
ANTI JOIN earlier ON candidate.candidate_id = earlier.candidate_id
