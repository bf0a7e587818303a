-- Lesions called new that were not there at baseline, in each assessment that shows them. One that is equivocal at
-- first counts from its first finding once it is certain (Eisenhauer 2009, Eur J Cancer 45:228, 4.3.5); a node below
-- 10 mm is none.
SELECT
    seen.person_id,
    seen.assessment_no,
    seen.lesion
FROM lesion_seen AS seen
SEMI JOIN lesion_finding AS said
    ON seen.person_id = said.person_id AND seen.lesion = said.lesion AND said.is_after AND said.part = 'new'
ANTI JOIN baseline_lesion AS known ON seen.person_id = known.person_id AND seen.lesion = known.lesion
WHERE seen.is_after AND NOT coalesce(seen.is_gone, FALSE) AND coalesce(seen.state != 'not evaluable', TRUE)
QUALIFY bool_or(coalesce(seen.state != 'equivocal', TRUE)) OVER (PARTITION BY seen.person_id, seen.lesion)
