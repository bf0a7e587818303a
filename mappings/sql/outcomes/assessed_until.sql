-- By person and source, the end of the time in which a best response may be seen: the first progression (included)
-- and new systemic therapy (excluded).
SELECT
    assessment.person_id,
    assessment.source,
    assessment.chosen,
    min(assessment.assessment_date) FILTER (WHERE assessment.response = 'PD') AS progression_date,
    any_value(new_therapy.new_therapy_date) AS new_therapy_date
FROM assessment
LEFT JOIN new_therapy ON assessment.person_id = new_therapy.person_id
GROUP BY assessment.person_id, assessment.source, assessment.chosen
