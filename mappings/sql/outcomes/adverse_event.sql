-- Treatment-emergent adverse events, one row per patient and term: the record of the worst grade, the earliest first.
SELECT
    person_id AS subject_id,
    term_concept_id,
    term,
    ae_class,
    grade AS worst_grade,
    emergence,
    cdm_table,
    cdm_row_id,
    coalesce(bool_or(related) OVER one_term, FALSE) AS related,
    coalesce(bool_or(serious) OVER one_term, FALSE) AS serious,
    max(grade) FILTER (WHERE related) OVER one_term AS worst_related_grade,
    min(onset_date) OVER one_term AS onset_date,
    arg_max(outcome, (onset_date, outcome)) OVER one_term AS outcome
FROM adverse_event_record
WHERE emergent
WINDOW one_term AS (PARTITION BY person_id, term)
QUALIFY
    row_number() OVER (
        PARTITION BY person_id, term
        ORDER BY grade DESC NULLS LAST, onset_date ASC, cdm_table ASC, term_concept_id ASC, cdm_row_id ASC
    ) = 1
ORDER BY person_id, term
