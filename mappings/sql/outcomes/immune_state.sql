-- iRECIST, assessment by assessment up to confirmed progression (Seymour 2017, Lancet Oncol 18:e143). Progression by
-- RECIST 1.1 is unconfirmed (iUPD) and opens a run, known by the number of its first assessment. In a run: growth from
-- there confirms it (iCPD) if seen at least $confirm_from_days after its first iUPD and at most $confirm_until_days
-- after its last one, later only if $late_growth_confirms; no change is iUPD again; what cannot be evaluated leaves it
-- open; shrinkage to iCR, iPR or iSD closes it, and progression has to occur anew.
WITH RECURSIVE followed AS (
    SELECT
        person_id,
        source,
        number,
        CASE WHEN progresses THEN 'iUPD' ELSE settled END AS immune_response,
        CASE WHEN progresses THEN number END AS run_number,
        CASE WHEN progresses THEN first_day END AS run_day,
        CASE WHEN progresses THEN first_day END AS unconfirmed_day,
        cast(NULL AS VARCHAR) AS not_confirmed
    FROM immune_component
    WHERE number = 1
    UNION ALL
    SELECT
        person_id,
        source,
        number,
        CASE
            WHEN open_run IS NULL AND progresses THEN 'iUPD'
            WHEN open_run IS NULL THEN settled
            WHEN has_grown AND objection IS NULL THEN 'iCPD'
            WHEN has_grown OR coalesce(target_disease = 'PD', FALSE) THEN 'iUPD'
            WHEN settled = 'NE' AND response != 'PD' THEN 'NE'
            WHEN settled = 'NE' OR (response = 'PD' AND NOT has_shrunk) THEN 'iUPD'
            ELSE settled
        END AS verdict,
        CASE
            WHEN verdict = 'iUPD' THEN coalesce(open_run, number)
            WHEN verdict IN ('NE', 'iCPD') THEN open_run
        END AS run_number,
        CASE
            WHEN verdict = 'iUPD' THEN coalesce(open_day, first_day)
            WHEN verdict IN ('NE', 'iCPD') THEN open_day
        END AS run_day,
        CASE
            WHEN verdict = 'iUPD' THEN first_day
            WHEN verdict IN ('NE', 'iCPD') THEN last_unconfirmed
        END AS unconfirmed_day,
        CASE WHEN has_grown THEN objection END AS not_confirmed
    FROM (
        SELECT
            now.*,
            former.run_number AS open_run,
            former.run_day AS open_day,
            former.unconfirmed_day AS last_unconfirmed,
            coalesce(pair.has_grown, FALSE) AS has_grown,
            coalesce(pair.has_shrunk, FALSE) AS has_shrunk,
            CASE
                WHEN now.first_day - former.run_day < $confirm_from_days THEN 'grown too early'
                WHEN now.first_day - former.unconfirmed_day > $confirm_until_days AND NOT $late_growth_confirms
                    THEN 'grown too late'
            END AS objection
        FROM followed AS former
        INNER JOIN immune_component AS now
            ON
                former.person_id = now.person_id
                AND former.source = now.source
                AND former.number + 1 = now.number
        LEFT JOIN immune_pair AS pair
            ON
                former.person_id = pair.person_id
                AND former.source = pair.source
                AND former.run_number = pair.earlier_number
                AND now.number = pair.later_number
        WHERE former.immune_response != 'iCPD'
    ) AS next_one
)

SELECT * FROM followed
