-- The last of each chain of replaced records, where every survivor has arrived. Records that replace each other in a
-- circle replace nothing.
WITH RECURSIVE carrier AS (
    SELECT
        i.alias_key,
        min(i.resource) AS carried_by
    FROM state.identifier AS i
    GROUP BY i.alias_key
    HAVING count(DISTINCT i.resource) = 1
),

-- A link may name the other record by its identifier.
named AS (
    SELECT
        coalesce(a.carried_by, l.alias_key) AS alias_key,
        coalesce(s.carried_by, l.stands_for) AS stands_for,
        l.preference
    FROM alias_link AS l
    LEFT JOIN carrier AS a ON l.alias_key = a.alias_key
    LEFT JOIN carrier AS s ON l.stands_for = s.alias_key
),

link AS (
    SELECT
        l.alias_key,
        arg_min(l.stands_for, (l.preference, l.stands_for)) AS stands_for
    FROM named AS l
    SEMI JOIN staged.patient AS p ON l.stands_for = p.resource
    WHERE l.alias_key <> l.stands_for
    GROUP BY l.alias_key
),

step AS (
    SELECT
        l.alias_key,
        l.stands_for,
        [l.alias_key, l.stands_for] AS passed
    FROM link AS l
    UNION ALL
    SELECT
        s.alias_key,
        l.stands_for,
        list_append(s.passed, l.stands_for) AS passed
    FROM step AS s INNER JOIN link AS l ON s.stands_for = l.alias_key
    WHERE NOT list_contains(s.passed, l.stands_for)
)

SELECT
    s.alias_key,
    s.stands_for
FROM step AS s
ANTI JOIN link AS l ON s.stands_for = l.alias_key
