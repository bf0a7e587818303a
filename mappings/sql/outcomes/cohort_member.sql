-- The cohort: one row per person, at the first candidate that met every criterion.
WITH earlier AS (
    SELECT
        candidate_id,
        count(*) AS lines
    FROM prior_line
    WHERE counts
    GROUP BY candidate_id
)

SELECT
    candidate.person_id,
    candidate.first_start,
    candidate.start_date,
    candidate.index_date,
    candidate.index_row_id,
    candidate.index_table,
    candidate.candidate_id,
    coalesce(earlier.lines, 0)::INTEGER AS prior_lines
FROM candidate
LEFT JOIN earlier ON candidate.candidate_id = earlier.candidate_id
WHERE candidate.failed_step IS NULL
QUALIFY row_number() OVER (PARTITION BY candidate.person_id ORDER BY candidate.index_date, candidate.candidate_id) = 1
