-- drug_exposure rows that count as exposure, up to the cut: one row per record and drug concept set. Sources are told
-- apart by drug_type_concept_id; records of other types (prescriptions, say) are not exposure. The end of a
-- prescription that is a guess counts for nothing. `supply_end`: the end, also beyond the cut.
SELECT
    drug.person_id,
    concept.concept_set,
    concept.group_label,
    drug.drug_exposure_id,
    source.source_rank,
    drug.drug_exposure_start_date AS start_date,
    CASE
        WHEN guess.drug_exposure_id IS NOT NULL THEN drug.drug_exposure_start_date
        ELSE greatest(drug.drug_exposure_start_date, drug.drug_exposure_end_date)
    END AS supply_end,
    least(supply_end, $data_cut) AS end_date
FROM cdm.drug_exposure AS drug
INNER JOIN exposure_source AS source ON drug.drug_type_concept_id = source.type_concept_id
INNER JOIN concept_member AS concept
    ON
        -- Where the standard concept is unknown, the source concept may still name the drug.
        concept.concept_id = coalesce(nullif(drug.drug_concept_id, 0), drug.drug_source_concept_id)
LEFT JOIN guessed_end AS guess ON drug.drug_exposure_id = guess.drug_exposure_id
WHERE
    drug.drug_exposure_start_date <= $data_cut
    AND list_contains($drug_sets, concept.concept_set)
