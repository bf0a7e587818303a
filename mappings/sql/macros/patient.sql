-- Patient: US Core extensions, region.

CREATE OR REPLACE TEMP MACRO us_core_category(extensions, extension_url) AS CASE
    WHEN extension_of(extension_of(extensions, [extension_url]).extension, ['ombCategory']).valueCoding IS NOT NULL
        THEN codeable(
            [extension_of(extension_of(extensions, [extension_url]).extension, ['ombCategory']).valueCoding], NULL
        )
END;

CREATE OR REPLACE TEMP MACRO has_region(address) AS
address.state IS NOT NULL OR address.country IS NOT NULL;
