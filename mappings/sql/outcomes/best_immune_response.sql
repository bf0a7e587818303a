-- Best overall response by iRECIST (iBOR), by person and source: the best from index to confirmed progression and
-- before other therapy; unconfirmed progression does not end it (Seymour 2017, Lancet Oncol 18:e143, table 3). Stable
-- disease, and non-iCR/non-iUPD, need $stable_disease_days, as by RECIST 1.1.
WITH classed AS (
    SELECT
        found.person_id,
        found.source,
        found.chosen,
        found.assessment_date,
        CASE
            WHEN
                found.immune_response IN ('iSD', 'NON-iCR/NON-iUPD')
                AND found.assessment_date - found.index_date < $stable_disease_days
                THEN 'NE'
            ELSE found.immune_response
        END AS immune_response,
        coalesce(found.assessment_date < until_.therapy_date, TRUE) AS counts
    FROM immune_assessment AS found
    INNER JOIN assessed_until AS until_ ON found.person_id = until_.person_id AND found.source = until_.source
),

ranked AS (
    SELECT
        *,
        list_position(['iCR', 'iPR', 'iSD', 'NON-iCR/NON-iUPD', 'iCPD', 'iUPD', 'NE'], immune_response)
            AS response_rank
    FROM classed
)

SELECT
    person_id,
    source,
    chosen,
    coalesce(
        first(immune_response ORDER BY response_rank, assessment_date) FILTER (WHERE counts), 'NE'
    ) AS immune_response,
    first(assessment_date ORDER BY response_rank, assessment_date)
    FILTER (WHERE counts AND immune_response != 'NE') AS response_date
FROM ranked
GROUP BY person_id, source, chosen
