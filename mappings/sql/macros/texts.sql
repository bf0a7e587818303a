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

-- Postgres has no NUL character.
CREATE OR REPLACE TEMP MACRO has_nul(some_text) AS coalesce(contains(some_text, chr(0)), FALSE);
