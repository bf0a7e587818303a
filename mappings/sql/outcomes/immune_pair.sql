-- Each assessment with progression beside each later one of the same person and source: whether disease has grown on
-- from there, which confirms progression, or has shrunk. Grown (Seymour 2017, Lancet Oncol 18:e143): target disease, if
-- it had progressed, by $growth_mm; non-target disease, if it had, by any measure or where another lesion is judged to
-- have progressed; new lesions by $growth_mm in sum (not measurable ones by any measure), or in number; and progression
-- by RECIST 1.1 of what had not progressed. A judgement that is only repeated tells no further growth. What is not
-- measured later counts as 0 mm, so that only growth is found which is certain. Shrunk: any of the three by category,
-- target disease or new lesions by $shrinkage_mm.
WITH lesion_pair AS (
    SELECT
        earlier.person_id,
        earlier.assessment_no AS earlier_no,
        later.assessment_no AS later_no,
        coalesce(
            sum(later.value_mm - earlier.value_mm) FILTER (WHERE earlier.part = 'non-target') > 0, FALSE
        ) OR coalesce(
            bool_or(earlier.part = 'non-target' AND later.is_progressed AND NOT earlier.stands_progressed), FALSE
        ) AS non_target_grown,
        coalesce(bool_or(earlier.part != 'non-target' AND later.is_there AND NOT earlier.stands), FALSE) AS is_more,
        coalesce(
            sum(coalesce(later.value_mm, 0) - earlier.value_mm)
            FILTER (WHERE earlier.part = 'new target' AND earlier.stands) >= $growth_mm,
            FALSE
        ) OR coalesce(
            sum(later.value_mm - earlier.value_mm)
            FILTER (WHERE earlier.part = 'new non-target' AND earlier.stands) > 0,
            FALSE
        ) OR coalesce(
            bool_or(
                earlier.part = 'new non-target'
                AND earlier.stands
                AND later.is_progressed
                AND NOT earlier.stands_progressed
            ),
            FALSE
        ) AS new_grown,
        coalesce(
            bool_and(later.value_mm IS NOT NULL AND earlier.value_mm IS NOT NULL)
            FILTER (WHERE earlier.part = 'new target' AND earlier.stands)
            AND sum(later.value_mm - earlier.value_mm)
            FILTER (WHERE earlier.part = 'new target' AND earlier.stands) <= -$shrinkage_mm,
            FALSE
        ) AS new_shrunk
    FROM immune_lesion AS earlier
    INNER JOIN immune_lesion AS later
        ON
            earlier.person_id = later.person_id
            AND earlier.lesion = later.lesion
            AND earlier.assessment_no < later.assessment_no
    GROUP BY earlier.person_id, earlier.assessment_no, later.assessment_no
)

SELECT
    earlier.person_id,
    earlier.source,
    earlier.number AS earlier_number,
    later.number AS later_number,
    CASE
        WHEN earlier.target_disease = 'PD' THEN coalesce(later.known_mm >= earlier.sum_mm + $growth_mm, FALSE)
        ELSE coalesce(later.target_disease = 'PD', FALSE)
    END
    OR CASE
        WHEN earlier.non_target = 'PD' THEN coalesce(lesions.non_target_grown, FALSE)
        ELSE coalesce(later.non_target = 'PD', FALSE)
    END
    OR CASE
        WHEN earlier.new_lesions > 0 THEN coalesce(lesions.is_more OR lesions.new_grown, FALSE)
        ELSE later.has_new AND NOT earlier.has_new
    END AS has_grown,
    coalesce(
        list_position(['CR', 'PR', 'SD', 'PD'], later.target_disease)
        < list_position(['CR', 'PR', 'SD', 'PD'], earlier.target_disease),
        FALSE
    )
    OR coalesce(later.sum_mm <= earlier.sum_mm - $shrinkage_mm, FALSE)
    OR coalesce(
        list_position(['CR', 'NON-CR/NON-PD', 'PD'], later.non_target)
        < list_position(['CR', 'NON-CR/NON-PD', 'PD'], earlier.non_target),
        FALSE
    )
    OR coalesce(lesions.new_shrunk, FALSE) AS has_shrunk
FROM immune_component AS earlier
INNER JOIN immune_component AS later
    ON
        earlier.person_id = later.person_id
        AND earlier.source = later.source
        AND earlier.number < later.number
LEFT JOIN lesion_pair AS lesions
    ON
        earlier.person_id = lesions.person_id
        AND earlier.assessment_no = lesions.earlier_no
        AND later.assessment_no = lesions.later_no
WHERE earlier.progresses
