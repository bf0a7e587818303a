-- ObservationStatus is a required value set. What has no value for a stated reason gives no row, even
-- if a value stands beside the reason: one of the two is wrong.
WITH judged AS (
    SELECT
        o.resource,
        coalesce(
            CASE WHEN o.status = 'entered-in-error' THEN 'entered-in-error' END,
            unsafe(o.implicitRules, list_concat(o.modifierExtension, modifiers_within(o.component)), o.meta),
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
                    present_components(o.component) = 0
                    AND o.dataAbsentReason IS NULL
                    AND has_samples(o)
                    AND NOT is_valued(
                        o.valueQuantity, o.valueCodeableConcept, o.valueString, o.valueBoolean, o.valueInteger,
                        o.valueRange, o.valueRatio, o.valueTime, o.valueDateTime, o.valuePeriod
                    ) THEN 'sampled-data'
            END,
            CASE
                WHEN
                    present_components(o.component) = 0
                    AND (
                        o.dataAbsentReason IS NOT NULL
                        OR (
                            len(o.component) > 0
                            AND NOT is_valued(
                                o.valueQuantity, o.valueCodeableConcept, o.valueString, o.valueBoolean, o.valueInteger,
                                o.valueRange, o.valueRatio, o.valueTime, o.valueDateTime, o.valuePeriod
                            )
                        )
                    ) THEN 'data-absent'
            END,
            wrong_subject(o.source, o.subject),
            wrong_dates(
                coalesce(o.effectiveDateTime, o.effectiveInstant, o.effectivePeriod.start, o.issued),
                o.effectivePeriod."end"
            ),
            wrong_value(o),
            list_filter(list_transform(o.component, LAMBDA c: wrong_value(c)), LAMBDA r: r IS NOT NULL)[1],
            CASE
                WHEN
                    codeable_has_nul(o.code) OR codeable_has_nul(o.valueCodeableConcept)
                    OR quantity_has_nul(o.valueQuantity)
                    OR list_bool_or(list_transform(
                        o.component, LAMBDA c: codeable_has_nul(c.code)
                        OR codeable_has_nul(c.valueCodeableConcept) OR quantity_has_nul(c.valueQuantity)
                    ))
                    THEN 'nul-character'
            END
        ) AS reason
    FROM touched.observation AS o
)

SELECT
    j.resource,
    j.reason
FROM judged AS j
WHERE j.reason IS NOT NULL
