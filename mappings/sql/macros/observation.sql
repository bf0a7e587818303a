-- Observation: components, values, comparators.

-- FHIR's rule: a component is absent when it says why (dataAbsentReason), and then has no value. A series of samples is
-- a value that the CDM has no place for.
CREATE OR REPLACE TEMP MACRO is_present(one_component) AS
one_component.dataAbsentReason IS NULL AND one_component.valueSampledData IS NULL;

CREATE OR REPLACE TEMP MACRO present_components(components) AS
coalesce(len(list_filter(components, LAMBDA one_component: is_present(one_component))), 0);

CREATE OR REPLACE TEMP MACRO is_valued(
    quantity, concept, string, truth, whole_number, value_range, ratio, time_of_day, date_time, period
) AS quantity IS NOT NULL OR concept IS NOT NULL OR string IS NOT NULL OR truth IS NOT NULL
OR whole_number IS NOT NULL OR value_range IS NOT NULL OR ratio IS NOT NULL OR time_of_day IS NOT NULL
OR date_time IS NOT NULL OR period IS NOT NULL;

CREATE OR REPLACE TEMP MACRO operator_of(comparator) AS CASE comparator
    WHEN '<' THEN operator_less()
    WHEN '<=' THEN operator_less_or_equal()
    WHEN '>' THEN operator_greater()
    WHEN '>=' THEN operator_greater_or_equal()
END;
