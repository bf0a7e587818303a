-- The estimates of each registry's newest recompute: one row per measure, stratum and interval method.
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
QUALIFY rank() OVER (PARTITION BY r.registry ORDER BY r.run DESC) = 1
