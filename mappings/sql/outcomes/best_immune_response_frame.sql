-- One row per patient and source: iBOR, the dates of progression, and what became of the last unconfirmed progression.
-- Who died before the time of confirmation was over is `death`; else what came after it, in this order: new systemic
-- therapy, all of the combination stopped, death later, nothing known.
SELECT
    best.person_id AS subject_id,
    best.source,
    best.chosen,
    best.immune_response AS response,
    best.response_date,
    progression.unconfirmed_date,
    progression.confirmed_date,
    progression.progression_date,
    progression.closed_runs,
    CASE
        WHEN progression.unconfirmed_date IS NULL THEN NULL
        WHEN progression.confirmed_date IS NOT NULL THEN 'confirmed'
        WHEN progression.progression_date IS NULL THEN 'closed by response'
        WHEN progression.not_confirmed IS NOT NULL THEN progression.not_confirmed
        WHEN progression.later_evaluable > 0 THEN 'no further growth'
        WHEN progression.later_assessments > 0 THEN 'not evaluable'
        WHEN death.death_date - progression.last_date <= $confirm_until_days THEN 'death'
        WHEN new_therapy.new_therapy_date > progression.last_date THEN 'new therapy'
        WHEN stopped.person_id IS NOT NULL THEN 'treatment stopped'
        WHEN death.death_date IS NOT NULL THEN 'death'
        ELSE 'no later assessment'
    END AS confirmation
FROM best_immune_response AS best
INNER JOIN immune_progression AS progression
    ON best.person_id = progression.person_id AND best.source = progression.source
LEFT JOIN cohort_death AS death ON best.person_id = death.person_id
LEFT JOIN new_therapy ON best.person_id = new_therapy.person_id
LEFT JOIN treatment_stopped AS stopped ON best.person_id = stopped.person_id
ORDER BY best.person_id, best.source
