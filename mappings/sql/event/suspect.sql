-- What is suspected of an adverse event, and how sure its causality is: R4's suspectEntity, or the suspect-entity
-- extension of the research guides, with its causality one level down. `drug` is the suspect's CodeableConcept: its
-- own, that of the drug record or Medication it refers to (contained or among all current resources), or its display.
-- What a drug record that is taken back or withheld says is not told here either. `exposure_key`: the drug record,
-- where it is one and of the same patient.
WITH entity AS MATERIALIZED (
    SELECT
        s.*,
        s.entity.instance,
        s.entity.named,
        s.entity.causalities,
        reference_key(s.source, s.entity.instance, NULL) AS instance_key,
        document_of(s.contained, s.entity.instance) AS own_document
    FROM (
        SELECT
            a.resource,
            a.source,
            patient_key(a.source, a.subject) AS person_id,
            a.contained,
            unnest(a.entities) AS entity,
            generate_subscripts(a.entities, 1) - 1 AS suspect_no
        FROM (
            SELECT
                *,
                suspects_of(suspectEntity, extension) AS entities
            FROM fhir.adverse_event
        ) AS a
    ) AS s
),

candidate AS (
    SELECT
        e.resource,
        e.suspect_no,
        coalesce(a.stands_for, e.candidate_key) AS candidate_key
    FROM (
        SELECT
            resource,
            suspect_no,
            unnest(suspect_keys(source, instance)) AS candidate_key
        FROM entity
    ) AS e
    LEFT JOIN state.alias AS a ON e.candidate_key = a.alias_key
),

hidden AS (
    SELECT x.resource
    FROM state.excluded AS x
    WHERE hides_content(x.reason)
),

record AS (
    SELECT
        s.resource,
        patient_key(s.source, s.subject) AS person_id,
        s.source,
        s.medicationCodeableConcept,
        s.medicationReference,
        s.contained
    FROM staged.medication_administration AS s SEMI JOIN candidate AS c ON s.resource = c.candidate_key
    UNION ALL BY NAME
    SELECT
        s.resource,
        patient_key(s.source, s.subject) AS person_id,
        s.source,
        s.medicationCodeableConcept,
        s.medicationReference,
        s.contained
    FROM staged.medication_dispense AS s SEMI JOIN candidate AS c ON s.resource = c.candidate_key
    UNION ALL BY NAME
    SELECT
        s.resource,
        patient_key(s.source, s.subject) AS person_id,
        s.source,
        s.medicationCodeableConcept,
        s.medicationReference,
        s.contained
    FROM staged.medication_request AS s SEMI JOIN candidate AS c ON s.resource = c.candidate_key
    UNION ALL BY NAME
    SELECT
        s.resource,
        patient_key(s.source, s.subject) AS person_id,
        s.source,
        s.medicationCodeableConcept,
        s.medicationReference,
        s.contained
    FROM staged.medication_statement AS s SEMI JOIN candidate AS c ON s.resource = c.candidate_key
),

exposure AS (
    SELECT r.*
    FROM record AS r ANTI JOIN hidden AS h ON r.resource = h.resource
),

found AS (
    SELECT
        c.resource,
        c.suspect_no,
        min(c.candidate_key) AS instance_key
    FROM candidate AS c
    WHERE
        c.candidate_key IN (SELECT x.resource FROM exposure AS x)
        OR c.candidate_key IN (SELECT m.resource FROM medication_event AS m)
    GROUP BY c.resource, c.suspect_no
),

exposed AS (
    SELECT
        e.resource,
        e.suspect_no,
        e.causalities,
        coalesce(
            e.own_document ->> '$.resourceType',
            reference_type(coalesce(f.instance_key, e.instance_key)),
            e.instance.type
        ) AS suspect_type,
        CASE
            WHEN coalesce(t.stands_for, x.person_id) = coalesce(o.stands_for, e.person_id) THEN x.resource
        END AS exposure_key,
        coalesce(
            e.named,
            x.medicationCodeableConcept,
            from_json(
                e.own_document -> '$.medicationCodeableConcept',
                '{"coding": [{"system": "VARCHAR", "code": "VARCHAR", "display": "VARCHAR"}], "text": "VARCHAR"}'
            )
        ) AS code,
        coalesce(
            x.medicationReference,
            medication_of(e.own_document),
            e.instance
        ) AS reference,
        CASE WHEN x.resource IS NULL THEN e.contained ELSE x.contained END AS documents,
        coalesce(x.source, e.source) AS named_by,
        coalesce(f.instance_key, e.instance_key) AS instance_key
    FROM entity AS e
    LEFT JOIN found AS f ON e.resource = f.resource AND e.suspect_no = f.suspect_no
    LEFT JOIN exposure AS x ON f.instance_key = x.resource
    LEFT JOIN state.alias AS t ON x.person_id = t.alias_key
    LEFT JOIN state.alias AS o ON e.person_id = o.alias_key
)

SELECT
    e.resource,
    e.suspect_no,
    e.causalities,
    e.suspect_type,
    e.exposure_key,
    CASE WHEN NOT is_no_drug(e.suspect_type) THEN drug_of(e.code, e.reference, e.documents, m.drug) END AS drug
FROM exposed AS e
LEFT JOIN
    medication_event AS m
    ON m.resource = CASE
        WHEN reference_type(e.instance_key) = 'Medication' THEN e.instance_key
        ELSE reference_key(e.named_by, e.reference, 'Medication')
    END
