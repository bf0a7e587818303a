-- The day, up to the cut, from which the hospital itself knew the patient: the first visit, measurement, procedure, or
-- drug record of a type that is declared to show it ($seen_types: an administration does, a statement of what was taken
-- elsewhere does not). Who was first seen after index can only then be at risk of an event (left truncation). Without
-- any such record nothing says when it was, and the index date is taken.
WITH seen AS (
    SELECT
        person_id,
        visit_start_date AS seen_date
    FROM cdm.visit_occurrence
    UNION ALL
    SELECT
        person_id,
        measurement_date AS seen_date
    FROM cdm.measurement
    UNION ALL
    SELECT
        person_id,
        procedure_date AS seen_date
    FROM cdm.procedure_occurrence
    UNION ALL
    SELECT
        person_id,
        drug_exposure_start_date AS seen_date
    FROM cdm.drug_exposure
    WHERE list_contains($seen_types, drug_type_concept_id)
)

SELECT
    patient.person_id,
    coalesce(min(seen.seen_date), any_value(patient.index_date)) AS seen_date,
    coalesce(min(seen.seen_date) <= any_value(patient.index_date), TRUE) AS seen_at_index
FROM cohort_member AS patient
LEFT JOIN seen ON patient.person_id = seen.person_id AND seen.seen_date <= $data_cut
GROUP BY patient.person_id
