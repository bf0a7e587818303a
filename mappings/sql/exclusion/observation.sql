-- ObservationStatus is a required value set. What has no value for a stated reason gives no row, even
-- if a value stands beside the reason: one of the two is wrong.
WITH within AS (
    -- Components, gone through as rows: a lambda over structs as large as these costs many times as much.
    SELECT
        c.resource,
        bool_or(is_present(c.component)) AS present,
        bool_or(c.component.valueSampledData IS NOT NULL) AS sampled,
        flatten(list(list_concat(
            c.component.modifierExtension, modifiers_within(c.component.referenceRange)
        ))) AS modifiers,
        arg_min(
            wrong_value(
                c.component.valueDateTime, c.component.valuePeriod, c.component.valueInteger, c.component.valueTime,
                c.component.valueQuantity, c.component.valueRatio
            ),
            c.nth
        ) AS wrong
    FROM (
        SELECT
            p.resource,
            generate_subscripts(p.component, 1) AS nth,
            unnest(p.component) AS component
        FROM touched.observation AS p
    ) AS c
    GROUP BY c.resource
),

dated AS NOT MATERIALIZED (
    SELECT
        p.*,
        coalesce(p.effectiveDateTime, p.effectiveInstant, p.effectivePeriod.start, p.issued) AS start_text,
        -- Before the day of issue it is the start, so never reversed.
        CASE
            WHEN coalesce(p.effectiveDateTime, p.effectiveInstant, p.effectivePeriod.start) IS NOT NULL
                THEN p.effectivePeriod."end"
        END AS end_text
    FROM touched.observation AS p
),

judged AS (
    SELECT
        o.resource,
        coalesce(
            CASE WHEN o.status = 'entered-in-error' THEN 'entered-in-error' END,
            unsafe(
                o.implicitRules,
                list_concat(o.modifierExtension, list_concat(w.modifiers, modifiers_within(o.referenceRange))),
                o.meta
            ),
            CASE o.status
                WHEN 'registered' THEN 'preliminary'
                WHEN 'preliminary' THEN 'preliminary'
                WHEN 'cancelled' THEN 'not-done'
                WHEN 'unknown' THEN 'status-unknown'
                WHEN 'final' THEN NULL
                WHEN 'amended' THEN NULL
                WHEN 'corrected' THEN NULL
                ELSE 'invalid-status'
            END,
            CASE
                WHEN
                    NOT coalesce(w.present, FALSE)
                    AND o.dataAbsentReason IS NULL
                    AND (o.valueSampledData IS NOT NULL OR w.sampled)
                    AND NOT is_valued(
                        o.valueQuantity, o.valueCodeableConcept, o.valueString, o.valueBoolean, o.valueInteger,
                        o.valueRange, o.valueRatio, o.valueTime, o.valueDateTime, o.valuePeriod
                    ) THEN 'sampled-data'
            END,
            CASE
                WHEN
                    NOT coalesce(w.present, FALSE)
                    AND (
                        o.dataAbsentReason IS NOT NULL
                        OR (
                            w.resource IS NOT NULL
                            AND NOT is_valued(
                                o.valueQuantity, o.valueCodeableConcept, o.valueString, o.valueBoolean, o.valueInteger,
                                o.valueRange, o.valueRatio, o.valueTime, o.valueDateTime, o.valuePeriod
                            )
                        )
                    ) THEN 'data-absent'
            END,
            wrong_subject(o.source, o.subject),
            CASE WHEN is_wrong_date(o.effectivePeriod."end") THEN 'impossible-date' END,
            wrong_dates(o.start_text, o.end_text),
            wrong_value(
                o.valueDateTime, o.valuePeriod, o.valueInteger, o.valueTime, o.valueQuantity, o.valueRatio
            ),
            w.wrong
        ) AS reason
    FROM dated AS o LEFT JOIN within AS w ON o.resource = w.resource
)

SELECT
    j.resource,
    j.reason
FROM judged AS j
WHERE j.reason IS NOT NULL
