"""Why a bulletin's numbers differ from those of the one before: by what changed of patients, in its readers' words.

Reasons, of a patient whose results differ: new_patient and patient_left (of the cohort); late_death (by the earlier
data cut, and not known then); else those of the causes in `cut_changes`, of which a patient can have several.
"""

from __future__ import annotations

import duckdb

from onco_registry.cut_changes import Recompute, changed_patients, explained
from onco_registry.status import Rows

# What of a patient's rows the headline numbers rest on.
_FRAMES = {"best_response": "subject_id, response", "endpoint": "subject_id, endpoint, start_date, time_days, event"}
_TOPICS = {"best_response": "'response'", "endpoint": "endpoint"}


def reasons(con: duckdb.DuckDBPyConnection, earlier: Recompute, later: Recompute) -> dict[str, Rows]:
    """By topic ('response', or an endpoint's name): rows of reason and patients, the most frequent first."""
    found: dict[str, Rows] = {}
    for row in explained(con, earlier, later, changed_patients(_FRAMES, _TOPICS), _BY_REASON):
        found.setdefault(row.pop("topic"), []).append(row)
    return found


_BY_REASON = """
, member AS (
    SELECT
        subject_id,
        bool_or(data_cut = $cut_1 AND as_of_run = $run_1 AND hash = $hash_1) AS before,
        bool_or(data_cut = $cut_2 AND as_of_run = $run_2 AND hash = $hash_2) AS after
    FROM results.cohort
    WHERE registry = $registry AND cohort_definition_id = (
        SELECT arg_min(cohort_definition_id, rowid) FROM results.cohort_definition WHERE registry = $registry
    )
    GROUP BY subject_id
),
late_death AS (
    SELECT person_id FROM version WHERE cdm_table = 'death' GROUP BY person_id
    HAVING bool_or(known_2 AND day <= $cut_1) AND NOT bool_or(known_1)
),
told AS (
    SELECT DISTINCT
        c.topic, c.subject_id,
        CASE
            WHEN NOT m.before THEN 'new_patient'
            WHEN NOT m.after THEN 'patient_left'
            WHEN d.person_id IS NOT NULL THEN 'late_death'
            ELSE CASE f.cause
                WHEN 'late' THEN 'late_data'
                WHEN 'new' THEN 'new_follow_up'
                WHEN 'correction' THEN 'corrected_source'
                WHEN 'deletion' THEN 'deleted_source'
                WHEN 'cut' THEN 'moved_cut'
                ELSE 'changed_' || f.cause
            END
        END AS reason
    FROM changed AS c
    JOIN member AS m USING (subject_id)
    LEFT JOIN late_death AS d ON d.person_id = c.subject_id
    LEFT JOIN found AS f ON f.person_id = c.subject_id
)
SELECT topic, reason, count(*) AS patients FROM told WHERE reason IS NOT NULL
GROUP BY ALL ORDER BY topic, patients DESC, reason
"""
