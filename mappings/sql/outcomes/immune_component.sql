-- Every assessment after index whose source tells by how much disease changed (sums, lesions), numbered by person and
-- source, with what iRECIST asks of it (Seymour 2017, Lancet Oncol 18:e143, table 2): `progresses`, whether it shows
-- progression by RECIST 1.1 beyond what is left of an earlier one; `settled`, the response when new lesions that stay
-- and non-target progression that stays unchanged are no progression (they still preclude complete response).
WITH assessed AS (
    SELECT
        found.person_id,
        found.index_date,
        found.source,
        found.first_day,
        found.last_day,
        found.response,
        found.has_target,
        found.target_disease,
        found.has_new,
        found.cdm_table,
        found.cdm_row_id,
        measured.sum_mm,
        measured.known_mm,
        whole.assessment_no,
        rest.new_sum_mm,
        row_number() OVER by_day AS number,
        -- Non-target disease that is back after complete response is progression too.
        CASE
            WHEN
                found.response = 'PD'
                AND coalesce(found.target_disease != 'PD', TRUE)
                AND NOT found.has_new
                THEN 'PD'
            ELSE found.non_target
        END AS non_target,
        coalesce(rest.new_lesions, 0) AS new_lesions,
        coalesce(rest.has_appeared OR rest.new_progressed OR rest.new_sum_progressed, FALSE) AS new_progressed,
        coalesce(rest.non_target_progressed, FALSE) AS lesion_progressed
    FROM derived_response AS found
    LEFT JOIN target_sum AS measured
        ON
            found.person_id = measured.person_id
            AND found.source = measured.source
            AND found.last_day = measured.assessment_date
    LEFT JOIN lesion_assessment AS whole
        ON
            found.person_id = whole.person_id
            AND found.source = 'lesions'
            AND found.last_day = whole.last_day
            AND whole.is_after
    LEFT JOIN immune_new_sum AS rest
        ON whole.person_id = rest.person_id AND whole.assessment_no = rest.assessment_no
    WINDOW by_day AS (PARTITION BY found.person_id, found.source ORDER BY found.last_day)
),

compared AS (
    SELECT
        *,
        last_value(CASE WHEN non_target != 'NE' THEN non_target END IGNORE NULLS) OVER earlier AS earlier_non_target,
        coalesce(lag(has_new) OVER in_order, FALSE) AS had_new
    FROM assessed
    WINDOW
        in_order AS (PARTITION BY person_id, source ORDER BY number),
        earlier AS (
            PARTITION BY person_id, source ORDER BY number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        )
)

SELECT
    * EXCLUDE (lesion_progressed, new_progressed, earlier_non_target, had_new),
    response = 'PD' AND (
        coalesce(target_disease = 'PD', FALSE)
        OR (
            coalesce(non_target = 'PD', FALSE)
            AND (lesion_progressed OR coalesce(earlier_non_target != 'PD', TRUE))
        )
        OR new_progressed
        -- Recorded as such, without the lesions themselves.
        OR (has_new AND NOT had_new AND new_lesions = 0)
    ) AS progresses,
    CASE
        WHEN response = 'NE' THEN 'NE'
        WHEN NOT has_target AND coalesce(non_target, 'NE') = 'NE' THEN 'NE'
        WHEN NOT has_target AND non_target = 'CR' AND NOT has_new THEN 'iCR'
        WHEN NOT has_target THEN 'NON-iCR/NON-iUPD'
        WHEN target_disease = 'CR' AND coalesce(non_target, 'CR') = 'CR' AND NOT has_new THEN 'iCR'
        WHEN target_disease IN ('CR', 'PR') THEN 'iPR'
        WHEN target_disease = 'SD' THEN 'iSD'
        ELSE 'NE'
    END AS settled
FROM compared
