-- Adverse events, treatment-emergent or not.
SELECT
    'adverse_event' AS item,
    onset_date AS event_date,
    cdm_table,
    cdm_row_id
FROM adverse_event_record
