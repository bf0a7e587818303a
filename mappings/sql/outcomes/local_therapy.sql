-- The first local therapy after index: what is resected, ablated or irradiated can no longer respond to the treatment
-- under study. Nothing in the CDM says which lesion a procedure treated, so any of the declared ones counts.
SELECT
    patient.person_id,
    min(fact.fact_date) AS local_therapy_date
FROM cohort_member AS patient
INNER JOIN fact ON patient.person_id = fact.person_id AND patient.index_date < fact.fact_date
INNER JOIN concept_member AS concept ON fact.concept_id = concept.concept_id
WHERE concept.concept_set = $local_therapy AND fact.cdm_table = 'procedure_occurrence'
GROUP BY patient.person_id
