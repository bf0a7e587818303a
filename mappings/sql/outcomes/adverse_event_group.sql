-- Treatment-emergent adverse events by declared group of terms: subject_id, group label, related.
SELECT DISTINCT
    event.person_id AS subject_id,
    concept.concept_set AS ae_group,
    coalesce(event.related, FALSE) AS related
FROM adverse_event_record AS event
INNER JOIN concept_member AS concept ON event.term_concept_id = concept.concept_id
WHERE event.emergent AND list_contains($ae_groups, concept.concept_set)
