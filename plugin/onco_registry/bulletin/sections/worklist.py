"""For the tumour board, in the internal edition alone: who is on treatment, overdue for a scan, or not adjudicated.

Patients are named by `person_id`, a number that says nothing outside the hospital: the site's `trace` finds the record.
"""

from onco_registry.bulletin.frames import Record

FRAMES = ("on_treatment", "overdue_scan", "not_adjudicated")


def worklist(frames: dict[str, list[Record]]) -> Record:
    """The rows of each frame, with `person_id`; the components of treatment are a list of labels."""
    return {name: [_row(row) for row in frames[name]] for name in FRAMES}


def _row(row: Record) -> Record:
    named = {"person_id" if key == "subject_id" else key: value for key, value in row.items()}
    return named | ({"components": row["components"].split(", ")} if "components" in row else {})
