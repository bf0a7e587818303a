-- Every patient's label of every stratum: numbers by the bin they fall in, patients without a value by `missing`.
-- No ASOF JOIN: DuckDB 1.5 gives rows without a number the highest bin, once there are more than a few.
WITH bin AS (
    SELECT
        *,
        lead(lowest) OVER (PARTITION BY stratum ORDER BY lowest) AS below
    FROM stratum_bin
)

SELECT
    patient.person_id,
    stratum.stratum,
    stratum.stratum_position,
    stratum.is_recorded,
    -- Bins read from low to high.
    bin.lowest AS label_position,
    coalesce(found.label, bin.label, stratum.missing) AS label,
    coalesce(found.label, bin.label, stratum.missing) = stratum.missing AS is_missing
FROM cohort_member AS patient
CROSS JOIN stratum
LEFT JOIN stratum_found AS found
    ON patient.person_id = found.person_id AND stratum.stratum = found.stratum
LEFT JOIN bin
    ON stratum.stratum = bin.stratum AND found.number >= bin.lowest AND coalesce(found.number < bin.below, TRUE)
ORDER BY stratum.stratum_position, patient.person_id
