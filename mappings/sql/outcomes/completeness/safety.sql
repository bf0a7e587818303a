-- What is known of adverse events, record by record.
SELECT
    9 AS item_position,
    'adverse_event_records_with_grade' AS item,
    count(grade) AS x,
    count(*) AS n
FROM adverse_event_record
UNION ALL BY NAME
SELECT
    10 AS item_position,
    'adverse_event_records_with_causality' AS item,
    count(related) AS x,
    count(*) AS n
FROM adverse_event_record
