"""The fictional hospital agrees with the replica plan to the day, read from its NDJSON by an independent reader."""

from __future__ import annotations

import csv
import json
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from demo.reading import (
    DATA,
    Chart,
    Outcome,
    day,
    failed,
    index_date,
    outcome,
    read,
    responses_from_sums,
    spellings,
)
from onco_registry.demo.hospital import HospitalSummary, build_hospital

GROUPS = {
    "replica": 32,
    "other_drugs": 60,
    "oral_alone": 35,
    "infusion_alone": 32,
    "other_diagnosis": 36,
    "not_metastatic": 26,
    "no_prior_line": 26,
    "starts_too_far_apart": 25,
    "add_on_later": 30,
    "first_stopped": 12,
    "entered_in_error": 16,
    "never_given": 12,
    "not_taken": 14,
    "minor": 12,
    "general": 20,
}
# What the patients of a group fail, and nothing else.
FAILS: dict[str, list[set[str]]] = {
    "replica": [set()],
    "other_drugs": [{"oral", "infusion"}],
    "oral_alone": [{"infusion"}],
    "infusion_alone": [{"oral"}],
    "other_diagnosis": [{"diagnosis"}],
    "not_metastatic": [{"metastatic"}],
    "no_prior_line": [{"prior_line"}],
    "starts_too_far_apart": [{"close", "concurrent"}],
    "add_on_later": [{"close"}],
    "first_stopped": [{"concurrent"}],
    "entered_in_error": [{"infusion"}, {"oral"}],
    "never_given": [{"infusion"}],
    "not_taken": [{"oral"}, {"infusion"}],
    "minor": [{"adult"}],
    "general": [{"oral", "infusion", "diagnosis", "metastatic", "prior_line"}],
}


@pytest.fixture(scope="module")
def plan() -> dict[str, Outcome]:
    """The planned outcome by patient id; the plan's P01 is patient p001."""
    with (DATA / "replica_32.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return {
        f"p{row['id'][1:]:0>3}": Outcome(
            row["response"],
            int(row["pfs_days"]),
            row["pfs_event"] == "1",
            int(row["os_days"]),
            row["os_event"] == "1",
            date.fromisoformat(row["index_date"]),
        )
        for row in rows
    }


def group_of() -> list[str]:
    """The group of each patient, in the order of their ids."""
    return [group for group, size in GROUPS.items() for _ in range(size)]


def test_the_plan_is_the_abstract(plan: dict[str, Outcome]) -> None:
    assert Counter(patient.response for patient in plan.values()) == {"PR": 11, "SD": 16, "PD": 5}
    assert sum(patient.pfs_event for patient in plan.values()) == 26
    assert sum(patient.os_event for patient in plan.values()) == 16


def test_the_same_seed_gives_the_same_bytes(hospital: HospitalSummary, tmp_path: Path) -> None:
    again = build_hospital(tmp_path)
    for first, second in ((hospital.initial, again.initial), (hospital.corrections, again.corrections)):
        files = {file.name: file.read_bytes() for file in first.iterdir()}
        assert files == {file.name: file.read_bytes() for file in second.iterdir()}


def test_the_summary_counts_what_was_written(hospital: HospitalSummary) -> None:
    assert dict(hospital.patients) == GROUPS
    for folder, counts in ((hospital.initial, hospital.resources), (hospital.corrections, hospital.corrected)):
        lines = {file.stem: file.read_bytes().count(b"\n") for file in folder.iterdir()}
        assert lines == dict(counts)
    assert 12_000 < sum(hospital.resources.values()) < 20_000


def test_every_resource_is_labelled_fictional_and_dated(hospital: HospitalSummary) -> None:
    for file in (*hospital.initial.iterdir(), *hospital.corrections.iterdir()):
        for resource in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
            assert resource["meta"]["tag"][0]["code"] == "fictional"
            assert {"versionId", "lastUpdated"} <= resource["meta"].keys()
            if file.stem == "Patient":
                assert resource["name"][0]["family"] == "Fictional"


def test_the_final_record_tells_the_plan_to_the_day(final: dict[str, Chart], plan: dict[str, Outcome]) -> None:
    assert {patient: outcome(final[patient]) for patient in plan} == plan


def test_sums_alone_tell_the_same(final: dict[str, Chart], plan: dict[str, Outcome]) -> None:
    for patient, planned in plan.items():
        chart = final[patient]
        assert outcome(chart, responses_from_sums(chart.sums(), planned.index_date)) == planned, patient


def test_fourteen_patients_have_sums_only(final: dict[str, Chart], plan: dict[str, Outcome]) -> None:
    without = [plan[patient].response for patient in plan if not final[patient].responses()]
    assert Counter(without) == {"SD": 8, "PR": 4, "PD": 2}


def test_the_first_night_differs_only_where_corrections_come(
    hospital: HospitalSummary, plan: dict[str, Outcome]
) -> None:
    first = read(hospital.initial)
    wrong = {
        patient for patient, planned in plan.items() if failed(first[patient]) or outcome(first[patient]) != planned
    }
    # A mistyped sum, a preliminary report, a late scan, a late death, and an infusion that was never given.
    assert wrong == {"p004", "p007", "p014", "p022", "p026"}


def test_scans_keep_six_to_nine_weeks(final: dict[str, Chart], plan: dict[str, Outcome]) -> None:
    for patient, planned in plan.items():
        days = [scan_day for scan_day, _ in final[patient].sums()]
        assert 0 <= (planned.index_date - days[0]).days <= 28, patient
        assert all(42 <= (later - earlier).days <= 63 for earlier, later in pairwise(days)), patient
        assert days[-1] <= date(2022, 5, 31)


def test_lesions_add_up_to_their_sum(final: dict[str, Chart], plan: dict[str, Outcome]) -> None:
    for patient in plan:
        lesions: Counter[date] = Counter()
        for observation in final[patient].final_observations():
            for part in (observation, *observation.get("component", [])):
                if any(coding["code"] == "33728-7" for coding in part["code"].get("coding", [])):
                    lesions[day(observation["effectiveDateTime"])] += part["valueQuantity"]["value"]
        assert lesions == dict(final[patient].sums()), patient


def test_nothing_happens_after_death_or_last_contact(final: dict[str, Chart], plan: dict[str, Outcome]) -> None:
    for patient, planned in plan.items():
        last = planned.index_date + timedelta(days=planned.os_days - 1)
        assert max(final[patient].contacts()) <= last, patient


def test_each_group_fails_what_it_is_named_for(final: dict[str, Chart]) -> None:
    assert len(final) == 388
    for group, (patient, chart) in zip(group_of(), sorted(final.items()), strict=True):
        assert failed(chart) in FAILS[group], (group, patient)


def test_errors_are_entered_first_and_withdrawn_later(hospital: HospitalSummary) -> None:
    first = read(hospital.initial)
    early = [p for group, (p, chart) in zip(group_of(), sorted(first.items()), strict=True)
             if group == "entered_in_error" and not failed(chart)]  # fmt: skip
    assert len(early) == 5


def test_index_is_the_later_start(final: dict[str, Chart]) -> None:
    assert index_date(final["p012"]) == date(2020, 8, 16)
    oral = spellings("drugs")["oral"]["drug"]
    assert final["p012"].exposures([oral])[0][0] == date(2020, 7, 5)


def test_partial_dates_and_unknown_deaths_are_among_the_others(final: dict[str, Chart]) -> None:
    deaths = {patient: chart.patient.get("deceasedDateTime", "") for patient, chart in final.items()}
    partial = [patient for patient, text in deaths.items() if len(text) == 7]
    assert partial
    assert min(partial) > "p032"
    assert [patient for patient, chart in final.items() if chart.patient.get("deceasedBoolean")]
