-- The components that belong to a patient's treatment: those of the combination.
SELECT
    patient.person_id,
    component.component
FROM cohort_member AS patient
CROSS JOIN component
