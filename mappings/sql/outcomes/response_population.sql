-- Patients seen at index, who are the denominator of response (who came later had to live until then), and secondary
-- denominators among them: target disease of measurable size at baseline, by lesions or by a recorded sum;
-- and evaluable for response, with any assessment in the time of the best response that is not NE (or an early
-- progression).
SELECT
    patient.person_id,
    patient.person_id IN (
        SELECT baseline.person_id FROM baseline_lesion AS baseline
        WHERE baseline.part = 'target' AND baseline.measurable AND baseline.baseline_no IS NOT NULL
        UNION ALL
        SELECT found.person_id FROM target_sum AS found
        WHERE found.source = 'sums' AND found.baseline_mm >= 10
    ) AS is_measurable,
    patient.person_id IN (
        SELECT counted.person_id FROM counted_assessment AS counted
        WHERE counted.chosen AND counted.response != 'NE'
    ) AS is_evaluable
FROM cohort_member AS patient
INNER JOIN first_seen ON patient.person_id = first_seen.person_id
WHERE first_seen.seen_at_index
