-- The best change of the sum from baseline (a fraction, negative when smaller), over the time of the best response. An
-- assessment of several days that shows progression is dated by its first.
SELECT
    shown.person_id,
    min((shown.sum_mm - shown.baseline_mm)::DOUBLE / shown.baseline_mm::DOUBLE) AS best_change
FROM shown_sum AS shown
LEFT JOIN assessed_until AS until_ ON shown.person_id = until_.person_id AND until_.chosen
WHERE
    shown.assessment_date > shown.index_date
    AND shown.baseline_mm > 0
    AND coalesce(shown.first_day <= until_.progression_date, TRUE)
    AND coalesce(shown.assessment_date < until_.therapy_date, TRUE)
GROUP BY shown.person_id
