-- Each CDM row with the version of the resource that it stands for, and the run that last made it: its vocabulary
-- release and the hash of the maps and SELECTs that made it. A derived row has no resource.
SELECT
    l.cdm_table,
    l.row_id,
    l.resource_type,
    l.resource_key,
    r.version_no,
    r.received_run,
    l.slot,
    l.derivation,
    concat(CASE WHEN l.resource_key IS NULL THEN 'sql/derived/' ELSE 'sql/cdm/' END, l.cdm_table, '.sql')
        AS mapping_file,
    l.run_from,
    n.vocabulary_release,
    n.mapping_hash
FROM registry.lineage AS l
LEFT JOIN registry.resource AS r ON l.resource_key = r.resource_key
LEFT JOIN registry.runs AS n ON l.run_from = n.run
