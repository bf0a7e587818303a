-- Patient: US Core extensions, links, region.

CREATE OR REPLACE TEMP MACRO us_core_category(extensions, extension_url) AS CASE
    WHEN extension_of(extension_of(extensions, [extension_url]).extension, ['ombCategory']).valueCoding IS NOT NULL
        THEN codeable(
            [extension_of(extension_of(extensions, [extension_url]).extension, ['ombCategory']).valueCoding], NULL
        )
END;

-- A link that may mean something else could be anybody's.
CREATE OR REPLACE TEMP MACRO unsafe_patient(implicit_rules, modifiers, links, meta_data) AS
unsafe(implicit_rules, list_concat(modifiers, modifiers_within(links)), meta_data);

CREATE OR REPLACE TEMP MACRO has_region(address) AS
address.state IS NOT NULL OR address.country IS NOT NULL;
