"""The tables of RECIST 1.1 (Eisenhauer 2009, Eur J Cancer 45:228-247) in full, each cell by lesions of a patient."""

from __future__ import annotations

from collections.abc import Iterator

from outcomes.record import Record, rows

# Target response -> longest diameter of the one target lesion at day 60, of 100 mm at baseline; NE: not measured.
SIZES = {"CR": 0, "PR": 70, "SD": 100, "PD": 120, "NE": None}
# Non-target response -> state of the one non-target lesion at day 60.
STATES = {"CR": "absent", "NON-CR/NON-PD": "present", "PD": "progressed", "NE": "not evaluable"}

# Table 1, target disease: target, non-target (None: there is none), response without new lesions, and with.
TABLE_1 = [
    ("CR", None, "CR", "PD"),
    ("CR", "CR", "CR", "PD"),
    ("CR", "NON-CR/NON-PD", "PR", "PD"),
    ("CR", "NE", "PR", "PD"),
    ("CR", "PD", "PD", "PD"),
    ("PR", None, "PR", "PD"),
    ("PR", "CR", "PR", "PD"),
    ("PR", "NON-CR/NON-PD", "PR", "PD"),
    ("PR", "NE", "PR", "PD"),
    ("PR", "PD", "PD", "PD"),
    ("SD", None, "SD", "PD"),
    ("SD", "CR", "SD", "PD"),
    ("SD", "NON-CR/NON-PD", "SD", "PD"),
    ("SD", "NE", "SD", "PD"),
    ("SD", "PD", "PD", "PD"),
    ("PD", None, "PD", "PD"),
    ("PD", "CR", "PD", "PD"),
    ("PD", "NON-CR/NON-PD", "PD", "PD"),
    ("PD", "NE", "PD", "PD"),
    ("PD", "PD", "PD", "PD"),
    ("NE", None, "NE", "PD"),
    ("NE", "CR", "NE", "PD"),
    ("NE", "NON-CR/NON-PD", "NE", "PD"),
    ("NE", "NE", "NE", "PD"),
    ("NE", "PD", "PD", "PD"),
]
# Table 2, non-target disease only: non-target, response without new lesions, and with. "Not all evaluated" (also called
# unable to evaluate, UE) is not evaluable.
TABLE_2 = [
    ("CR", "CR", "PD"),
    ("NON-CR/NON-PD", "NON-CR/NON-PD", "PD"),
    ("NE", "NE", "PD"),
    ("PD", "PD", "PD"),
]
# Table 3, confirmation needed: the responses at two time points 30 days apart, the best response where stable disease
# has lasted for its minimum (days 50 and 80), and where it has not (days 5 and 35). CR followed by PR is there "SD, PD
# or PR": taken at its word, the disease came back. PR followed by SD is "SD", which needs its minimum too (4.4).
TABLE_3 = [
    ("CR", "CR", "CR", "CR"),
    ("CR", "PR", "SD", "PD"),
    ("CR", "SD", "SD", "PD"),
    ("CR", "PD", "SD", "PD"),
    ("CR", "NE", "SD", "NE"),
    ("PR", "CR", "PR", "PR"),
    ("PR", "PR", "PR", "PR"),
    ("PR", "SD", "SD", "NE"),
    ("PR", "PD", "SD", "PD"),
    ("PR", "NE", "SD", "NE"),
    ("NE", "NE", "NE", "NE"),
]


def _assess(record: Record, person: int, target: str | None, non_target: str | None, new: bool) -> None:
    record.member(person)
    if target is not None:
        record.lesion(person, 0, "a", 100, role="target")
        record.lesion(person, 60, "a", SIZES[target], state="not evaluable" if target == "NE" else None)
    if non_target is not None:
        record.lesion(person, 0, "b", role="non-target", state="present")
        record.lesion(person, 60, "b", state=STATES[non_target])
    if new:
        record.lesion(person, 60, "c", role="new", state="present")


def _cells() -> Iterator[tuple[str | None, str | None, bool, str]]:
    for target, non_target, without, with_new in TABLE_1:
        yield target, non_target, False, without
        yield target, non_target, True, with_new
    for non_target, without, with_new in TABLE_2:
        yield None, non_target, False, without
        yield None, non_target, True, with_new


def test_tables_1_and_2(record: Record) -> None:
    cells = list(_cells())
    for person, (target, non_target, new, _) in enumerate(cells, start=1):
        _assess(record, person, target, non_target, new)
    found = rows(record.results().assessment, "target_response", "non_target_response", "new_lesion", "response")
    assert found == cells
    assert len(cells) == 58


def test_table_3(record: Record) -> None:
    for person, (first, second, _, _) in enumerate(TABLE_3):
        for early, (one, two) in enumerate(((50, 80), (5, 35))):
            record.member(2 * person + early)
            record.response(2 * person + early, one, first)
            record.response(2 * person + early, two, second)
    found = rows(record.relation("best_by_source"), "person_id", "confirmed")
    expected = [best for _, _, lasted, early in TABLE_3 for best in (lasted, early)]
    assert [best for _, best in sorted(found)] == expected
