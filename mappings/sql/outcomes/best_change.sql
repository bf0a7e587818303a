-- The best change of the sum from baseline (a fraction, negative when smaller), over the time of the best response.
SELECT
    target_sum.person_id,
    min((target_sum.sum_mm - target_sum.baseline_mm)::DOUBLE / target_sum.baseline_mm::DOUBLE) AS best_change
FROM target_sum
LEFT JOIN assessed_until AS until_ ON target_sum.person_id = until_.person_id AND until_.chosen
WHERE
    target_sum.assessment_date > target_sum.index_date
    AND target_sum.baseline_mm > 0
    AND coalesce(target_sum.assessment_date <= until_.progression_date, TRUE)
    AND coalesce(target_sum.assessment_date < until_.new_therapy_date, TRUE)
GROUP BY target_sum.person_id
