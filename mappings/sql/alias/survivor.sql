-- The last of each chain of replaced records, where every one of the chain has arrived. Records that replace each other
-- in a circle replace nothing.
WITH RECURSIVE link AS (
    SELECT
        l.alias_key,
        arg_min(l.target, (l.preference, l.target)) AS target
    FROM alias_link AS l
    SEMI JOIN staged.patient AS p ON l.target = p.resource
    SEMI JOIN staged.patient AS q ON l.alias_key = q.resource
    WHERE l.alias_key <> l.target
    GROUP BY l.alias_key
),

step AS (
    SELECT
        l.alias_key,
        l.target,
        [l.alias_key, l.target] AS passed
    FROM link AS l
    UNION ALL
    SELECT
        s.alias_key,
        l.target,
        list_append(s.passed, l.target) AS passed
    FROM step AS s INNER JOIN link AS l ON s.target = l.alias_key
    WHERE NOT list_contains(s.passed, l.target)
)

SELECT
    s.alias_key,
    s.target
FROM step AS s
ANTI JOIN link AS l ON s.target = l.alias_key
