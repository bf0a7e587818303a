-- Adverse events and what they are to the treatment. Treatment-emergent (ICH E9, glossary): absent before treatment, or
-- worse than before it. `emergence`: new, worsened, unclear (there before, of a grade that is not known: worsening
-- cannot be excluded, so it counts), not worse, before treatment, after the window, after new therapy.
SELECT
    event.person_id,
    event.term_concept_id,
    event.onset_date,
    event.end_date,
    event.grade,
    event.related,
    event.serious,
    event.outcome,
    event.cdm_table,
    event.cdm_row_id,
    event.term,
    event.ae_class,
    CASE
        WHEN event.onset_date < treatment.first_dose_date THEN 'before treatment'
        WHEN event.onset_date >= treatment.new_therapy_date THEN 'after new therapy'
        WHEN
            event.onset_date > CASE
                WHEN event.is_extended THEN treatment.extended_window_end
                ELSE treatment.window_end
            END
            THEN 'after the window'
        WHEN earlier.person_id IS NULL THEN 'new'
        WHEN event.grade > earlier.grade THEN 'worsened'
        WHEN event.grade <= earlier.grade THEN 'not worse'
        ELSE 'unclear'
    END AS emergence,
    emergence IN ('new', 'worsened', 'unclear') AS emergent
FROM adverse_event_row AS event
INNER JOIN treatment_window AS treatment ON event.person_id = treatment.person_id
LEFT JOIN adverse_event_before AS earlier ON event.person_id = earlier.person_id AND event.term = earlier.term
