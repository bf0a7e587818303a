-- Starts of treatment by arm, dated by the first drug: the combination where its components started within its window
-- of each other, the first still taken; a component alone where, until the landmark, no other component was started nor
-- still covered when it was. All of that is known at the landmark, and nothing later is asked. `start_date`: the day
-- from which all drugs of the arm were taken, with its record.
WITH begun AS (
    SELECT
        candidate.person_id,
        $combination AS arm,
        candidate.first_start,
        era.first_row_id,
        candidate.start_date,
        candidate.index_row_id AS start_row_id
    FROM candidate
    INNER JOIN exposure_era AS era
        ON candidate.person_id = era.person_id AND candidate.first_start = era.era_start
    WHERE candidate.starts_close AND candidate.concurrent
    QUALIFY
        row_number() OVER (
            PARTITION BY candidate.person_id, candidate.first_start ORDER BY candidate.start_date, era.position
        ) = 1
    UNION ALL
    SELECT
        era.person_id,
        era.component AS arm,
        era.era_start AS first_start,
        era.first_row_id,
        era.era_start AS start_date,
        era.first_row_id AS start_row_id
    FROM exposure_era AS era
    SEMI JOIN entrant ON era.person_id = entrant.person_id
    ANTI JOIN exposure_era AS other
        ON
            era.person_id = other.person_id
            AND era.component != other.component
            AND era.era_start + $landmark_days >= other.era_start
            AND era.era_start <= other.covered_until
)

SELECT
    begun.person_id,
    begun.arm,
    begun.first_start,
    begun.start_date,
    begun.first_start AS index_date,
    begun.first_row_id AS index_row_id,
    begun.start_row_id,
    'drug_exposure' AS index_table,
    TRUE AS starts_close,
    TRUE AS concurrent,
    cast(NULL AS INTEGER) AS failed_step,
    row_number() OVER (ORDER BY begun.person_id, begun.first_start, arm.position) AS candidate_id,
    begun.first_start + $landmark_days AS landmark_date
FROM begun
INNER JOIN arm ON begun.arm = arm.arm
