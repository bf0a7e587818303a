-- The patient records that are opted out: those named, whoever carries an identifier that is named, and every record
-- that is merged with one of them.
WITH named AS (
    SELECT r.patient FROM refusing AS r
    UNION
    SELECT i.resource
    FROM state.identifier AS i SEMI JOIN refusing AS r ON i.alias_key = r.patient
    WHERE contains(i.resource, '/Patient/')
),

opted_person AS (
    SELECT DISTINCT coalesce(s.stands_for, n.patient) AS patient
    FROM named AS n LEFT JOIN survivor AS s ON n.patient = s.alias_key
)

SELECT p.patient FROM opted_person AS p
UNION
SELECT s.alias_key FROM survivor AS s SEMI JOIN opted_person AS p ON s.stands_for = p.patient
