-- The estimates of each registry's newest recompute: one row per measure, stratum and interval method.
WITH newest AS (
    SELECT
        registry,
        max(run) AS run
    FROM registry.recompute
    GROUP BY registry
)

SELECT
    r.run,
    e.registry,
    e.data_cut,
    e.as_of_run,
    e.hash,
    e.cohort,
    e.stratum,
    e.measure,
    e.estimate,
    e.lower,
    e.upper,
    e.ci_level,
    e.ci_method,
    e.x,
    e.n,
    e.events,
    e.unit
FROM results.estimate AS e
INNER JOIN registry.recompute AS r
    ON
        e.registry = r.registry
        AND e.data_cut = r.data_cut
        AND e.as_of_run = r.as_of_run
        AND e.hash = r.hash
INNER JOIN newest AS n ON r.registry = n.registry AND r.run = n.run
