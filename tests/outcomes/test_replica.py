"""The 32 replica patients written as CDM rows: every headline number of the study comes out of one recompute."""

from __future__ import annotations

from datetime import date
from importlib.resources import files

import duckdb
import pandas as pd
import pytest

from onco_registry.registry_model import RegistryDefinition
from onco_registry.results import Results
from outcomes.record import INDEX, Record, rows


@pytest.fixture(scope="module", name="results")
def _results(tables: duckdb.DuckDBPyConnection, registry: RegistryDefinition) -> Results:
    record = Record(tables, registry)
    with files("onco_registry.demo").joinpath("replica_32.csv").open(encoding="utf-8") as source:
        patients = pd.read_csv(source)
    for person, patient in enumerate(patients.itertuples(), start=1):
        _write(record, person, patient)
    return record.results(cut=date(2022, 5, 31))


def _write(record: Record, person: int, patient: object) -> None:
    row = patient._asdict()  # type: ignore[attr-defined]
    start = (date.fromisoformat(row["index_date"]) - INDEX).days
    pfs, os = start + row["pfs_days"] - 1, start + row["os_days"] - 1
    record.person(person)
    record.visit(person, start - 200)
    record.condition(person, 201, start - 200)
    record.condition(person, 211, start - 190)
    record.drug(person, "gamma", start - 180, start - 120)
    record.drug(person, "alpha", start, start + 30)
    record.drug(person, "beta", start)
    died_first = row["pfs_event"] and row["os_event"] and pfs == os
    if row["response"] != "PD":
        record.response(person, pfs - 1 if died_first else start + 42, row["response"])
    if not died_first:
        record.response(person, pfs, "PD" if row["pfs_event"] else row["response"])
    if row["os_event"]:
        record.death(person, os)
    else:
        record.visit(person, os)


def test_headline(results: Results) -> None:
    overall = results.estimate[results.estimate["stratum"] == "overall"].set_index(["measure", "ci_method"])
    printed = [
        ("orr", "clopper-pearson", 100, 1),
        ("dcr", "clopper-pearson", 100, 1),
        ("pfs_median", "spss-plain", 1, 2),
        ("pfs_median", "log-log", 1, 2),
        ("os_median", "spss-plain", 1, 2),
        ("os_median", "log-log", 1, 2),
    ]
    limits = ["estimate", "lower", "upper"]
    found = [
        tuple((overall.loc[(measure, method), limits].astype(float) * scale).round(digits))
        for measure, method, scale, digits in printed
    ]
    assert found == [
        (34.4, 18.6, 53.2),
        (84.4, 67.2, 94.7),
        (7.6, 3.31, 11.89),
        (7.59, 4.99, 10.87),
        (14.9, 8.36, 21.44),
        (14.88, 10.87, 22.87),
    ]
    follow_up = results.estimate[results.estimate["measure"] == "follow_up_median"].round({"estimate": 1})
    assert rows(follow_up, "estimate", "n", "events") == [(18.0, 32, 16)]


def test_counts(results: Results) -> None:
    responses = results.estimate[results.estimate["measure"].str.startswith("response_")]
    assert rows(responses, "measure", "x", "n") == [
        ("response_cr", 0, 32),
        ("response_pr", 11, 32),
        ("response_sd", 16, 32),
        ("response_non-cr/non-pd", 0, 32),
        ("response_pd", 5, 32),
        ("response_ne", 0, 32),
    ]
    medians = results.estimate[results.estimate["measure"].isin(["pfs_median", "os_median"])]
    assert rows(medians, "measure", "n", "events") == [
        ("pfs_median", 32, 26),
        ("pfs_median", 32, 26),
        ("os_median", 32, 16),
        ("os_median", 32, 16),
    ]
    assert set(results.consistency_check["status"]) == {"pass"}


def test_curves_start_with_everyone_and_end_with_the_last(results: Results) -> None:
    pfs = results.curve[results.curve["endpoint"] == "pfs"]
    columns = ("time_days", "at_risk", "events", "censored", "survival")
    assert rows(pfs.iloc[[0]], *columns) == [(0, 32, 0, 0, 1.0)]
    assert rows(pfs.iloc[[-1]], *columns) == [(1027, 1, 1, 0, 0.0)]
    assert int(pfs["events"].sum() + pfs["censored"].sum()) == 32
