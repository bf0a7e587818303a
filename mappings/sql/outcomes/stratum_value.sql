-- Every patient's label of every stratum: numbers by the bin they fall in, patients without a value by `missing`.
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
ASOF LEFT JOIN stratum_bin AS bin
    ON stratum.stratum = bin.stratum AND found.number >= bin.lowest
ORDER BY stratum.stratum_position, patient.person_id
