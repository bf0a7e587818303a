-- Of the deaths by the cut: those with a cause, those dated to the day, and by where the record says that it came from
-- (`death_source:` and the name of its type).
WITH told AS (
    SELECT
        known.person_id,
        coalesce(nullif(known.cause_concept_id, 0), nullif(known.cause_source_concept_id, 0)) IS NOT NULL
        OR known.cause_source_value IS NOT NULL AS has_cause,
        coalesce(
            death_type.concept_name, 'type ' || nullif(known.death_type_concept_id, 0), 'not recorded'
        ) AS type_name
    FROM cdm.death AS known
    SEMI JOIN cohort_death AS death ON known.person_id = death.person_id
    LEFT JOIN cdm.concept AS death_type
        ON known.death_type_concept_id = death_type.concept_id AND death_type.concept_id != 0
    QUALIFY row_number() OVER (
        PARTITION BY known.person_id ORDER BY known.death_date, known.death_type_concept_id, known.cause_concept_id
    ) = 1
)

SELECT
    11 AS item_position,
    'deaths_with_cause' AS item,
    count(*) FILTER (WHERE has_cause) AS x,
    count(*) AS n
FROM told
UNION ALL BY NAME
SELECT
    12 AS item_position,
    'deaths_dated_to_the_day' AS item,
    count(*) FILTER (WHERE death.precision IS NULL) AS x,
    count(*) AS n
FROM told
INNER JOIN person_death AS death ON told.person_id = death.person_id
UNION ALL BY NAME
SELECT
    13 AS item_position,
    'death_source:' || type_name AS item,
    count(*) AS x,
    sum(count(*)) OVER () AS n
FROM told
GROUP BY type_name
