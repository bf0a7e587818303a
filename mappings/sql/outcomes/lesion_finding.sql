-- What was found of each lesion on each day, and in which assessment: findings of at most $assessment_days from one to
-- the next are one assessment; what was found by index and after it are two. The lesion is a pseudonym that the row of
-- $lesion carries; the other rows of its Observation point to that row. Of one day the last counts, of one time what
-- makes response harder: at baseline the smallest diameter, after it the largest, and the state that is worse.
-- A node is a lesion whose short axis was measured (Eisenhauer 2009, Eur J Cancer 45:228, 4.2).
WITH named AS (
    SELECT
        patient.person_id,
        patient.index_date,
        which.value_source_value AS lesion,
        which.finding_date AS found_on,
        which.cdm_row_id AS lesion_row_id
    FROM cohort_member AS patient
    INNER JOIN finding AS which ON patient.person_id = which.person_id
    INNER JOIN concept_member AS concept ON which.concept_id = concept.concept_id
    WHERE
        concept.concept_set = $lesion
        AND which.cdm_table = 'measurement'
        AND which.value_source_value IS NOT NULL
),

said AS (
    SELECT
        named.*,
        finding.finding_datetime,
        question.concept_set AS question,
        answer.group_label AS answer,
        try_cast(
            try_cast(finding.value_as_number AS DECIMAL(28, 4)) * unit.millimetres AS DECIMAL(28, 3)
        ) AS measured_mm,
        -- Below 5 mm is too small to measure, which is 5 mm (Eisenhauer 2009, 4.3.2), and a node below 10 mm is none;
        -- other bounds are no measures.
        CASE
            WHEN question.concept_set = $short_axis AND finding.upper_bound * unit.millimetres <= 10
                THEN least(finding.upper_bound * unit.millimetres, 9.999)
            WHEN finding.upper_bound * unit.millimetres <= 5 THEN 5
            ELSE measured_mm
        END::DECIMAL(28, 3) AS length_mm,
        length_mm IS NULL AND coalesce(finding.lower_bound, finding.upper_bound) * unit.millimetres >= 0 AS is_bounded,
        finding.lower_bound * unit.millimetres
        >= CASE question.concept_set WHEN $short_axis THEN 10 ELSE 0 END AS is_above,
        CASE
            WHEN named.found_on <= named.index_date THEN -length_mm
            ELSE length_mm
        END AS harder
    FROM named
    LEFT JOIN finding
        ON
            named.person_id = finding.person_id
            AND named.found_on = finding.finding_date
            AND named.lesion_row_id = finding.event_id
            AND finding.event_field_concept_id = $lesion_field
    LEFT JOIN concept_member AS question
        ON
            finding.concept_id = question.concept_id
            AND question.concept_set IN ($longest_diameter, $short_axis, $lesion_role, $lesion_state)
    LEFT JOIN concept_member AS answer
        ON
            finding.value_as_concept_id = answer.concept_id
            AND (
                (question.concept_set = $lesion_role AND answer.concept_set = $lesion_roles)
                OR (question.concept_set = $lesion_state AND answer.concept_set = $lesion_states)
            )
    LEFT JOIN length_unit AS unit
        ON
            finding.unit_concept_id = unit.unit_concept_id
            AND question.concept_set IN ($longest_diameter, $short_axis)
            AND coalesce(finding.value_as_number, finding.upper_bound, finding.lower_bound) >= 0
),

lesion_kind AS (
    SELECT
        person_id,
        lesion,
        coalesce(bool_or(question = $short_axis), FALSE) AS nodal
    FROM said
    GROUP BY person_id, lesion
),

of_day AS (
    SELECT
        said.person_id,
        said.index_date,
        said.lesion,
        said.found_on,
        lesion_kind.nodal,
        min(said.lesion_row_id) AS lesion_row_id,
        first(said.answer ORDER BY said.finding_datetime DESC NULLS LAST, said.answer ASC)
        FILTER (WHERE said.question = $lesion_role AND said.answer IS NOT NULL) AS part,
        -- Of which no more is known than a bound, that is there.
        coalesce(
            first(
                said.answer
                ORDER BY
                    said.finding_datetime DESC NULLS LAST,
                    list_position(
                        ['progressed', 'present', 'equivocal', 'too small', 'absent', 'not evaluable'], said.answer
                    ) ASC
            ) FILTER (WHERE said.question = $lesion_state AND said.answer IS NOT NULL),
            CASE WHEN bool_or(said.is_bounded) THEN 'present' END
        ) AS state,
        coalesce(
            bool_or(said.is_above) FILTER (
                WHERE said.question = CASE WHEN lesion_kind.nodal THEN $short_axis ELSE $longest_diameter END
            ), FALSE
        ) AS is_above,
        first(said.length_mm ORDER BY said.finding_datetime DESC NULLS LAST, said.harder DESC NULLS LAST)
        FILTER (
            WHERE
            said.question = CASE WHEN lesion_kind.nodal THEN $short_axis ELSE $longest_diameter END
            AND said.length_mm IS NOT NULL
        ) AS diameter_mm
    FROM said
    INNER JOIN lesion_kind ON said.person_id = lesion_kind.person_id AND said.lesion = lesion_kind.lesion
    GROUP BY said.person_id, said.index_date, said.lesion, said.found_on, lesion_kind.nodal
),

marked AS (
    SELECT
        *,
        found_on > index_date AS is_after,
        coalesce(
            found_on - lag(found_on) OVER (
                PARTITION BY person_id, found_on > index_date ORDER BY found_on, lesion
            ) > $assessment_days,
            TRUE
        ) AS begins
    FROM of_day
),

numbered AS (
    SELECT
        *,
        count_if(begins) OVER (
            PARTITION BY person_id
            ORDER BY is_after, found_on, lesion
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS assessment_no
    FROM marked
)

SELECT
    person_id,
    index_date,
    lesion,
    nodal,
    found_on,
    is_after,
    assessment_no,
    lesion_row_id,
    part,
    state,
    is_above,
    -- Too small to measure is 5 mm, and what can be measured keeps its measure (Eisenhauer 2009, 4.3.2).
    CASE
        WHEN state = 'not evaluable' THEN NULL
        WHEN diameter_mm IS NOT NULL THEN diameter_mm
        WHEN state = 'absent' THEN 0
        WHEN state = 'too small' THEN 5
    END::DECIMAL(28, 3) AS value_mm
FROM numbered
