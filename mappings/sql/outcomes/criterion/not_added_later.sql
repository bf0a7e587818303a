-- Starts within the combination's window. A component added later to a running one would be back-dated into time that
-- the patient had to survive (immortal time).
SELECT candidate_id
FROM candidate
WHERE starts_close
