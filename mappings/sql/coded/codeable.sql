-- One row per CodeableConcept in use and target. Who decides: the site's map, then the starter maps by code, then the
-- strings on text and display; among several codings the preferred system, then their order. Unresolved: concept 0.
-- source_value is the code as received. A text is written out only where a string map knows it: any other text may
-- name a person, and leaves a keyed hash. So does a unit without a code (unit_of gives it a display) that no map knows.
WITH coding AS (
    SELECT
        u.codeable_key,
        u.used_as,
        u.coding.code,
        u.coding.display,
        u.coding.system,
        s.vocabulary_id,
        coalesce(s.preference, 99) AS preference,
        u.coding_no
    FROM (
        SELECT
            c.codeable_key,
            c.used_as,
            unnest(c.concept.coding) AS coding,
            generate_subscripts(c.concept.coding, 1) AS coding_no
        FROM concept_in_use AS c
    ) AS u
    LEFT JOIN mapping.system AS s ON u.coding.system = s.system
),

wording AS (
    SELECT
        c.codeable_key,
        c.used_as,
        c.concept.text AS wording,
        0 AS coding_no
    FROM concept_in_use AS c
    WHERE c.concept.text IS NOT NULL
    UNION ALL
    SELECT
        c.codeable_key,
        c.used_as,
        c.display AS wording,
        c.coding_no
    FROM coding AS c
    WHERE c.display IS NOT NULL
),

candidate AS (
    SELECT
        c.codeable_key,
        1 AS resolver,
        c.preference,
        c.coding_no,
        c.code AS source_value,
        m.target_no,
        m.concept_id,
        m.domain_id,
        m.source_concept_id
    FROM coding AS c INNER JOIN mapping.site AS m
        ON c.code = m.source_code AND m.source_vocabulary_id IN (c.system, c.vocabulary_id)
    UNION ALL BY NAME
    SELECT
        c.codeable_key,
        2 AS resolver,
        c.preference,
        c.coding_no,
        c.code AS source_value,
        m.target_no,
        m.concept_id,
        m.domain_id,
        m.source_concept_id
    FROM coding AS c INNER JOIN mapping.starter AS m
        ON c.code = m.concept_code AND c.vocabulary_id = m.vocabulary_id
    WHERE suits(c.used_as, m.domain_id)
    UNION ALL BY NAME
    SELECT
        w.codeable_key,
        3 AS resolver,
        0 AS preference,
        w.coding_no,
        NULL AS source_value,
        w.wording AS known_text,
        m.target_no,
        m.concept_id,
        m.domain_id,
        0 AS source_concept_id
    FROM wording AS w INNER JOIN mapping.string AS m ON plain_text(w.wording) = m.text
    WHERE suits(w.used_as, m.domain_id)
),

chosen AS (
    SELECT
        c.codeable_key,
        c.concept_id,
        any_value(c.domain_id) AS domain_id,
        any_value(c.source_concept_id) AS source_concept_id,
        any_value(c.source_value) AS source_value,
        any_value(c.known_text) AS known_text,
        row_number() OVER (PARTITION BY c.codeable_key ORDER BY min(c.target_no)) AS nth
    FROM (
        SELECT
            c.*,
            rank() OVER (PARTITION BY c.codeable_key ORDER BY c.resolver, c.preference, c.coding_no) AS place
        FROM candidate AS c
    ) AS c
    WHERE c.place = 1
    GROUP BY c.codeable_key, c.concept_id
),

received AS (
    SELECT
        c.codeable_key,
        arg_min(c.code, c.preference * 1000 + c.coding_no) AS code
    FROM coding AS c
    WHERE c.code IS NOT NULL AND NOT (c.used_as = 'unit' AND c.display IS NOT NULL)
    GROUP BY c.codeable_key
),

worded AS (
    SELECT
        w.codeable_key,
        arg_min(w.wording, w.coding_no) AS wording
    FROM wording AS w
    GROUP BY w.codeable_key
)

SELECT
    u.codeable_key,
    u.used_as,
    coalesce(c.nth, 1) AS target_no,
    coalesce(c.concept_id, 0) AS concept_id,
    c.domain_id,
    coalesce(c.source_concept_id, 0) AS source_concept_id,
    left(coalesce(c.source_value, r.code, c.known_text, keyed_hash(w.wording)), 50) AS source_value,
    cast(NULL AS integer) AS value_as_concept_id
FROM concept_in_use AS u
LEFT JOIN chosen AS c ON u.codeable_key = c.codeable_key
LEFT JOIN received AS r ON u.codeable_key = r.codeable_key
LEFT JOIN worded AS w ON u.codeable_key = w.codeable_key
