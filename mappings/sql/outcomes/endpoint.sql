-- One row per patient and endpoint: the earliest of its events (on one day: the one named first); without event, the
-- first of its censorings that exists. Survival times count both ends: end - start + 1 days, at least 1.
SELECT
    member.person_id AS subject_id,
    rule.endpoint,
    member.index_date AS start_date,
    (greatest(dated.decided_on, member.index_date) - member.index_date + 1)::INTEGER AS time_days,
    rule.is_event AS event,
    dated.name AS decided_by,
    dated.decided_on,
    dated.cdm_table,
    dated.cdm_row_id
FROM cohort_member AS member
INNER JOIN dated ON member.person_id = dated.person_id
INNER JOIN endpoint_rule AS rule ON dated.name = rule.name
QUALIFY row_number() OVER (
    PARTITION BY member.person_id, rule.endpoint
    ORDER BY
        rule.is_event DESC,
        CASE WHEN rule.is_event THEN dated.decided_on END,
        rule.position
) = 1
ORDER BY rule.endpoint_position, member.person_id
