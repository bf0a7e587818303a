-- Treatment-emergent events under every row of the safety tables that they belong to, and again, where related, under
-- its row of related events: any, serious, severe (grade 3 or more), class, term and declared group.
WITH placed AS (
    SELECT
        *,
        unnest([
            struct_pack(kind := 'any', item := ''),
            CASE WHEN serious THEN struct_pack(kind := 'serious', item := '') END,
            CASE WHEN grade >= 3 THEN struct_pack(kind := 'severe', item := '') END,
            struct_pack(kind := 'class', item := ae_class),
            struct_pack(kind := 'term', item := term)
        ]) AS place
    FROM adverse_event_record
    WHERE emergent
    UNION ALL BY NAME
    SELECT
        event.*,
        struct_pack(kind := 'group', item := concept.concept_set) AS place
    FROM adverse_event_record AS event
    INNER JOIN concept_member AS concept ON event.term_concept_id = concept.concept_id
    WHERE event.emergent AND list_contains($ae_groups, concept.concept_set)
)

SELECT
    person_id,
    place.kind,
    place.item,
    term_concept_id,
    onset_date,
    grade,
    unnest(CASE WHEN related THEN [FALSE, TRUE] ELSE [FALSE] END) AS related_only
FROM placed
WHERE place IS NOT NULL
