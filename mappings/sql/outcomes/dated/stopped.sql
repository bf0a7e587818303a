-- The last dose of the exposure era that covers index (by its grace alone, perhaps: then index itself), where the
-- component was stopped: the patient was known to live on after the era's days of cover, or began new systemic therapy.
-- `any`: the component that stopped first; `all`: the one that stopped last, once all have.
WITH era AS (
    SELECT
        patient.person_id,
        exposure.last_row_id,
        greatest(exposure.last_day, patient.index_date) AS last_day,
        greatest(contact.contact_date, death.death_date) > exposure.covered_until
        OR coalesce(new_therapy.new_therapy_date > exposure.last_day, FALSE) AS is_stopped
    FROM cohort_member AS patient
    INNER JOIN exposure_era AS exposure
        ON
            patient.person_id = exposure.person_id
            AND patient.index_date BETWEEN exposure.era_start AND exposure.covered_until
    LEFT JOIN last_contact AS contact ON patient.person_id = contact.person_id
    LEFT JOIN cohort_death AS death ON patient.person_id = death.person_id
    LEFT JOIN new_therapy ON patient.person_id = new_therapy.person_id
),

stopped AS (
    SELECT
        *,
        coalesce(bool_and(is_stopped) OVER (PARTITION BY person_id), FALSE) AS all_stopped
    FROM era
)

SELECT
    person_id,
    last_day AS decided_on,
    'drug_exposure' AS cdm_table,
    last_row_id AS cdm_row_id
FROM stopped
WHERE is_stopped AND (all_stopped OR $components_stopped = 'any')
QUALIFY row_number() OVER (
    PARTITION BY person_id
    ORDER BY
        CASE WHEN $components_stopped = 'any' THEN last_day END ASC,
        last_day DESC,
        last_row_id ASC
) = 1
