-- Response of target disease at every assessment after index, in exact decimals (Eisenhauer 2009, Eur J Cancer 45:228,
-- 4.3.1), in this order: CR, PD, PR, SD. What is not all measured is not evaluable, unless what is measured already
-- makes progression.
SELECT
    person_id,
    source,
    assessment_date,
    CASE
        -- Without a baseline, or without target disease in it, nothing can be compared.
        WHEN baseline_mm IS NULL OR baseline_mm = 0 THEN 'NE'
        WHEN is_gone THEN 'CR'
        -- Reappearance after complete response, whatever its size.
        WHEN was_gone AND has_disease THEN 'PD'
        -- At least 20 % and 5 mm above the nadir; at least 30 % below baseline. Exact: integers times decimals.
        WHEN 5 * known_mm >= 6 * nadir_mm AND known_mm >= nadir_mm + 5 THEN 'PD'
        WHEN sum_mm IS NULL THEN 'NE'
        WHEN 10 * sum_mm <= 7 * baseline_mm THEN 'PR'
        ELSE 'SD'
    END AS target_disease
FROM target_sum
WHERE assessment_date > index_date
