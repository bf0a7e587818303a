-- Sums of diameters for spider plots, of one source per patient: changes are fractions of baseline and of nadir; the
-- baseline row has none.
SELECT
    person_id AS subject_id,
    assessment_date,
    sum_mm::DOUBLE AS sum_mm,
    CASE
        WHEN assessment_date > index_date AND baseline_mm > 0
            THEN (sum_mm - baseline_mm)::DOUBLE / baseline_mm::DOUBLE
    END AS change_from_baseline,
    CASE
        WHEN assessment_date > index_date AND nadir_mm > 0
            THEN (sum_mm - nadir_mm)::DOUBLE / nadir_mm::DOUBLE
    END AS change_from_nadir
FROM shown_sum
ORDER BY person_id, assessment_date
