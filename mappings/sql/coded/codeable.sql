-- One row per CodeableConcept in use, target and value. Who decides: the site's map, then the loaded vocabulary, then
-- the starter maps by code, then the strings on text and display; among several codings the preferred system, then
-- their order. Unresolved, or left unmapped by the site: concept 0, with the code's own concept where there is one.
-- source_value is the code as received, where a map knows it or it reads as a code (decision 5). Any other text is
-- written out only where a string map knows it, for it may name a person, and otherwise leaves a keyed hash. So does a
-- unit without a code (unit_of gives it a display) that no map knows.
WITH coding AS (
    SELECT
        u.codeable_key,
        u.used_as,
        u.coding.code,
        u.coding.display,
        u.coding.system,
        s.vocabulary_id,
        coalesce(s.preference, 99) AS preference,
        u.coding_no,
        v.concept_id AS own_concept_id
    FROM (
        SELECT
            c.codeable_key,
            c.used_as,
            unnest(c.concept.coding) AS coding,
            generate_subscripts(c.concept.coding, 1) AS coding_no
        FROM concept_in_use AS c
    ) AS u
    LEFT JOIN mapping.system AS s ON u.coding.system = s.system
    LEFT JOIN mapping.vocabulary_code AS v ON u.coding.code = v.concept_code AND s.vocabulary_id = v.vocabulary_id
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
        m.value_as_concept_id,
        coalesce(nullif(m.source_concept_id, 0), c.own_concept_id) AS source_concept_id
    FROM coding AS c INNER JOIN mapping.site AS m
        ON c.code = m.source_code AND m.source_vocabulary_id IN (coalesce(c.system, ''), c.vocabulary_id)
    UNION ALL BY NAME
    -- A text in the site's map stands under its hash, as in the export of what is unmapped.
    SELECT
        w.codeable_key,
        1 AS resolver,
        100 AS preference,
        w.coding_no,
        NULL AS source_value,
        m.target_no,
        m.concept_id,
        m.domain_id,
        m.value_as_concept_id,
        NULL AS source_concept_id
    FROM wording AS w INNER JOIN mapping.site AS m ON m.source_code = keyed_hash(w.wording)
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
        m.value_as_concept_id,
        c.own_concept_id AS source_concept_id
    FROM coding AS c INNER JOIN mapping.standard_target AS m ON c.own_concept_id = m.source_concept_id
    WHERE suits(c.used_as, m.domain_id)
    UNION ALL BY NAME
    SELECT
        c.codeable_key,
        3 AS resolver,
        c.preference,
        c.coding_no,
        c.code AS source_value,
        m.target_no,
        m.concept_id,
        m.domain_id,
        coalesce(c.own_concept_id, m.source_concept_id) AS source_concept_id
    FROM coding AS c INNER JOIN mapping.starter AS m
        ON c.code = m.concept_code AND c.vocabulary_id = m.vocabulary_id
    WHERE suits(c.used_as, m.domain_id)
    UNION ALL BY NAME
    SELECT
        w.codeable_key,
        4 AS resolver,
        0 AS preference,
        w.coding_no,
        NULL AS source_value,
        w.wording AS known_text,
        m.target_no,
        m.concept_id,
        m.domain_id,
        NULL AS source_concept_id
    FROM wording AS w INNER JOIN mapping.string AS m ON plain_text(w.wording) = m.text
    WHERE suits(w.used_as, m.domain_id)
),

chosen AS (
    SELECT
        c.codeable_key,
        c.concept_id,
        c.value_as_concept_id,
        any_value(c.resolver) AS resolver,
        any_value(c.domain_id) AS domain_id,
        any_value(c.source_concept_id) AS source_concept_id,
        any_value(c.source_value) AS source_value,
        any_value(c.known_text) AS known_text,
        row_number() OVER (
            PARTITION BY c.codeable_key ORDER BY min(c.target_no), c.concept_id, c.value_as_concept_id
        ) AS nth
    FROM (
        SELECT
            c.*,
            rank() OVER (PARTITION BY c.codeable_key ORDER BY c.resolver, c.preference, c.coding_no) AS place
        FROM candidate AS c
    ) AS c
    WHERE c.place = 1
    GROUP BY c.codeable_key, c.concept_id, c.value_as_concept_id
),

received AS (
    SELECT
        c.codeable_key,
        arg_min(
            CASE WHEN reads_as_code(c.code, c.vocabulary_id IS NOT NULL) THEN c.code END,
            c.preference * 1000 + c.coding_no
        ) AS code,
        arg_min(c.code, c.preference * 1000 + c.coding_no) AS any_code,
        arg_min_null(c.own_concept_id, c.preference * 1000 + c.coding_no) AS own_concept_id
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
    coalesce(c.source_concept_id, r.own_concept_id, 0) AS source_concept_id,
    left(
        coalesce(c.source_value, r.code, c.known_text, keyed_hash(coalesce(r.any_code, w.wording))), 50
    ) AS source_value,
    c.value_as_concept_id,
    ['site', 'vocabulary', 'starter', 'string'][c.resolver] AS resolved_by,
    -- No map knows the code, but the text beside it.
    CASE WHEN c.resolver = 4 AND r.code IS NOT NULL THEN 'known text' END AS decided_by
FROM concept_in_use AS u
LEFT JOIN chosen AS c ON u.codeable_key = c.codeable_key
LEFT JOIN received AS r ON u.codeable_key = r.codeable_key
LEFT JOIN worded AS w ON u.codeable_key = w.codeable_key
