-- The last clinical contact up to the cut.
SELECT
    contact.person_id,
    contact.contact_date,
    contact.cdm_table,
    contact.cdm_row_id
FROM contact
SEMI JOIN cohort_member AS patient ON contact.person_id = patient.person_id
WHERE contact.contact_date <= $data_cut
QUALIFY row_number() OVER (
    PARTITION BY contact.person_id
    ORDER BY contact.contact_date DESC, contact.cdm_table DESC, contact.concept_id DESC, contact.cdm_row_id ASC
) = 1
