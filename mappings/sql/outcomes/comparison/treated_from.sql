-- The members of the arms, dated by the day from which they took all drugs of their arm, with its record.
SELECT
    patient.person_id,
    patient.first_start,
    candidate.start_date AS index_date,
    candidate.start_row_id AS index_row_id,
    patient.index_table,
    patient.candidate_id,
    patient.prior_lines
FROM cohort_member AS patient
INNER JOIN candidate ON patient.candidate_id = candidate.candidate_id
