"""Who added a drug to another: a cohort of their own, dated by the addition."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from onco_etl.errors import ConfigurationError
from onco_registry.registry_model import RegistryDefinition
from outcomes.record import Record, on, rows

ADDED = """
added_later: {id: 8, name: beta_to_alpha, label: One added, population: One added to the other, endpoints: [os, pfs]}
"""


@pytest.fixture(name="added")
def _added(record: Record, amended: Callable[..., RegistryDefinition]) -> Record:
    record.registry = amended(more=ADDED)
    return record


def _one(record: Record, *drugs: tuple[str, int, int], person: int = 1) -> None:
    """A person with the disease and a prior line who takes these drugs and is seen until day 300."""
    record.background(person)
    for name, start, end in drugs:
        record.drug(person, name, start, end)
    record.visit(person, 300)


def _cohorts(record: Record) -> list[tuple[Any, ...]]:
    """(cohort, person, its day 0)."""
    return rows(record.results().cohort, "cohort_definition_id", "subject_id", "cohort_start_date")


@pytest.mark.parametrize(
    ("drugs", "cohorts"),
    [
        ([("alpha", 0, 200), ("beta", 42, 200)], [(7, 1, on(42))]),
        ([("alpha", 0, 200), ("beta", 43, 200)], [(8, 1, on(43))]),
        ([("beta", 0, 200), ("alpha", 100, 200)], [(8, 1, on(100))]),
        ([("alpha", 0, 60), ("beta", 100, 200)], []),  # one after the other
        # The first addition counts.
        ([("alpha", 0, 250), ("beta", 100, 120), ("beta", 200, 250)], [(8, 1, on(100))]),
        # In the cohort already.
        ([("alpha", 0, 250), ("beta", 0, 20), ("beta", 100, 120)], [(7, 1, on(0))]),
        # What came later does not take back the addition.
        (
            [("alpha", 0, 130), ("beta", 100, 120), ("alpha", 200, 250), ("beta", 200, 250)],
            [(7, 1, on(200)), (8, 1, on(100))],
        ),
    ],
)
def test_who_and_from_when(added: Record, drugs: list[tuple[str, int, int]], cohorts: list[tuple[int, ...]]) -> None:
    _one(added, *drugs)
    assert _cohorts(added) == cohorts


@pytest.mark.parametrize("first", [[(-150, 100)], [(-190, -140), (-100, 100)]])
def test_a_pause_of_the_first_drug_makes_no_line_before_itself(added: Record, first: list[tuple[int, int]]) -> None:
    added.newcomer(1)
    for start, end in first:
        added.drug(1, "alpha", start, end)
    added.drug(1, "beta", 0, 100)
    added.visit(1, 300)
    assert _cohorts(added) == []  # no line before the first drug


def test_criteria_are_asked_at_the_addition_and_lines_before_the_first_drug(added: Record) -> None:
    added.person(1)
    added.condition(1, 201, -200)
    added.condition(1, 211, 50)  # spread is known at the addition
    added.drug(1, "gamma", -180, -120)
    added.drug(1, "alpha", 0, 200)
    added.drug(1, "beta", 100, 200)
    added.visit(1, 300)
    added.person(2)  # alpha is no prior line of alpha with beta
    added.condition(2, 201, -200)
    added.condition(2, 211, -100)
    added.drug(2, "alpha", 0, 200)
    added.drug(2, "beta", 100, 200)
    added.visit(2, 300)
    assert _cohorts(added) == [(8, 1, on(100))]
    attrition = added.results().attrition
    assert rows(attrition[attrition["cohort"] == "beta_to_alpha"], "step", "criterion", "excluded", "remaining") == [
        (0, "added", 0, 2),
        (1, "diagnosis", 0, 2),
        (2, "metastatic", 0, 2),
        (3, "adult", 0, 2),
        (4, "prior_line", 1, 1),
    ]


def test_time_counts_from_the_addition(added: Record) -> None:
    _one(added, ("alpha", 0, 200), ("beta", 100, 200))
    added.response(1, 60, "SD")
    added.response(1, 150, "PD")
    found = added.results().added_later
    assert rows(found, "cohort_definition_id", "endpoint", "start_date", "time_days", "event", "decided_by") == [
        (8, "pfs", on(100), 51, True, "progression"),
        (8, "os", on(100), 201, False, "last_known_alive"),
    ]


def test_medians_are_under_the_name_of_their_cohort(added: Record) -> None:
    for person in (1, 2, 3):
        _one(added, ("alpha", 0, 200), ("beta", 100, 200), person=person)
        added.response(person, 100 + 20 * person, "PD")
    results = added.results()
    estimates = results.estimate
    theirs = estimates["stratum"] == "cohort=beta_to_alpha"
    medians = estimates[theirs & (estimates["measure"] == "pfs_median")]
    assert rows(medians, "n", "events", "unit") == [(3, 3, "months")]
    assert medians["estimate"].round(4).tolist() == [round(41 / 30.4375, 4)]
    curve = results.curve[(results.curve["stratum"] == "cohort=beta_to_alpha") & (results.curve["endpoint"] == "pfs")]
    assert rows(curve, "time_days", "at_risk", "events") == [(0, 3, 0), (21, 3, 1), (41, 2, 1), (61, 1, 1)]


def test_the_cohort_itself_is_as_without_them(added: Record, registry: RegistryDefinition) -> None:
    _one(added, ("alpha", 0, 100), ("beta", 5, 100))
    added.response(1, 60, "PR")
    _one(added, ("alpha", 0, 200), ("beta", 100, 200), person=2)
    with_them = added.results()
    added.registry = registry
    without = added.results()
    for name in ("best_response", "endpoint", "completeness", "consistency_check", "adverse_event"):
        assert with_them.frames()[name].equals(without.frames()[name]), name
    theirs = with_them.estimate["stratum"] == "cohort=beta_to_alpha"
    assert with_them.estimate[~theirs].equals(without.estimate)
    assert with_them.curve[with_them.curve["stratum"] != "cohort=beta_to_alpha"].equals(without.curve)
    assert set(with_them.estimate.loc[theirs, "measure"]) == {
        "pfs_median", "pfs_rate_6m", "os_median", "os_rate_6m", "os_rate_12m",
    }  # fmt: skip
    assert without.added_later.empty
    assert list(with_them.cohort_definition["cohort_definition_id"]) == [7, 8]


@pytest.mark.parametrize(
    ("old", "new", "refusal"),
    [
        ("id: 8", "id: 7", "added_later.id: cohort id 7 is given to another cohort of this registry"),
        ("beta_to_alpha", "alpha_beta", "added_later.name: is the name of the registry's cohort"),
        ("[os, pfs]", "[efs]", "added_later.endpoints[0]: unknown endpoint 'efs'; did you mean 'pfs'?"),
    ],
)
def test_refused_with_place(amended: Callable[..., RegistryDefinition], old: str, new: str, refusal: str) -> None:
    assert old in ADDED
    with pytest.raises(ConfigurationError) as error:
        amended(more=ADDED.replace(old, new))
    assert str(error.value).partition(": ")[2].startswith(refusal)
