-- Immune-related events (the extended terms) by patient and term, with steroids and outcome. Steroids: a dose recorded
-- from the onset of any of the term's records until $steroid_days after it, or a course that goes on at onset. No
-- record is not the same as none given.
WITH steroid AS (
    SELECT DISTINCT
        drug.person_id,
        drug.drug_exposure_start_date AS start_date,
        CASE
            WHEN guess.drug_exposure_id IS NULL THEN drug.drug_exposure_end_date
            ELSE drug.drug_exposure_start_date
        END AS end_date
    FROM cdm.drug_exposure AS drug
    INNER JOIN exposure_source AS source ON drug.drug_type_concept_id = source.type_concept_id
    INNER JOIN concept_member AS concept
        ON concept.concept_id = coalesce(nullif(drug.drug_concept_id, 0), drug.drug_source_concept_id)
    LEFT JOIN guessed_end AS guess ON drug.drug_exposure_id = guess.drug_exposure_id
    WHERE concept.concept_set = $steroids AND drug.drug_exposure_start_date <= $data_cut
)

SELECT
    event.subject_id,
    event.term,
    event.worst_grade,
    event.related,
    event.serious,
    event.onset_date,
    CASE WHEN min(steroid.start_date) IS NULL THEN 'not recorded' ELSE 'given' END AS steroids,
    min(steroid.start_date) AS steroid_date,
    coalesce(event.outcome, 'Not recorded') AS outcome
FROM adverse_event AS event
INNER JOIN adverse_event_record AS record
    ON event.subject_id = record.person_id AND event.term = record.term AND record.emergent
LEFT JOIN steroid
    ON
        event.subject_id = steroid.person_id
        AND record.onset_date + $steroid_days >= steroid.start_date
        AND record.onset_date <= steroid.end_date
WHERE
    event.term_concept_id IN (
        SELECT concept_id FROM concept_member
        WHERE concept_set = $extended_terms
    )
GROUP BY ALL
ORDER BY event.subject_id, event.term
