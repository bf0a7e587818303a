-- Natural keys of what a Reference points to.

-- What a Reference.identifier stands for, until state.alias tells which resource that is: a hash, since a record number
-- names a person.
CREATE OR REPLACE TEMP MACRO identifier_key(source_name, target_type, identifier) AS
source_name || '/' || target_type || '?'
|| left(sha256(concat_ws(
    chr(31), getvariable('onco_secret'), coalesce(identifier.system, ''), nullif(identifier.value, '')
)), 32);

-- A conditional reference, as transactions have it: Patient?identifier=system|value.
CREATE OR REPLACE TEMP MACRO conditional_key(source_name, asked) AS CASE
    WHEN asked.value <> ''
        THEN identifier_key(
            source_name,
            asked.kind,
            struct_pack(system := url_decode(asked.system), value := url_decode(asked.value))
        )
END;

-- Patient/123, as nearly every reference is written. Asked first: taking one apart costs ten times as much.
CREATE OR REPLACE TEMP MACRO is_relative(reference, target_types) AS
regexp_full_match(reference.reference, '(' || target_types || ')/[A-Za-z0-9._~-]+');

-- An absolute address on a server that is not one of the site's (in lower case); where the site names none, all are.
CREATE OR REPLACE TEMP MACRO is_elsewhere(address) AS
len(own_servers()) > 0 AND contains(address, '://')
AND NOT list_bool_or(list_transform(own_servers(), LAMBDA one_server: starts_with(lower(address), one_server)));

-- Natural key of what a Reference points to: relative, absolute, versioned, urn:uuid (its type, or the sole target's),
-- or by identifier. A record elsewhere is known by its address, hashed: it never arrives here under that.
CREATE OR REPLACE TEMP MACRO reference_key(source_name, reference, sole_target) AS CASE
    WHEN is_relative(reference, '[A-Z][A-Za-z]+') THEN source_name || '/' || reference.reference
    WHEN reference.reference LIKE 'urn:%'
        THEN concat_ws('/', source_name, coalesce(reference.type, sole_target), split_part(reference.reference, ':', 3))
    WHEN is_elsewhere(reference.reference)
        THEN identifier_key(
            source_name,
            coalesce(
                reference.type,
                nullif(regexp_extract(reference.reference, '/([A-Z][A-Za-z]+)/[^/?#]+(?:/_history/[^/]+)?$', 1), ''),
                sole_target
            ),
            struct_pack(system := cast(NULL AS varchar), value := reference.reference)
        )
    WHEN contains(reference.reference, '?identifier=')
        THEN conditional_key(
            source_name,
            regexp_extract(
                reference.reference,
                '(?:^|/)([A-Z][A-Za-z]+)\?identifier=([^|&]*)\|([^|&]+)$',
                ['kind', 'system', 'value']
            )
        )
    WHEN reference.reference IS NULL AND nullif(reference.identifier.value, '') IS NOT NULL
        THEN identifier_key(source_name, coalesce(reference.type, sole_target), reference.identifier)
    ELSE source_name || '/' || nullif(
        regexp_extract(reference.reference, '(?:^|/)([A-Z][A-Za-z]+/[^/?#]+)(?:/_history/[^/]+)?$', 1), ''
    )
END;

CREATE OR REPLACE TEMP MACRO reference_type(reference_key) AS
nullif(regexp_extract(reference_key, '^[^/]+/([A-Z][A-Za-z]+)[/?]', 1), '');

CREATE OR REPLACE TEMP MACRO patient_key(source_name, reference) AS reference_key(source_name, reference, 'Patient');

-- NULL for an EpisodeOfCare: only encounters are visits.
CREATE OR REPLACE TEMP MACRO encounter_key(source_name, reference) AS CASE
    WHEN is_relative(reference, 'Encounter') THEN source_name || '/' || reference.reference
    WHEN reference_type(reference_key(source_name, reference, 'Encounter')) = 'Encounter'
        THEN reference_key(source_name, reference, 'Encounter')
END;

-- Who did, ordered or recorded something, where that is a provider: not the patient, a relative or a device.
CREATE OR REPLACE TEMP MACRO provider_key(source_name, reference) AS CASE
    WHEN is_relative(reference, 'Practitioner|PractitionerRole') THEN source_name || '/' || reference.reference
    WHEN reference_type(reference_key(source_name, reference, 'Practitioner')) IN ('Practitioner', 'PractitionerRole')
        THEN reference_key(source_name, reference, 'Practitioner')
END;

-- The first provider among the references.
CREATE OR REPLACE TEMP MACRO first_provider(source_name, reference_list) AS list_filter(
    list_transform(reference_list, LAMBDA one_reference: provider_key(source_name, one_reference)),
    LAMBDA one_key: one_key IS NOT NULL
)[1];

-- The organization, else the place.
CREATE OR REPLACE TEMP MACRO care_site_key(source_name, organization, place) AS coalesce(
    reference_key(source_name, organization, 'Organization'), reference_key(source_name, place, 'Location')
);

CREATE OR REPLACE TEMP MACRO row_key(resource_key, slot_name) AS
resource_key || CASE WHEN slot_name = '' THEN '' ELSE '#' || slot_name END;
