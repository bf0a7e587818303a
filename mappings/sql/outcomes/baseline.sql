-- The baseline table: per variable its median, quartiles and range (`summary`), its levels (`count`; `multiple` where a
-- patient may be in several), and who has no value ($missing_level; no row where none is and the variable is always
-- known). A number below the lowest bin is no value. Quartiles interpolate between values, as R's default does.
WITH patients AS (SELECT count(*)::INTEGER AS n FROM cohort_member),

bin AS (
    SELECT
        variable,
        level,
        lowest,
        lead(lowest) OVER (PARTITION BY variable ORDER BY lowest) AS below
    FROM baseline_level
    WHERE lowest IS NOT NULL
),

valued AS (
    SELECT
        patient.person_id,
        item.variable,
        coalesce(found.label, bin.level) AS level,
        CASE WHEN item.has_levels AND bin.level IS NULL THEN NULL ELSE found.number END AS number,
        coalesce(found.label, bin.level) IS NOT NULL OR (NOT item.has_levels AND found.number IS NOT NULL) AS is_known
    FROM cohort_member AS patient
    CROSS JOIN baseline_item AS item
    LEFT JOIN baseline_found AS found
        ON patient.person_id = found.person_id AND item.variable = found.variable
    LEFT JOIN bin
        ON item.variable = bin.variable AND found.number >= bin.lowest AND coalesce(found.number < bin.below, TRUE)
),

summary AS (
    SELECT
        item.variable,
        item.variable_position,
        0 AS part,
        'summary' AS kind,
        item.unit,
        count(valued.number) AS x,
        quantile_cont(valued.number, 0.5) AS median,
        quantile_cont(valued.number, 0.25) AS lower_quartile,
        quantile_cont(valued.number, 0.75) AS upper_quartile,
        min(valued.number) AS minimum,
        max(valued.number) AS maximum
    FROM baseline_item AS item
    LEFT JOIN valued ON item.variable = valued.variable
    WHERE item.is_numeric
    GROUP BY item.variable, item.variable_position, item.unit
),

counted AS (
    SELECT
        variable,
        level,
        count(*) AS x
    FROM valued
    WHERE level IS NOT NULL
    GROUP BY variable, level
),

-- Declared levels in their order, then others by name.
levels AS (
    SELECT
        item.variable,
        item.variable_position,
        1 AS part,
        declared.level_position,
        coalesce(declared.level, counted.level) AS level,
        CASE WHEN item.is_multiple THEN 'multiple' ELSE 'count' END AS kind,
        coalesce(counted.x, 0) AS x
    FROM baseline_level AS declared
    FULL JOIN counted ON declared.variable = counted.variable AND declared.level = counted.level
    INNER JOIN baseline_item AS item ON coalesce(declared.variable, counted.variable) = item.variable
    WHERE counted.x > 0 OR declared.shows_empty
),

unknown AS (
    SELECT
        item.variable,
        item.variable_position,
        2 AS part,
        $missing_level AS level,
        CASE WHEN item.is_multiple THEN 'multiple' ELSE 'count' END AS kind,
        count(*) FILTER (WHERE NOT valued.is_known) AS x
    FROM baseline_item AS item
    LEFT JOIN valued ON item.variable = valued.variable
    GROUP BY item.variable, item.variable_position, item.is_multiple, item.is_recorded
    HAVING item.is_recorded OR x > 0
)

SELECT
    found.variable,
    found.level,
    found.kind,
    found.x::INTEGER AS x,
    patients.n,
    found.median,
    found.lower_quartile,
    found.upper_quartile,
    found.minimum,
    found.maximum,
    found.unit
FROM (
    SELECT * FROM summary
    UNION ALL BY NAME
    SELECT * FROM levels
    UNION ALL BY NAME
    SELECT * FROM unknown
) AS found
CROSS JOIN patients
ORDER BY found.variable_position, found.part, found.level_position NULLS LAST, found.level
