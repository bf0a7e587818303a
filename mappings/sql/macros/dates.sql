-- Dates and times: the session time zone is the hospital's, the variable onco_extract_date its day.

CREATE OR REPLACE TEMP MACRO extract_date() AS getvariable('onco_extract_date');

-- FHIR dateTime or instant (seconds may be missing) in a form that DuckDB casts; it knows no leap seconds.
CREATE OR REPLACE TEMP MACRO full_time(fhir_text) AS CASE substr(fhir_text, 17, 3)
    WHEN ':60' THEN fhir_text[:16] || ':59' || fhir_text[20:]
    ELSE CASE WHEN fhir_text[17] = ':' THEN fhir_text ELSE fhir_text[:16] || ':00' || fhir_text[17:] END
END;

-- In the hospital's time zone; bare dates are literal, at midnight; a partial date is the first day of its period.
CREATE OR REPLACE TEMP MACRO fhir_datetime(fhir_text) AS CASE
    WHEN length(fhir_text) > 10 THEN cast(try_cast(full_time(fhir_text) AS timestamptz) AS timestamp)
    ELSE cast(
        try_cast(fhir_text || CASE length(fhir_text) WHEN 4 THEN '-01-01' WHEN 7 THEN '-01' ELSE '' END AS date)
        AS timestamp
    )
END;

CREATE OR REPLACE TEMP MACRO fhir_date(fhir_text) AS cast(fhir_datetime(fhir_text) AS date);

-- A partial end lies in its period, so not before the start.
CREATE OR REPLACE TEMP MACRO end_datetime(end_text, start_text) AS CASE
    WHEN end_text IS NOT NULL THEN greatest(fhir_datetime(end_text), fhir_datetime(start_text))
END;

-- A real date, written as FHIR does (hours to 23, offsets to 14:00), whose year has four digits in the hospital's time
-- zone too: 9999-12-31T23:59:59Z has not, east of Greenwich, and no client's date type could hold it.
CREATE OR REPLACE TEMP MACRO is_fhir_date(fhir_text) AS CASE
    -- The two usual forms, of a year that no time zone moves: only whether the calendar has the day is left to ask.
    WHEN regexp_full_match(fhir_text, '[12]\d{3}-\d{2}-\d{2}') THEN try_cast(fhir_text AS date) IS NOT NULL
    WHEN
        regexp_full_match(
            fhir_text,
            '[12]\d{3}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-](0\d|1[0-3]):[0-5]\d)'
        )
        THEN try_cast(left(fhir_text, 10) AS date) IS NOT NULL
    ELSE
        regexp_full_match(
            fhir_text,
            '\d{4}(-\d{2}(-\d{2}(T([01]\d|2[0-3]):\d{2}(:\d{2}(\.\d+)?)?(Z|[+-](0\d|1[0-3]):[0-5]\d|[+-]14:00)?)?)?)?'
        ) AND coalesce(year(fhir_datetime(fhir_text)) BETWEEN 1 AND 9999, FALSE)
END;

CREATE OR REPLACE TEMP MACRO is_wrong_date(fhir_text) AS fhir_text IS NOT NULL AND NOT is_fhir_date(fhir_text);

-- The last day that a date, partial or not, can mean.
CREATE OR REPLACE TEMP MACRO last_date(fhir_text) AS cast(
    fhir_date(fhir_text)
    + CASE length(fhir_text) WHEN 4 THEN INTERVAL 1 YEAR WHEN 7 THEN INTERVAL 1 MONTH ELSE INTERVAL 1 DAY END
    - INTERVAL 1 DAY
    AS date
);

-- The end before the start, whatever days of their periods they are.
CREATE OR REPLACE TEMP MACRO is_reversed(start_text, end_text) AS CASE
    WHEN start_text IS NULL OR end_text IS NULL THEN FALSE
    ELSE coalesce(last_date(end_text) < fhir_date(start_text), FALSE)
END;

CREATE OR REPLACE TEMP MACRO precision_of(fhir_text) AS
CASE length(fhir_text) WHEN 4 THEN 'year' WHEN 7 THEN 'month' END;

-- How a recorded end came to be what it is: less precise than a day, or some hours before the start, which stands then.
CREATE OR REPLACE TEMP MACRO end_noted(end_text, start_text) AS CASE
    WHEN length(end_text) > 10 AND length(start_text) > 10 AND fhir_datetime(end_text) < fhir_datetime(start_text)
        THEN 'start'
    ELSE 'precision ' || precision_of(end_text)
END;

-- What else of a row was derived, after its dates.
CREATE OR REPLACE TEMP MACRO noted(derivation, concept_from, value_from, unit_from) AS nullif(
    concat_ws('; ', derivation, 'concept: ' || concept_from, 'value: ' || value_from, unit_from), ''
);

-- How a row's dates came about: 'date: recordedDate; precision: month; end: start + 29 days'. NULL if as recorded.
CREATE OR REPLACE TEMP MACRO derivation_of(date_from, start_text, end_from) AS nullif(concat_ws(
    '; ',
    'date: ' || date_from,
    'precision: ' || precision_of(start_text),
    'end: ' || end_from
), '');

-- The end of a prescription that tells none is a guess (event/drug), and no duration of treatment.
CREATE OR REPLACE TEMP MACRO is_guessed_end(derivation) AS contains(derivation, 'end: start + 29 days');

-- What was recorded after its end began by its end at the latest.
CREATE OR REPLACE TEMP MACRO earlier_of(recorded_text, end_text) AS CASE
    WHEN is_reversed(recorded_text, end_text) THEN end_text ELSE recorded_text
END;
