-- By person and source, the end of the time in which a best response may be seen: the first progression (included), new
-- systemic therapy and local therapy (excluded; Eisenhauer 2009, Eur J Cancer 45:228, 4.4). Local therapy ends the best
-- response only: progression-free survival does not see it.
SELECT
    assessment.person_id,
    assessment.source,
    assessment.chosen,
    min(assessment.assessment_date) FILTER (WHERE assessment.response = 'PD') AS progression_date,
    least(any_value(new_therapy.new_therapy_date), any_value(local_therapy.local_therapy_date)) AS therapy_date,
    any_value(local_therapy.local_therapy_date) AS local_therapy_date
FROM assessment
LEFT JOIN new_therapy ON assessment.person_id = new_therapy.person_id
LEFT JOIN local_therapy ON assessment.person_id = local_therapy.person_id
GROUP BY assessment.person_id, assessment.source, assessment.chosen
