"""Ends that the mapping derived from nothing: a prescription's guess, and stays that were never closed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from onco_registry.registry_model import RegistryDefinition
from outcomes.record import Record, on, rows
from outcomes.safety_record import STEROID

PRESCRIPTION = 32838


@pytest.fixture(name="known")
def _known(record: Record) -> Iterator[Record]:
    """The record of a workspace that knows which ends it derived."""
    record.con.execute(
        """
        CREATE SCHEMA lineage;
        CREATE TABLE lineage.guessed_end (drug_exposure_id INTEGER);
        CREATE TABLE lineage.open_stay (visit_occurrence_id INTEGER);
        """
    )
    yield record
    record.con.execute("DROP SCHEMA lineage CASCADE")


@pytest.fixture(name="prescribing")
def _prescribing(known: Record, amended: Callable[..., RegistryDefinition]) -> Record:
    """The same of a registry to which prescriptions are exposure."""
    statement = "    statement: [32830]\n"
    known.registry = amended((statement, f"{statement}    request: [{PRESCRIPTION}]\n"))
    return known


def prescribed(record: Record, drug: int, day: int) -> int:
    return record.insert(
        "drug_exposure",
        person_id=1,
        drug_concept_id=drug,
        drug_type_concept_id=PRESCRIPTION,
        drug_exposure_start_date=on(day),
        drug_exposure_end_date=on(day + 29),
    )


@pytest.mark.parametrize(("guessed", "last_day"), [(True, 0), (False, 29)])
def test_the_guessed_end_of_a_prescription_is_no_exposure(prescribing: Record, guessed: bool, last_day: int) -> None:
    prescribing.background(1)
    row = prescribed(prescribing, 101, 0)
    if guessed:
        prescribing.con.execute("INSERT INTO lineage.guessed_end VALUES ($1)", [row])
    prescribing.drug(1, "beta", 0)
    prescribing.visit(1, 100)
    eras = prescribing.relation("exposure_era")
    assert rows(eras[eras["component"] == "alpha"], "last_day") == [(on(last_day),)]


@pytest.mark.parametrize(("guessed", "steroids"), [(True, "not recorded"), (False, "given")])
def test_it_is_no_course_of_steroids_either(prescribing: Record, guessed: bool, steroids: str) -> None:
    prescribing.member(1)
    prescribing.adverse_event(1, "inflamed", 20, 3)
    row = prescribed(prescribing, STEROID, 5)
    if guessed:
        prescribing.con.execute("INSERT INTO lineage.guessed_end VALUES ($1)", [row])
    assert rows(prescribing.relation("immune_event"), "steroids") == [(steroids,)]


@pytest.mark.parametrize(("never_closed", "status"), [(True, "pass"), (False, "fail")])
def test_a_stay_that_was_never_closed_ends_with_death(known: Record, never_closed: bool, status: str) -> None:
    known.member(1)
    stay = known.visit(1, 50, 300)
    known.death(1, 60)
    if never_closed:
        known.con.execute("INSERT INTO lineage.open_stay VALUES ($1)", [stay])
    checks = known.results().consistency_check.set_index("check_name")
    assert checks.loc["no_contact_after_death", "status"] == status


def test_who_is_alive_is_seen_until_the_stay_ends(known: Record) -> None:
    known.member(1)
    known.con.execute("INSERT INTO lineage.open_stay VALUES ($1)", [known.visit(1, 50, 300)])
    assert rows(known.relation("last_contact"), "contact_date") == [(on(300),)]
