"""Best overall response of whole histories, unconfirmed and confirmed (Eisenhauer 2009, 4.4, 4.6 and table 3)."""

from __future__ import annotations

from outcomes.record import Record, rows

# Day and response of each assessment; the best response without confirmation, and with.
HISTORIES = [
    # Nothing, or nothing evaluable.
    ("60 NE", "NE", "NE"),
    ("60 NE, 120 NE", "NE", "NE"),
    ("60 NE, 120 SD", "SD", "SD"),
    ("60 NE, 120 PD", "PD", "PD"),
    ("0 CR, 60 SD", "SD", "SD"),  # on the index day: no effect of the treatment
    # Stable disease lasts 42 days or is not evaluable.
    ("41 SD", "NE", "NE"),
    ("42 SD", "SD", "SD"),
    ("43 SD", "SD", "SD"),
    ("30 SD, 41 SD", "NE", "NE"),
    ("30 SD, 42 SD", "SD", "SD"),
    ("30 SD, 60 PD", "PD", "PD"),
    ("30 SD, 60 NE", "NE", "NE"),
    ("41 SD, 42 NE", "NE", "NE"),
    ("60 SD, 120 SD, 180 PD", "SD", "SD"),
    # Non-target disease only.
    ("41 NON", "NE", "NE"),
    ("42 NON", "NON", "NON"),
    ("42 NON, 90 PD", "NON", "NON"),
    ("30 NON, 60 PD", "PD", "PD"),
    ("60 NON, 100 CR", "CR", "SD"),  # table 3 knows no other name for a response that nothing confirms
    ("30 NON, 50 CR", "CR", "SD"),
    ("60 NON, 100 CR, 128 CR", "CR", "CR"),
    ("60 NON, 100 SD", "SD", "SD"),
    # Progression ends the time in which a best response may be seen.
    ("60 PD", "PD", "PD"),
    ("30 PD", "PD", "PD"),
    ("60 PD, 100 CR, 140 CR", "PD", "PD"),
    ("50 SD, 60 PD, 100 PR, 140 PR", "SD", "SD"),
    ("50 PR, 70 PD, 100 PR", "PR", "SD"),
    # Partial response, and its confirmation after 28 days.
    ("60 PR", "PR", "SD"),
    ("41 PR", "PR", "NE"),
    ("42 PR", "PR", "SD"),
    ("60 PR, 87 PR", "PR", "SD"),
    ("60 PR, 88 PR", "PR", "PR"),
    ("60 PR, 89 PR", "PR", "PR"),
    ("10 PR, 38 PR", "PR", "PR"),  # a confirmed response needs no minimum
    ("10 PR, 37 PR", "PR", "NE"),
    ("60 PR, 70 PR, 88 PR", "PR", "PR"),
    ("60 PR, 100 CR", "CR", "PR"),
    ("60 PR, 87 CR", "CR", "SD"),
    ("60 PR, 100 SD", "PR", "SD"),
    ("60 PR, 80 SD, 100 PR", "PR", "SD"),  # stable disease between the two
    ("60 PR, 80 SD, 100 PR, 130 PR", "PR", "PR"),
    ("60 PR, 100 PD", "PR", "SD"),
    ("30 PR, 60 PD", "PR", "PD"),
    ("41 PR, 42 PD", "PR", "PD"),
    ("30 PR, 60 NE", "PR", "NE"),
    ("30 PR, 40 SD", "PR", "NE"),
    # One assessment between the two may be not evaluable, and no more.
    ("60 PR, 80 NE, 100 PR", "PR", "PR"),
    ("60 PR, 70 NE, 80 NE, 100 PR", "PR", "SD"),
    ("60 PR, 80 NE, 87 PR", "PR", "SD"),
    ("60 PR, 80 NE, 88 CR", "CR", "PR"),
    ("60 PR, 70 NE, 80 PR, 90 NE, 108 PR", "PR", "PR"),
    ("60 CR, 80 NE, 100 CR", "CR", "CR"),
    ("60 CR, 70 NE, 80 NE, 100 CR", "CR", "SD"),
    # Complete response, and its confirmation.
    ("60 CR", "CR", "SD"),
    ("30 CR", "CR", "NE"),
    ("60 CR, 87 CR", "CR", "SD"),
    ("60 CR, 88 CR", "CR", "CR"),
    ("60 CR, 88 NE", "CR", "SD"),
    ("30 CR, 60 NE", "CR", "NE"),
    ("10 CR, 38 CR", "CR", "CR"),
    ("60 CR, 100 PD", "CR", "SD"),
    ("30 CR, 60 PD", "CR", "PD"),
    ("60 SD, 100 PR, 140 CR, 180 CR, 220 PD", "CR", "CR"),
    ("60 SD, 100 PR, 140 CR, 220 PD", "CR", "PR"),
    ("60 PR, 100 PR, 140 CR", "CR", "PR"),
    # Disease after complete response: a query, and no confirmation by what fell back.
    ("60 CR, 100 PR", "CR", "SD"),
    ("20 CR, 40 PR", "CR", "PD"),
    ("20 CR, 40 SD", "CR", "PD"),
    ("20 CR, 60 SD", "CR", "SD"),
    ("60 CR, 100 PR, 140 CR", "CR", "PR"),
    ("60 CR, 100 PR, 140 PR", "CR", "PR"),
    ("60 PR, 70 CR, 100 PR", "CR", "SD"),
    ("60 PR, 90 CR, 130 PR", "CR", "PR"),
    ("60 CR, 80 PR, 100 CR, 128 CR", "CR", "CR"),
    ("60 CR, 100 SD, 140 PD", "CR", "SD"),
]
QUERIED = [
    "20 CR, 40 PR", "20 CR, 40 SD", "20 CR, 60 SD", "60 CR, 100 PR", "60 CR, 100 PR, 140 CR", "60 CR, 100 PR, 140 PR",
    "60 CR, 100 SD, 140 PD", "60 CR, 80 PR, 100 CR, 128 CR", "60 PR, 70 CR, 100 PR", "60 PR, 90 CR, 130 PR",
]  # fmt: skip
FULL = {"NON": "NON-CR/NON-PD"}


def _fill(record: Record) -> None:
    for person, (history, _, _) in enumerate(HISTORIES, start=1):
        record.member(person)
        for entry in history.split(", "):
            day, response = entry.split()
            record.response(person, int(day), FULL.get(response, response))


def test_every_history_has_its_best_response(record: Record) -> None:
    _fill(record)
    found = rows(record.results().best_by_source, "subject_id", "response", "confirmed")
    expected = [
        (person, FULL.get(response, response), FULL.get(confirmed, confirmed))
        for person, (_, response, confirmed) in enumerate(HISTORIES, start=1)
    ]
    assert [(HISTORIES[row[0] - 1][0], *row) for row in found] == [(HISTORIES[row[0] - 1][0], *row) for row in expected]
    assert len(HISTORIES) >= 60


def test_disease_after_complete_response_raises_a_query(record: Record) -> None:
    _fill(record)
    queries = record.results().response_query
    asked = rows(queries[queries["query"] == "disease_after_complete_response"], "subject_id")
    assert sorted(HISTORIES[person - 1][0] for (person,) in asked) == QUERIED
