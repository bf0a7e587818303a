"""Histories of lesions and sums for tests of iRECIST, written as one line each."""

from __future__ import annotations

from outcomes.record import Record, rows

# Lesion of the history -> its part; the first letter says it: t target, n node that is target, o other (non-target),
# x new.
_PARTS = {"t": "target", "n": "target", "o": "non-target", "x": "new"}
_STATES = {"+": "progressed", "=": "present", "-": "absent", "?": "not evaluable", "~": "equivocal"}


def lesions(record: Record, person: int, history: str) -> None:
    """A patient followed by lesions, such as "t100 o=; 60 t120 o+; 90 t126 x14": the baseline, then day by day.

    A lesion is a name (a letter, perhaps with a digit after "_"), its diameter in mm (of a node, n, the short axis) and
    its state, or either: + progressed, = there, - gone, ? not evaluable, ~ equivocal.
    """
    record.member(person)
    baseline, *later = history.split("; ")
    _see(record, person, 0, baseline.split())
    for entry in later:
        day, *found = entry.split()
        _see(record, person, int(day), found)


def _see(record: Record, person: int, day: int, found: list[str]) -> None:
    for entry in found:
        name = entry[:3] if entry[1] == "_" else entry[0]
        value = entry[len(name) :]
        for mark, state in _STATES.items():
            if value.endswith(mark):
                value, said = value[:-1], state
                break
        else:
            said = None
        length = float(value) if value else None
        record.lesion(
            person,
            day,
            name,
            None if name[0] == "n" else length,
            axis=length if name[0] == "n" else None,
            role=_PARTS[name[0]],
            state=said,
        )


def sums(record: Record, person: int, history: str) -> None:
    """A patient followed by sums, such as "100; 60 120; 90 126 new; 120 90 non-target PD", where "." is no sum."""
    record.member(person)
    baseline, *later = history.split("; ")
    record.sum(person, 0, float(baseline))
    for entry in later:
        day, value, *more = entry.split()
        if value != ".":
            record.sum(person, int(day), float(value))
        if "new" in more:
            record.new_lesion(person, int(day), True)
        if "non-target" in more:
            record.non_target(person, int(day), more[more.index("non-target") + 1])


def responses(record: Record) -> dict[int, str]:
    """Person -> the iRECIST responses in order, separated by commas."""
    found = record.relation("immune_assessment").sort_values(["person_id", "number"])
    told: dict[int, list[str]] = {}
    for person, response in rows(found, "person_id", "immune_response"):
        told.setdefault(person, []).append(str(response))
    return {person: ", ".join(each) for person, each in told.items()}
