"""Checks of own numbers: what agrees passes, and each kind of disagreement is found and shown."""

from __future__ import annotations

import pandas as pd
import pytest

from onco_registry.consistency import check_consistency
from outcomes.record import Record, on

Frames = dict[str, pd.DataFrame]


@pytest.fixture(name="frames")
def _frames(record: Record) -> Frames:
    for person, answer in ((1, "PR"), (2, "SD"), (3, "PD")):
        record.member(person)
        record.response(person, 60, answer)
    record.death(1, 300)
    nobody = pd.DataFrame({"subject_id": pd.Series(dtype="Int64")})
    return {**record.results().frames(), "late_contact": nobody}


def _status(frames: Frames, check: str) -> tuple[str, str]:
    found = check_consistency(frames).set_index("check_name").loc[check]
    return str(found["status"]), str(found["detail"])


def _change(frames: Frames, name: str, where: pd.Series[bool], column: str, value: float) -> None:
    frames[name] = frames[name].copy()
    frames[name].loc[where, column] = value


def test_everything_agrees(frames: Frames) -> None:
    checks = check_consistency(frames)
    assert list(zip(checks["check_name"], checks["status"], strict=True)) == [
        ("patients_counted_once", "pass"),
        ("responses_add_up", "pass"),
        ("exclusions_add_up", "pass"),
        ("subgroups_add_up", "pass"),
        ("percentages_from_counts", "pass"),
        ("counts_within_totals", "pass"),
        ("intervals_hold_estimates", "pass"),
        ("curves_agree_with_times", "pass"),
        ("os_not_before_pfs", "pass"),
        ("no_event_before_index", "pass"),
        ("no_contact_after_death", "pass"),
        ("related_not_more_than_any", "pass"),
    ]


def test_responses_of_33_in_32(frames: Frames) -> None:
    _change(frames, "estimate", frames["estimate"]["measure"] == "response_pd", "x", 2)
    assert _status(frames, "responses_add_up") == (
        "fail",
        "CR 0 + PR 1 + SD 1 + NON-CR/NON-PD 0 + PD 2 + NE 0 = 4 of 3",
    )


def test_exclusions(frames: Frames) -> None:
    _change(frames, "attrition", frames["attrition"]["criterion"] == "adult", "excluded", 1)
    assert _status(frames, "exclusions_add_up") == ("fail", "3 entered - 1 excluded = 2; 3 in the cohort")


def test_subgroups(frames: Frames) -> None:
    _change(frames, "estimate", frames["estimate"]["stratum"] == "agent=Beta one", "n", 4)
    assert _status(frames, "subgroups_add_up") == (
        "fail",
        "orr by agent: 1/4, not 1/3; dcr by agent: 2/4, not 2/3",
    )


def test_percentages(frames: Frames) -> None:
    _change(frames, "estimate", frames["estimate"]["measure"] == "dcr", "estimate", 0.5)
    assert _status(frames, "percentages_from_counts")[0] == "fail"


def test_a_patient_counted_twice(frames: Frames) -> None:
    frames["best_response"] = pd.concat([frames["best_response"], frames["best_response"].head(1)])
    frames["endpoint"] = frames["endpoint"].assign(subject_id=frames["endpoint"]["subject_id"].replace(3, 9))
    detail = "1 rows repeat a patient, 10 belong to no patient of the cohort, 0 patients lack a row"
    assert _status(frames, "patients_counted_once") == ("fail", detail)


def test_a_patient_who_is_not_counted(frames: Frames) -> None:
    frames["best_response"] = frames["best_response"].tail(2)
    detail = "0 rows repeat a patient, 0 belong to no patient of the cohort, 1 patients lack a row"
    assert _status(frames, "patients_counted_once") == ("fail", detail)


def test_more_than_all(frames: Frames) -> None:
    _change(frames, "estimate", frames["estimate"]["measure"] == "response_pr", "x", 4)
    _change(frames, "completeness", frames["completeness"]["item"] == "recorded_response", "x", 4)
    assert _status(frames, "counts_within_totals") == ("fail", "estimate: 1 rows; completeness: 1 rows")


def test_an_estimate_outside_its_interval(frames: Frames) -> None:
    _change(frames, "estimate", frames["estimate"]["measure"] == "dcr", "lower", 0.9)
    assert _status(frames, "intervals_hold_estimates")[0] == "fail"


def test_a_curve_of_other_events(frames: Frames) -> None:
    curve = frames["curve"]
    last = (curve["endpoint"] == "os") & (curve["time_days"] == 301)
    _change(frames, "curve", last, "events", 2)
    assert _status(frames, "curves_agree_with_times") == ("fail", "os: 2/4, not 1/3")
    _change(frames, "curve", last, "events", 1)
    _change(frames, "curve", last, "survival", 2.0)
    assert _status(frames, "curves_agree_with_times") == ("fail", "os rises")


def test_a_response_before_index(frames: Frames) -> None:
    best = frames["best_response"]
    frames["best_response"] = best.assign(response_date=best["response_date"].where(best["response"] != "PR", on(-3)))
    status, detail = _status(frames, "no_event_before_index")
    assert status == "fail"
    assert detail.endswith("endpoint dates lie before the index date; 1 best responses, too")


def test_more_related_than_any(frames: Frames, record: Record) -> None:
    for person in (1, 2):
        record.adverse_event(person, "tired", 10, 2, related=True)
    frames["estimate"] = record.results().estimate
    assert _status(frames, "related_not_more_than_any")[0] == "pass"
    _change(frames, "estimate", frames["estimate"]["measure"].str.startswith("ae_term:"), "x", 1)
    assert _status(frames, "related_not_more_than_any") == (
        "fail",
        "2 patients with a related event, 2 with any; more related than any in 1 terms",
    )


def test_overall_survival_before_progression_free(frames: Frames) -> None:
    _change(frames, "endpoint", frames["endpoint"]["endpoint"] == "os", "time_days", 10)
    assert _status(frames, "os_not_before_pfs") == ("fail", "OS is shorter than PFS in 3 of 3 patients")


BASELINE = pd.DataFrame(
    [
        ("age", None, "summary", 2, 3),
        ("age", "young", "count", 1, 3),
        ("age", "old", "count", 1, 3),
        ("age", "missing", "count", 1, 3),
        ("weight", None, "summary", 2, 3),
        ("weight", "missing", "count", 1, 3),
        ("sites", "Near", "multiple", 2, 3),
        ("sites", "Far", "multiple", 2, 3),
        ("sites", "missing", "multiple", 1, 3),
    ],
    columns=["variable", "level", "kind", "x", "n"],
)


@pytest.mark.parametrize(
    ("row", "column", "value", "wrong"),
    [
        (0, "x", 2, "3 variables fit the number of patients"),
        (0, "x", 3, "age"),  # known and missing are more than all
        (1, "x", 2, "age"),  # so are the levels
        (2, "n", 4, "age"),  # of how many differs
        (5, "x", 0, "weight"),
        (6, "x", 1, "3 variables fit the number of patients"),  # one patient is in both levels
        (6, "x", 3, "sites"),  # more than are known
        (7, "x", 0, "3 variables fit the number of patients"),
        (8, "x", 3, "sites"),  # everybody is missing, and some are not
    ],
)
def test_levels_of_the_baseline_table(frames: Frames, row: int, column: str, value: int, wrong: str) -> None:
    frames["baseline"] = BASELINE
    _change(frames, "baseline", BASELINE.index.to_series() == row, column, value)
    status = "pass" if "fit" in wrong else "fail"
    assert _status(frames, "baseline_adds_up") == (status, wrong)


def test_an_event_before_index_is_shown(record: Record) -> None:
    record.member(1)
    record.death(1, -1)
    checks = record.results().consistency_check.set_index("check_name")
    assert checks.loc["no_event_before_index", "status"] == "fail"
    assert checks.loc["no_event_before_index", "detail"] == "10 of 10 endpoint dates lie before the index date"


def test_a_contact_after_death_is_shown(record: Record) -> None:
    record.member(1)
    record.death(1, 100)
    record.visit(1, 101)
    checks = record.results().consistency_check.set_index("check_name")
    assert checks.loc["no_contact_after_death", "status"] == "fail"
    cut = record.results(on(100)).consistency_check.set_index("check_name")
    assert cut.loc["no_contact_after_death", "status"] == "pass"
