-- Best overall response by person and source, with the declared minimum of stable disease. `benefit`: complete or
-- partial response, or no progression at an assessment from $clinical_benefit_days on; `confirmed_benefit` likewise.
WITH lasting AS (
    SELECT
        person_id,
        source,
        bool_or(day_no >= $clinical_benefit_days AND response IN ('CR', 'PR', 'SD')) AS is_stable
    FROM counted_assessment
    GROUP BY person_id, source
)

SELECT
    best.person_id,
    best.source,
    best.chosen,
    best.response,
    best.response_date,
    best.confirmed,
    best.confirmed_date,
    best.response IN ('CR', 'PR') OR (best.response = 'SD' AND lasting.is_stable) AS benefit,
    best.confirmed IN ('CR', 'PR') OR (best.confirmed = 'SD' AND lasting.is_stable) AS confirmed_benefit
FROM best_at_minimum AS best
INNER JOIN lasting ON best.person_id = lasting.person_id AND best.source = lasting.source
WHERE best.minimum_days = $stable_disease_days
