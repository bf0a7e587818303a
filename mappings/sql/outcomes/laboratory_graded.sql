-- Each result graded under each term that its measurement has rules for (CTCAE v5.0): the highest grade whose rule it
-- meets, 0 if it meets none. A baseline is graded as one that was normal. A grade stands only where no rule of a higher
-- one lacks its reference, and where it is the same whatever a baseline that is not known was (a result within its
-- limits has grade 0); otherwise it is not evaluable, with the reason.
WITH term AS (
    SELECT
        concept_set,
        term,
        bool_or(baseline IN ('normal', 'abnormal')) AS asks_baseline,
        bool_and(comparator = '=') AS is_answered
    FROM laboratory_rule
    GROUP BY concept_set, term
),

compared AS (
    SELECT
        result.measurement_id,
        declared.term,
        declared.grade,
        declared.reference,
        declared.baseline = 'abnormal' AS is_relative,
        declared.factor * CASE declared.reference
            WHEN 'uln' THEN result.uln
            WHEN 'lln' THEN result.lln
            WHEN 'baseline' THEN result.baseline
            ELSE 1
        END AS threshold,
        CASE declared.comparator
            WHEN '>' THEN result.amount > threshold
            WHEN '>=' THEN result.amount >= threshold
            WHEN '<' THEN result.amount < threshold
            WHEN '<=' THEN result.amount <= threshold
            ELSE answer.group_label = declared.answer
        END AS is_met
    FROM laboratory_result AS result
    INNER JOIN laboratory_rule AS declared
        ON
            result.concept_set = declared.concept_set
            AND coalesce(result.unit_concept_id = declared.unit_concept_id, TRUE)
            AND CASE declared.baseline
                WHEN 'normal' THEN result.is_baseline OR NOT coalesce(result.baseline_high, FALSE)
                WHEN 'abnormal' THEN NOT result.is_baseline AND result.baseline_high
                WHEN 'known' THEN NOT result.is_baseline AND result.has_baseline
                ELSE TRUE
            END
    LEFT JOIN concept_member AS answer
        ON declared.answer_set = answer.concept_set AND result.value_as_concept_id = answer.concept_id
),

judged AS (
    SELECT
        measurement_id,
        term,
        coalesce(max(grade) FILTER (WHERE is_met), 0) AS grade,
        max(grade) FILTER (WHERE is_met IS NULL) AS open_grade,
        arg_max(reference, grade) FILTER (WHERE is_met IS NULL) AS open_reference,
        bool_or(is_relative) AS is_relative
    FROM compared
    GROUP BY measurement_id, term
)

SELECT
    result.person_id,
    result.concept_set,
    term.term,
    result.measurement_id,
    result.result_date,
    result.amount,
    result.is_baseline,
    coalesce(judged.is_relative, FALSE) AS is_relative,
    CASE
        WHEN term.is_answered AND judged.open_grade IS NOT NULL THEN 'answer not known'
        WHEN term.is_answered THEN NULL
        WHEN result.is_bound THEN 'only a bound'
        WHEN result.amount IS NULL THEN 'no number'
        WHEN judged.measurement_id IS NULL THEN 'unit'
        WHEN term.asks_baseline AND NOT result.is_baseline AND result.baseline_high IS NULL AND judged.grade > 0
            THEN CASE WHEN result.has_baseline THEN 'no reference range of the baseline' ELSE 'no baseline' END
        WHEN judged.open_grade > judged.grade AND judged.open_reference = 'baseline' THEN 'unit of the baseline'
        WHEN judged.open_grade > judged.grade THEN 'no reference range'
    END AS reason,
    CASE WHEN reason IS NULL THEN judged.grade END AS grade
FROM laboratory_result AS result
INNER JOIN term ON result.concept_set = term.concept_set
LEFT JOIN judged ON result.measurement_id = judged.measurement_id AND term.term = judged.term
