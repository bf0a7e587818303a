-- The group of the set in which the gender of the person is.
SELECT
    patient.person_id,
    concept.group_label AS label
FROM cohort_member AS patient
INNER JOIN cdm.person ON patient.person_id = person.person_id
INNER JOIN concept_member AS concept ON person.gender_concept_id = concept.concept_id
WHERE concept.concept_set = $argument
