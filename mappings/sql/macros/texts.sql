-- Texts; the variable onco_secret keys the hashes that stand for free ones.

-- The free text of one hospital record, so that equal texts can be counted without being read.
CREATE OR REPLACE TEMP MACRO keyed_hash(free_text) AS
'text:' || left(sha256(getvariable('onco_secret') || chr(31) || free_text), 16);

-- As strings.csv is compared: case, surrounding and repeated white space and full-width brackets do not matter.
CREATE OR REPLACE TEMP MACRO plain_text(free_text) AS
regexp_replace(trim(lower(translate(nfc_normalize(free_text), '（）　', '() '))), '\s+', ' ', 'g');

-- Decimals as they are written: 5, not 5.0.
CREATE OR REPLACE TEMP MACRO number_text(number_value) AS CASE
    WHEN ends_with(cast(number_value AS varchar), '.0') THEN left(cast(number_value AS varchar), -2)
    ELSE cast(number_value AS varchar)
END;

-- The numbers by which China knows people: identity card (GB 11643; 15 digits before 1999), mobile and fixed telephone.
CREATE OR REPLACE TEMP MACRO is_person_number(some_text) AS regexp_full_match(
    some_text,
    '\d{6}(18|19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{3}[\dXx]'
    || '|\d{8}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{3}'
    || '|((\+|00)?86-?)?1[3-9]\d{9}|((\+|00)86-?|0)\d{2,3}-?\d{7,8}'
);

-- Whether what stands in a code's place is one. A code that no map knows is published as received, so it must not be a
-- name, an address or a number of a person (decision 5): no blanks, ASCII, no word with a capital, and seven digits in
-- a row only where a known code system numbers its codes.
CREATE OR REPLACE TEMP MACRO reads_as_code(some_text, in_known_system) AS
regexp_full_match(some_text, '[!-?A-~]+')
AND NOT regexp_full_match(some_text, '([A-Z]'')?[A-Z][a-z]{3,}([.''-][A-Za-z]+)*')
AND NOT is_person_number(some_text)
AND (NOT regexp_matches(some_text, '\d{7}') OR (in_known_system AND regexp_full_match(some_text, '[\d-]+')));

-- A region of the documented list, or its letters or number; any other text may be a whole address.
CREATE OR REPLACE TEMP MACRO region_text(free_text) AS CASE
    WHEN
        regexp_full_match(free_text, '[A-Z]{2,3}(-[A-Z0-9]{2,3})?|\d{2}(0000)?')
        OR list_contains(getvariable('onco_regions'), plain_text(free_text))
        THEN free_text
    ELSE keyed_hash(free_text)
END;
