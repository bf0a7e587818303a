"""Arms compared from a landmark: who is in which, from when, and who is left out."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from onco_etl.errors import ConfigurationError
from onco_registry.registry_model import RegistryDefinition
from outcomes import arms_by_hand
from outcomes.record import Record, on, rows

COMPARATORS = """
comparators:
  landmark_days: 42
  endpoints: [pfs, os, ttnt]
  arms:
    combination: {id: 8, label: Both, population: Both}
    alpha: {id: 9, label: Alpha alone, population: Alpha alone}
    beta: {id: 10, label: Beta alone, population: Beta alone}
"""


@pytest.fixture(name="compared")
def _compared(record: Record, amended: Callable[..., RegistryDefinition]) -> Record:
    record.registry = amended(more=COMPARATORS)
    return record


def _arms(record: Record) -> list[tuple[Any, ...]]:
    """(person, arm, day 0 of the comparison) of each who is compared."""
    comparison = record.compared()["comparison"]
    return rows(comparison[comparison["endpoint"] == "os"], "subject_id", "arm", "start_date")


def _one(record: Record, *drugs: tuple[str, int, int]) -> None:
    """A person with the disease and a prior line who takes these drugs and is seen until day 300."""
    record.background(1)
    for name, start, end in drugs:
        record.drug(1, name, start, end)
    record.visit(1, 300)


@pytest.mark.parametrize(
    ("drugs", "arm"),
    [
        ([("alpha", 0, 100), ("beta", 0, 100)], "combination"),
        ([("alpha", 0, 100), ("beta", 42, 100)], "combination"),
        ([("alpha", 0, 100), ("beta", 43, 100)], "alpha"),  # both only later: known as alone by then
        ([("beta", 0, 100)], "beta"),
        ([("beta", 0, 100), ("alpha", 10, 20)], "combination"),
        ([("alpha", 0, 10), ("beta", 30, 100)], None),  # exchanged within the window
        ([("beta", -200, -100), ("alpha", 0, 100)], "alpha"),  # no longer covered
    ],
)
def test_the_arm_is_what_is_known_at_the_landmark(
    compared: Record, drugs: list[tuple[str, int, int]], arm: str | None
) -> None:
    _one(compared, *drugs)
    found = [row for row in _arms(compared) if row[2] == on(42)]
    assert found == ([] if arm is None else [(1, arm, on(42))])


def test_a_drug_added_to_another_that_is_still_taken_is_in_no_arm_of_its_own(compared: Record) -> None:
    _one(compared, ("alpha", 0, 300), ("beta", 60, 300))
    assert _arms(compared) == [(1, "alpha", on(42))]


def test_a_person_is_in_one_arm_that_of_the_first_start(compared: Record) -> None:
    _one(compared, ("beta", -100, -60), ("alpha", 0, 100), ("beta", 0, 100))
    results = compared.results()
    assert rows(results.cohort, "cohort_definition_id", "subject_id", "cohort_start_date", "cohort_end_date") == [
        (7, 1, on(0), on(300)),
        (10, 1, on(-58), on(300)),
    ]
    assert results.patients == 1


def test_time_counts_from_the_landmark(compared: Record) -> None:
    _one(compared, ("alpha", 0, 100))
    row = compared.response(1, 80, "PD")
    compared.death(1, 310)
    columns = ("cohort_definition_id", "endpoint", "time_days", "event", "decided_by", "cdm_row_id", "entry_days")
    assert rows(compared.compared()["comparison"], *columns) == [
        (9, "pfs", 39, True, "progression", row, 0),
        (9, "os", 269, True, "death", 1, 0),
        (9, "ttnt", 269, True, "death", 1, 0),
    ]


def test_each_arm_has_its_curve(compared: Record) -> None:
    _one(compared, ("alpha", 0, 100))
    compared.response(1, 80, "PD")
    compared.death(1, 310)
    curve = compared.results().curve
    assert rows(curve[curve["stratum"] == "arm=alpha"], "endpoint", "time_days", "at_risk", "events") == [
        (endpoint, day, 1, event)
        for endpoint, last in (("pfs", 39), ("os", 269), ("ttnt", 269))
        for day, event in ((0, 0), (last, 1))
    ]


@pytest.mark.parametrize(
    ("what", "day", "compared_there"), [("PD", 42, False), ("PD", 43, True), ("death", 42, False), ("death", 43, True)]
)
@pytest.mark.parametrize("drugs", [("alpha",), ("alpha", "beta")])
def test_only_who_is_alive_without_progression_at_the_landmark(
    compared: Record, drugs: tuple[str, ...], what: str, day: int, compared_there: bool
) -> None:
    compared.background(1)
    for name in drugs:
        compared.drug(1, name, 0, 30)
    if what == "death":
        compared.death(1, day)
    else:
        compared.response(1, day, what)
        compared.visit(1, 300)
    assert bool(_arms(compared)) is compared_there


@pytest.mark.parametrize(("day", "compared_there"), [(41, False), (42, True)])
def test_only_who_is_followed_to_the_landmark(compared: Record, day: int, compared_there: bool) -> None:
    compared.background(1)
    compared.drug(1, "alpha", 0, 100)
    compared.visit(1, day)
    assert bool(_arms(compared)) is compared_there
    assert compared.compared(on(41))["comparison"].empty


@pytest.mark.parametrize("baseline", [-28, 0, 2, 30])
def test_who_was_first_measured_between_the_drugs_is_judged_against_that(compared: Record, baseline: int) -> None:
    _one(compared, ("alpha", 0, 100), ("beta", 30, 100))
    compared.sum(1, baseline, 50)
    row = compared.sum(1, 80, 60)
    comparison = compared.compared()["comparison"].query("endpoint == 'pfs'")
    assert rows(comparison, "arm", "time_days", "event", "decided_on", "cdm_row_id") == [
        ("combination", 39, True, on(80), row)
    ]


def test_the_baseline_before_the_first_drug_goes_before_one_between_the_drugs(compared: Record) -> None:
    _one(compared, ("alpha", 0, 100), ("beta", 30, 100))
    for day, size in ((-5, 50), (25, 58), (80, 60)):  # a fifth more than at first, not than before the second drug
        compared.sum(1, day, size)
    comparison = compared.compared()["comparison"].query("endpoint == 'pfs'")
    assert rows(comparison, "time_days", "event") == [(39, True)]
    assert rows(compared.relation("endpoint").query("endpoint == 'pfs'"), "event") == [(False,)]


@pytest.mark.parametrize("baseline", [-29, 1])
def test_one_drug_alone_has_no_later_baseline(compared: Record, baseline: int) -> None:
    _one(compared, ("alpha", 0, 100))
    compared.sum(1, baseline, 50)
    compared.sum(1, 80, 60)
    comparison = compared.compared()["comparison"].query("endpoint == 'pfs'")
    assert rows(comparison, "arm", "event") == [("alpha", False)]


def test_a_drug_is_stopped_from_when_all_of_the_arm_are_taken(
    record: Record, amended: Callable[..., RegistryDefinition]
) -> None:
    record.registry = amended(more=COMPARATORS.replace("[pfs, os, ttnt]", "[ttd_any]"))
    _one(record, ("alpha", 0, 120), ("beta", 30, 60))
    assert rows(record.compared()["comparison"], "arm", "time_days", "event", "decided_on") == [
        ("combination", 19, True, on(60))
    ]


def test_responses_that_are_recorded_need_no_baseline(compared: Record) -> None:
    """Recorded progression between the drugs excludes, with measurements that have a baseline only later."""
    _one(compared, ("alpha", 0, 100), ("beta", 30, 100))
    compared.response(1, 20, "PD")
    compared.sum(1, 25, 50)
    compared.sum(1, 80, 50)
    assert _arms(compared) == []


@pytest.mark.parametrize(("baseline", "day", "arms"), [(-5, 20, 0), (-5, 30, 0), (15, 25, 1), (15, 31, 0), (29, 42, 0)])
def test_progression_between_the_drugs_is_progression_by_the_landmark(
    compared: Record, baseline: int, day: int, arms: int
) -> None:
    """Growth before the second drug counts against a baseline before the first, where there is one."""
    _one(compared, ("alpha", 0, 100), ("beta", 30, 100))
    compared.sum(1, baseline, 50)
    compared.sum(1, day, 60)
    assert len(_arms(compared)) == arms


@pytest.mark.parametrize("seed", [1, 2])
def test_of_any_histories_the_arms_are_those_of_the_rules_by_hand(compared: Record, seed: int) -> None:
    random = Random(seed)
    histories = {person: arms_by_hand.draw(random) for person in range(1, 301)}
    for person, history in histories.items():
        arms_by_hand.write(compared, person, history)
    comparison = compared.compared()["comparison"].query("endpoint == 'pfs'")
    found = {
        person: (arm, (start - on(0)).days, time, event)
        for person, arm, start, time, event in rows(comparison, "subject_id", "arm", "start_date", "time_days", "event")
    }
    expected = {person: arms_by_hand.compare(history) for person, history in histories.items()}
    assert found == {person: row for person, row in expected.items() if row is not None}
    assert {row[0] for row in found.values()} == {"combination", "alpha", "beta"}


@pytest.mark.parametrize(
    ("later", "event"), [("beta", (109, True)), ("beta two", (109, True)), ("alpha", (259, False))]
)
def test_another_component_begun_later_is_a_new_therapy_in_the_arm(
    compared: Record, later: str, event: tuple[int, bool]
) -> None:
    _one(compared, ("alpha", 0, 100), (later, 150, 200))
    comparison = compared.compared()["comparison"].query("endpoint == 'ttnt'")
    assert rows(comparison, "arm", "time_days", "event") == [("alpha", *event)]


@pytest.mark.parametrize("later", ["dies", "is assessed"])
def test_progression_by_the_landmark_does_not_depend_on_what_came_later(compared: Record, later: str) -> None:
    _one(compared, ("alpha", 0, 100))
    compared.trend(1, 30, "worsened")
    if later == "dies":
        compared.death(1, 310)
    else:
        compared.response(1, 100, "SD")  # of the source that goes first
    assert _arms(compared) == []


@pytest.mark.parametrize("recorded", [None, 60])
def test_the_baseline_is_that_by_which_a_source_of_higher_rank_can_be_evaluated(
    compared: Record, recorded: int | None
) -> None:
    _one(compared, ("alpha", 0, 100), ("beta", 30, 100))
    if recorded is None:  # sums go before lesions, but there is one, without a baseline
        compared.lesion(1, -10, "L1", 50, role="target")
        compared.lesion(1, 80, "L1", 65, role="target")
    else:  # recorded responses go before sums, but this one is not evaluable
        compared.response(1, recorded, "NE")
        compared.sum(1, 25, 50)
    compared.sum(1, 80, 65)
    comparison = compared.compared()["comparison"].query("endpoint == 'pfs'")
    assert rows(comparison, "time_days", "event", "decided_on") == [(39, True, on(80))]


@pytest.mark.parametrize("death", [None, 500])
def test_a_death_after_the_cut_does_not_show_that_a_patient_was_followed(compared: Record, death: int | None) -> None:
    compared.background(1)
    compared.drug(1, "alpha", 0, 10)
    if death:
        compared.death(1, death)
    assert compared.compared(on(60))["comparison"].empty


def test_what_happened_before_the_landmark_is_no_event_after_it(compared: Record) -> None:
    _one(compared, ("alpha", 0, 20), ("delta", 35, 60))
    comparison = compared.compared()["comparison"]
    assert rows(comparison, "endpoint", "time_days", "event") == [("pfs", 1, False), ("os", 259, False)]


def test_criteria_are_asked_at_the_first_drug(compared: Record) -> None:
    compared.person(1)
    compared.condition(1, 201, -200)
    compared.condition(1, 211, 5)  # spread is known when beta starts, not when alpha did
    compared.drug(1, "gamma", -180, -120)
    compared.drug(1, "alpha", 0, 100)
    compared.drug(1, "beta", 10, 100)
    compared.visit(1, 300)
    assert len(compared.relation("cohort_member")) == 1
    assert _arms(compared) == []


def test_each_arm_has_its_attrition(compared: Record) -> None:
    compared.background(1)
    compared.drug(1, "alpha", 0, 100)
    compared.visit(1, 300)
    compared.background(2)
    compared.drug(2, "alpha", 0, 100)
    compared.response(2, 30, "PD")
    compared.visit(2, 300)
    compared.background(3)
    compared.drug(3, "alpha", 0, 100)
    compared.background(4)
    compared.drug(4, "beta", 0, 20)
    compared.drug(4, "alpha", 300, 400)
    compared.visit(4, 500)
    compared.background(5, (2010, 1, 1))
    compared.drug(5, "alpha", 0, 100)
    attrition = compared.compared()["attrition"].query("cohort == 'alpha_beta from landmark: alpha'")
    assert rows(attrition, "step", "criterion", "excluded", "remaining") == [
        (0, "started", 0, 5),
        (1, "diagnosis", 0, 5),
        (2, "metastatic", 0, 5),
        (3, "adult", 1, 4),
        (4, "prior_line", 0, 4),
        (5, "first_start", 1, 3),
        (6, "followed_at_landmark", 1, 2),
        (7, "free_of_progression", 1, 1),
    ]


def test_the_cohort_itself_is_as_without_comparators(compared: Record, registry: RegistryDefinition) -> None:
    _one(compared, ("alpha", 0, 100), ("beta", 5, 100))
    compared.response(1, 60, "PR")
    compared.background(2)
    compared.drug(2, "alpha", 0, 100)
    compared.visit(2, 300)
    with_arms = compared.results()
    compared.registry = registry
    without = compared.results()
    for name in ("best_response", "endpoint", "completeness", "consistency_check"):
        assert with_arms.frames()[name].equals(without.frames()[name]), name
    of_arms = with_arms.estimate["stratum"].str.startswith("arm=")
    assert with_arms.estimate[~of_arms].equals(without.estimate)
    assert with_arms.curve[~with_arms.curve["stratum"].str.startswith("arm=")].equals(without.curve)
    assert set(with_arms.estimate.loc[of_arms, "stratum"]) == {"arm=combination", "arm=alpha"}
    assert without.comparison.empty
    assert list(with_arms.cohort_definition["cohort_definition_id"]) == [7, 8, 9, 10]


@pytest.mark.parametrize(
    ("old", "new", "refusal"),
    [
        ("landmark_days: 42", "landmark_days: 41", "comparators.landmark_days: at day 41 it is not known yet"),
        ("alpha: {id: 9", "gamma: {id: 9", "comparators.arms.gamma: unknown arm 'gamma'; known: combination, alpha"),
        ("alpha: {id: 9", "alpha: {id: 7", "comparators.arms.alpha.id: cohort id 7 is given to another cohort"),
        ("[pfs, os, ttnt]", "[pfs, dor]", "comparators.endpoints[1]: endpoint 'dor' is of responders alone"),
        ("[pfs, os, ttnt]", "[efs]", "comparators.endpoints[0]: unknown endpoint 'efs'; did you mean 'pfs'?"),
    ],
)
def test_refused_with_place(amended: Callable[..., RegistryDefinition], old: str, new: str, refusal: str) -> None:
    assert old in COMPARATORS
    with pytest.raises(ConfigurationError) as error:
        amended(more=COMPARATORS.replace(old, new))
    assert str(error.value).partition(": ")[2].startswith(refusal)


def test_one_arm_is_no_comparison(amended: Callable[..., RegistryDefinition]) -> None:
    alone = "".join(
        line for line in COMPARATORS.splitlines(keepends=True) if "id: 8" not in line and "id: 9" not in line
    )
    with pytest.raises(ConfigurationError, match=r"comparators\.arms: a comparison needs at least two arms"):
        amended(more=alone)
