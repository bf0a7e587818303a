-- The first new systemic therapy after index: an agent outside the combination that starts more than $new_agent_days
-- after the line's first day and was not given within those days.
WITH other AS (
    SELECT member.person_id, member.index_date, exposure.group_label, exposure.start_date,
        exposure.start_date - member.first_start <= $new_agent_days AS in_line
    FROM cohort_member AS member
    INNER JOIN exposure_record AS exposure
        ON member.person_id = exposure.person_id AND exposure.start_date >= member.first_start
    WHERE exposure.concept_set = $other_therapy
)

SELECT later.person_id, min(later.start_date) AS new_therapy_date
FROM other AS later
ANTI JOIN (SELECT person_id, group_label FROM other WHERE in_line) AS own
    ON later.person_id = own.person_id AND later.group_label = own.group_label
WHERE NOT later.in_line AND later.start_date > later.index_date
GROUP BY later.person_id
