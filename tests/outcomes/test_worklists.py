"""Whom the internal edition lists: on treatment, scan overdue, response not adjudicated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import pytest

from onco_registry.completeness import find_scans, worklists
from onco_registry.recompute import derive, recompute_parameters
from onco_registry.registry_model import RegistryDefinition
from onco_registry.relations import Relations
from onco_registry.results import FRAMES
from outcomes.record import Record, on, rows

SCHEDULE = "\nimaging: {interval_days: 56, tolerance_days: 28}\n"


@pytest.fixture(name="patient")
def _patient(tables: duckdb.DuckDBPyConnection, amended: Callable[..., RegistryDefinition]) -> Record:
    """A registry with a schedule of scans, and a patient treated from day 0 to day 100."""
    record = Record(tables, amended(more=SCHEDULE))
    record.member(1)
    return record


def listed(record: Record, name: str, cut: int) -> list[tuple[Any, ...]]:
    with Relations(record.con, recompute_parameters(record.registry, on(cut))) as relations:
        derive(relations, record.registry)
        find_scans(relations)
        found = worklists(relations, record.registry)[name]
    return rows(found, *FRAMES[name])


@pytest.mark.parametrize(
    ("seen", "components"),
    [
        (90, "Alpha, Beta"),
        # The last dose, of day 100, covers 7 days more of alpha, 21 of beta.
        (107, "Alpha, Beta"),
        (108, "Beta"),
        (121, "Beta"),
    ],
)
@pytest.mark.parametrize("cut", [122, 400])
def test_on_treatment_when_last_seen(patient: Record, seen: int, components: str, cut: int) -> None:
    patient.visit(1, seen)
    assert listed(patient, "on_treatment", cut) == [(1, components, on(0), on(100), on(seen), None, 101)]


def test_doses_after_the_cut_are_not_known_yet(patient: Record) -> None:
    patient.visit(1, 40)
    patient.visit(1, 122)
    assert listed(patient, "on_treatment", 50) == [(1, "Alpha, Beta", on(0), on(50), on(40), None, 51)]


@pytest.mark.parametrize("happens", ["visit", "death", "new therapy"])
def test_no_more_on_treatment(patient: Record, happens: str) -> None:
    if happens == "death":
        patient.death(1, 90)
    elif happens == "new therapy":
        patient.drug(1, "delta", 90, 95)
    else:
        patient.visit(1, 122)
    assert listed(patient, "on_treatment", 122) == []


@pytest.mark.parametrize(
    ("scans", "cut", "found"),
    [
        # Without a scan it is due 56 days after index; listed when more than 28 days late.
        ([], 84, []),
        ([], 85, [(1, None, on(56), 29, on(0))]),
        ([50], 134, []),
        ([50], 135, [(1, on(50), on(106), 29, on(50))]),
        ([50, 100], 135, []),
        # Seven days apart are one assessment, dated by the last.
        ([50, 57], 142, [(1, on(57), on(113), 29, on(57))]),
    ],
)
def test_overdue_scan(patient: Record, scans: list[int], cut: int, found: list[tuple[Any, ...]]) -> None:
    for day in scans:
        patient.response(1, day, "SD")
    assert listed(patient, "overdue_scan", cut) == found


@pytest.mark.parametrize("happens", ["death", "progression"])
def test_no_scan_is_due_any_more(patient: Record, happens: str) -> None:
    if happens == "death":
        patient.death(1, 90)
    else:
        patient.response(1, 90, "PD")
    assert listed(patient, "overdue_scan", 400) == []


def test_a_clinicians_judgement_is_no_scan_but_an_assessment_that_shows_nothing_is(patient: Record) -> None:
    patient.response(1, 50, "NE")
    patient.trend(1, 120, "stable")
    assert listed(patient, "overdue_scan", 135) == [(1, on(50), on(106), 29, on(120))]


def test_without_a_schedule_nothing_is_overdue(record: Record) -> None:
    record.member(1)
    assert listed(record, "overdue_scan", 400) == []


@pytest.mark.parametrize(
    ("trend", "waits"),
    [
        (None, True),
        ((49, "improved"), True),  # before the response was seen
        ((50, "improved"), False),
        ((99, "improved"), False),
        ((100, "improved"), True),  # of the next assessment
    ],
)
def test_a_response_waits_for_a_clinician(patient: Record, trend: tuple[int, str] | None, waits: bool) -> None:
    patient.response(1, 50, "PR")
    patient.response(1, 100, "PR")
    if trend:
        patient.trend(1, *trend)
    row = (1, on(50), "recorded", "PR", "no_clinician_assessment", None, None)
    assert listed(patient, "not_adjudicated", 300) == ([row] if waits else [])


def test_stable_disease_waits_for_nobody(patient: Record) -> None:
    patient.response(1, 50, "SD")
    assert listed(patient, "not_adjudicated", 300) == []


def test_sources_that_disagree(patient: Record) -> None:
    patient.response(1, 50, "PR")
    patient.trend(1, 55, "stable")  # a clinician saw no response
    for day, millimetres in ((0, 100), (50, 95)):
        patient.sum(1, day, millimetres)  # nor do the sums
    assert listed(patient, "not_adjudicated", 300) == [
        (1, on(50), "recorded", "PR", "sources_disagree", "clinician", "SD"),
        (1, on(50), "recorded", "PR", "sources_disagree", "sums", "SD"),
    ]


def test_stable_disease_where_another_source_saw_a_response(patient: Record) -> None:
    patient.response(1, 50, "SD")
    patient.trend(1, 50, "improved")
    assert listed(patient, "not_adjudicated", 300) == [
        (1, on(50), "recorded", "SD", "sources_disagree", "clinician", "PR")
    ]


def test_a_source_that_cannot_tell_does_not_disagree(patient: Record) -> None:
    patient.response(1, 50, "PR")
    patient.trend(1, 50, "undetermined")
    assert listed(patient, "not_adjudicated", 300) == []
