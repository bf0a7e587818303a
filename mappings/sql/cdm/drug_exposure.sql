-- The four medication resources -> drug_exposure. The end, in this order: as recorded, start + days supplied - 1,
-- quantity over daily amount, and otherwise the start; a prescription then lasts 29 days more, which is a guess and
-- never counts as duration of treatment. What was derived is recorded. A code with several drugs gives a row for each.
WITH supplied AS (
    SELECT
        d.*,
        fhir_datetime(d.start_text) AS start_datetime,
        end_datetime(d.end_text, d.start_text) AS recorded_end,
        -- Rounded, or 2.1 mL of 0.3 mL a day would last eight days.
        coalesce(d.days_supply, days_supplied(ceil(round(d.quantity / nullif(d.daily, 0), 6)))) AS days_covered
    FROM drug_event AS d
),

ended AS (
    SELECT
        s.*,
        CASE
            WHEN s.recorded_end IS NOT NULL THEN s.recorded_end
            WHEN s.days_covered IS NOT NULL THEN s.start_datetime + to_days(s.days_covered - 1)
            WHEN s.end_otherwise = 'start' THEN s.start_datetime
            ELSE s.start_datetime + to_days(29)
        END AS end_datetime,
        CASE
            WHEN s.recorded_end IS NOT NULL THEN end_noted(s.end_text, s.start_text)
            WHEN s.days_supply IS NOT NULL THEN 'start + days supply'
            WHEN s.days_covered IS NOT NULL THEN 'quantity / daily dose'
            ELSE s.end_otherwise
        END AS end_from
    FROM supplied AS s
)

SELECT
    e.resource,
    CASE WHEN d.target_no > 1 THEN concat('target', d.target_no) ELSE '' END AS slot,
    noted(derivation_of(e.start_from, e.start_text, e.end_from), d.decided_by, NULL, NULL) AS derivation,
    e.person_id,
    coalesce(d.concept_id, 0) AS drug_concept_id,
    cast(e.start_datetime AS date) AS drug_exposure_start_date,
    e.start_datetime AS drug_exposure_start_datetime,
    cast(e.end_datetime AS date) AS drug_exposure_end_date,
    e.end_datetime AS drug_exposure_end_datetime,
    cast(e.recorded_end AS date) AS verbatim_end_date,
    e.type_concept_id AS drug_type_concept_id,
    left(p.source_value, 20) AS stop_reason,
    e.refills,
    e.quantity,
    e.days_supply,
    CASE WHEN w.concept_id IS NOT NULL THEN e.sig END AS sig,
    CASE WHEN e.route IS NOT NULL THEN coalesce(r.concept_id, 0) END AS route_concept_id,
    cast(NULL AS varchar) AS lot_number,
    e.provider_id,
    e.visit_occurrence_id,
    cast(NULL AS varchar) AS visit_detail_id,
    d.source_value AS drug_source_value,
    coalesce(d.source_concept_id, 0) AS drug_source_concept_id,
    r.source_value AS route_source_value,
    u.source_value AS dose_unit_source_value
FROM ended AS e
LEFT JOIN mapping.codeable AS d ON codeable_key('drug', e.drug) = d.codeable_key
LEFT JOIN mapping.codeable AS r ON codeable_key('value', e.route) = r.codeable_key AND r.target_no = 1
LEFT JOIN mapping.codeable AS u ON codeable_key('unit', e.dose_unit) = u.codeable_key AND u.target_no = 1
LEFT JOIN mapping.codeable AS p ON codeable_key('value', e.stop_reason) = p.codeable_key AND p.target_no = 1
LEFT JOIN mapping.written_out AS w ON d.concept_id = w.concept_id AND w.element = 'sig'
