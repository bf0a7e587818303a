-- Natural keys with the number of another one or a second number, and numbers that are no CDM integer.
SELECT
    count(*) AS examined,
    2 * count(*) - count(DISTINCT k.id) - count(DISTINCT hash(k.row_key))
    + count(*) FILTER (WHERE k.id NOT BETWEEN 1 AND 2147483647) AS violations
FROM keys.$cdm_table AS k
