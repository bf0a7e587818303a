-- The first response (CR or PR) by the patient's source, while a best response may be seen: up to the first progression
-- and before new systemic or local therapy. Who has one is a responder.
SELECT
    assessment.person_id,
    min(assessment.assessment_date) AS response_date
FROM assessment
INNER JOIN assessed_until AS until_ ON assessment.person_id = until_.person_id AND until_.chosen
WHERE
    assessment.chosen
    AND assessment.response IN ('CR', 'PR')
    AND assessment.assessment_date <= coalesce(until_.progression_date, assessment.assessment_date)
    AND coalesce(assessment.assessment_date < until_.therapy_date, TRUE)
GROUP BY assessment.person_id
