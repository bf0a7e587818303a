"""Each patient's course in days from the index date, without a name or number: the rows of swimmer and spider."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Any

from onco_registry.bulletin.frames import Record
from onco_registry.bulletin.meta import BulletinMeta

ONGOING = "ongoing"
PROGRESSION = "progression"

_BySubject = dict[int, list[Record]]


def swimmer(frames: Mapping[str, list[Record]], meta: BulletinMeta) -> list[Record]:
    """One bar per patient, the longest first: treatment by component, assessed responses, progression, death.

    `frames`: cohort, best_response, endpoint, dose, assessment, each with `subject_id`. `days` runs to death or to
    when the patient was last known alive; a patient of whom neither is known has no bar.
    """
    starts, best = _index_dates(frames["cohort"]), _best(frames["best_response"])
    doses, seen = _by_subject(frames["dose"]), _by_subject(frames["assessment"])
    survival = {row["subject_id"]: row for row in frames["endpoint"] if row["endpoint"] == "os"}
    progressed = {
        row["subject_id"]: row["decided_on"]
        for row in frames["endpoint"]
        if row["endpoint"] == "pfs" and row["decided_by"] == PROGRESSION
    }
    bars = []
    for subject, start in starts.items():
        if subject not in survival:
            continue
        last = _days(start, survival[subject]["decided_on"])
        bars.append(
            {
                "response": best.get(subject),
                "days": last,
                "treatment": _treatment(doses[subject], start, last, meta),
                "responses": [
                    {"day": _days(start, row["assessment_date"]), "response": row["response"]}
                    for row in sorted(seen[subject], key=lambda row: row["assessment_date"])
                    if row["chosen"] and row["response"]
                ],
                "progression": _days(start, progressed[subject]) if subject in progressed else None,
                "death": last if survival[subject]["event"] else None,
            }
        )
    return _in_order(bars)


def spider(frames: Mapping[str, list[Record]]) -> list[Record]:
    """One line per patient with a change from baseline: days from index and the change as a fraction.

    `frames`: cohort, best_response, target_sum. The first point is the baseline, at or before the index date. A sum of
    which no change is known, for there is no baseline or it is 0, has no point.
    """
    starts, best = _index_dates(frames["cohort"]), _best(frames["best_response"])
    lines = []
    for subject, rows in _by_subject(frames["target_sum"]).items():
        days = [(_days(starts[subject], row["assessment_date"]), row["change_from_baseline"]) for row in rows]
        baseline = max((day for day, _ in days if day <= 0), default=None)
        points = [
            {"day": day, "change": 0.0 if day == baseline else change}
            for day, change in sorted(days, key=lambda point: point[0])
            if day == baseline or change is not None
        ]
        if len(points) > 1:
            lines.append({"response": best.get(subject), "points": points})
    return sorted(lines, key=lambda line: [(point["day"], point["change"]) for point in line["points"]])


def _treatment(rows: list[Record], start: date, last: int, meta: BulletinMeta) -> list[Record]:
    segments = [_segment(row, start, last, meta) for row in rows]
    return sorted(segments, key=lambda segment: (segment["from"], segment["component"]))


def _segment(row: Record, start: date, last: int, meta: BulletinMeta) -> Record:
    ongoing = row["status"] == ONGOING
    return {
        "component": row["component"],
        "label": meta.label(row["component"]),
        "from": _days(start, row["first_dose_date"]),
        # A supply may last beyond death, or beyond what is known of the patient.
        "to": last if ongoing else min(last, _days(start, row["last_dose_date"])),
        "ongoing": ongoing,
    }


def _in_order(bars: list[Record]) -> list[Record]:
    """The longest first; of equal length by what is drawn, so that no order of patients shows through."""
    return sorted(bars, key=lambda bar: (-bar["days"], str(sorted(bar.items(), key=lambda item: item[0]))))


def _index_dates(cohort: list[Record]) -> dict[int, date]:
    return {row["subject_id"]: date.fromisoformat(row["cohort_start_date"]) for row in cohort}


def _best(rows: list[Record]) -> dict[int, str]:
    return {row["subject_id"]: row["response"] for row in rows}


def _by_subject(rows: list[Record]) -> _BySubject:
    found: dict[int, list[Record]] = defaultdict(list)
    for row in rows:
        found[row["subject_id"]].append(row)
    return found


def _days(start: date, iso: Any) -> int:
    return (date.fromisoformat(iso) - start).days
