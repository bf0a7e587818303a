-- CDM requires a year of birth. Patient has no status: active = false says nothing against the record.
-- Of records that Patient.link replaces, the survivor alone is the person.
WITH judged AS (
    SELECT
        p.resource,
        coalesce(
            unsafe_patient(p.implicitRules, p.modifierExtension, p.link, p.meta),
            CASE WHEN p.resource IN (SELECT o.resource FROM state.opted_out AS o) THEN 'opted-out' END,
            CASE WHEN p.resource IN (SELECT a.alias_key FROM state.alias AS a) THEN 'replaced-by-another' END,
            CASE
                WHEN p.gender NOT IN ('male', 'female', 'other', 'unknown') THEN 'invalid-gender'
                WHEN p.birthDate IS NULL THEN 'missing-birth-date'
                WHEN is_wrong_date(p.birthDate) OR is_wrong_date(p.deceasedDateTime) THEN 'impossible-date'
                WHEN is_reversed(p.birthDate, p.deceasedDateTime) THEN 'end-before-start'
            END
        ) AS reason
    FROM touched.patient AS p
)

SELECT
    j.resource,
    j.reason
FROM judged AS j
WHERE j.reason IS NOT NULL
