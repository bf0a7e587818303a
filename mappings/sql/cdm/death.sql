-- Patient.deceasedDateTime -> death. A partial date is the first day of its period; the derivation keeps its precision,
-- which survival analysis needs. deceasedBoolean alone gives no row: a death without a date is no event. Of merged
-- records one row: the survivor's own date, else the earliest that a replaced record tells. That record keeps the row,
-- and the merge turns its person into the survivor.
WITH told AS (
    SELECT
        p.resource,
        p.resource AS survivor,
        p.death_text
    FROM patient_event AS p
    UNION ALL
    SELECT
        p.resource,
        a.stands_for AS survivor,
        p.deceasedDateTime AS death_text
    FROM touched.patient AS p INNER JOIN state.alias AS a ON p.resource = a.alias_key
    WHERE
        unsafe_patient(p.implicitRules, p.modifierExtension, p.link, p.meta) IS NULL
        AND is_fhir_date(p.deceasedDateTime)
        AND NOT is_reversed(p.birthDate, p.deceasedDateTime)
)

SELECT
    t.resource,
    '' AS slot,
    derivation_of(NULL, t.death_text, NULL) AS derivation,
    t.resource AS person_id,
    fhir_date(t.death_text) AS death_date,
    fhir_datetime(t.death_text) AS death_datetime,
    type_ehr() AS death_type_concept_id,
    cast(NULL AS integer) AS cause_concept_id,
    cast(NULL AS varchar) AS cause_source_value,
    cast(NULL AS integer) AS cause_source_concept_id
FROM told AS t
WHERE t.death_text IS NOT NULL
QUALIFY
    row_number() OVER (
        PARTITION BY t.survivor
        ORDER BY t.resource = t.survivor DESC, fhir_datetime(t.death_text), length(t.death_text) DESC, t.resource
    ) = 1
