"""Every estimator on public data sets against R's package survival (reference/survival.csv, made by survival.R)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache
from math import isnan, nan
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from onco_registry import survival
from outcomes.reference.datasets import DATASETS, sample

RELATIVE = 1e-6
# Numbers that are nothing but rounding, such as a p-value of 1e-53 or a limit of 1e-12.
ABSOLUTE = 1e-12

Values = dict[tuple[str, str], float]


@cache
def _reference() -> dict[tuple[str, str], Values]:
    """(data set, method) -> (quantity, at) -> value."""
    found: dict[tuple[str, str], Values] = {}
    with (Path(__file__).parent / "reference" / "survival.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            value = nan if row["value"] == "NA" else float(row["value"])
            found.setdefault((row["dataset"], row["method"]), {})[row["quantity"], row["at"]] = value
    return found


_sample = cache(sample)


def _columns(data: pd.DataFrame, *names: str) -> list[pd.Series[float] | None]:
    return [data.get(name) for name in names]


def _at(values: Values, quantity: str) -> list[tuple[str, float]]:
    return [(at, float(at)) for name, at in values if name == quantity]


def _curve(dataset: str, conf_type: str, percent: float = 95) -> pd.DataFrame:
    data = _sample(dataset)
    (entry,) = _columns(data, "entry")
    return survival.kaplan_meier(data["time"], data["event"], percent, entry=entry, conf_type=conf_type)


def _kaplan_meier(dataset: str, conf_type: str, values: Values) -> Values:
    curve = _curve(dataset, conf_type)
    found: Values = {}
    for text, at in _at(values, "survival"):
        last = curve[curve["time"] <= at].iloc[-1]
        found |= {(name, text): float(last[name]) for name in ("survival", "std_error", "lower", "upper")}
        here = survival.survival_at(curve, at, extend=True)
        assert (here.estimate, last["time"]) == (last["survival"], at)
        found["at_risk", text] = float(last["at_risk"])
    for text, p in _at(values, "quantile"):
        found |= _named("quantile", text, survival.quantile(curve, p))
    return found | _named("median", "", survival.median(curve), "median")


def _named(name: str, at: str, found: survival.Interval, base: str = "quantile") -> Values:
    return {(name, at): found.estimate, (f"{base}_lower", at): found.lower, (f"{base}_upper", at): found.upper}


def _ninety(dataset: str, values: Values) -> Values:
    curve = _curve(dataset, "log-log", 90)
    return {("lower", text): survival.survival_at(curve, at, extend=True).lower for text, at in _at(values, "lower")}


def _rmst(dataset: str, values: Values) -> Values:
    curve = _curve(dataset, "log-log")
    found: Values = {}
    for text, until in _at(values, "mean"):
        mean = survival.rmst(curve, until)
        found |= {("mean", text): mean.estimate, ("std_error", text): mean.std_error}
    return found


def _follow_up(dataset: str) -> Values:
    data = _sample(dataset)
    (entry,) = _columns(data, "entry")
    reverse = survival.kaplan_meier(data["time"], data["event"] == 0, entry=entry)
    return _named("median", "", survival.median(reverse), "median")


def _log_rank(dataset: str, stratified: bool) -> Values:
    data = _sample(dataset)
    test = survival.log_rank(data["time"], data["event"], data["group"], data["layer"] if stratified else None)
    found = {("statistic", ""): test.statistic, ("p", ""): test.p}
    expected = {} if stratified else test.expected
    return found | {("expected", group): number for group, number in expected.items()}


def _covariates(data: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, list[str]]]:
    """The covariates as R makes them of numbers and a factor, and its terms."""
    numbers = data.filter(regex="^x[0-9]$").astype(float)
    terms = {str(name): [str(name)] for name in numbers}
    if "group" in data:
        labels = sorted(data["group"].unique())[1:]
        dummies = pd.DataFrame({f"group{label}": (data["group"] == label).astype(float) for label in labels})
        numbers, terms = (
            pd.concat([numbers, dummies], axis=1),
            {**terms, "group": [f"group{label}" for label in labels]},
        )
    return numbers, terms


def _cox(dataset: str, stratified: bool, transform: str | None) -> Values:
    data = _sample(dataset)
    covariates, terms = _covariates(data)
    entry, strata = _columns(data, "entry", "layer" if stratified else "none")
    model = survival.cox(covariates, data["time"], data["event"], entry=entry, strata=strata)
    if transform is None:
        names = ("log_hazard", "std_error", "p", "lower", "upper")
        found = {(name, str(at)): float(row[name]) for at, row in model.table.iterrows() for name in names}
        return {**found, ("log_likelihood", ""): model.log_likelihood}
    test = survival.ph_test(
        covariates, list(model.table["log_hazard"]), data["time"], data["event"], entry=entry, strata=strata,
        terms=terms, transform=transform,
    )  # fmt: skip
    return {(name, str(term)): float(row[name]) for term, row in test.iterrows() for name in ("statistic", "p")}


def _incidence(dataset: str, conf_type: str, cause: str, values: Values) -> Values:
    data = _sample(dataset)
    (entry,) = _columns(data, "entry")
    table = survival.cumulative_incidence(data["time"], data["cause"], entry=entry, conf_type=conf_type)
    own = table[table["cause"] == int(cause)]
    names = ("incidence", "std_error", "lower", "upper")
    return {(name, text): float(own[own["time"] <= at].iloc[-1][name]) for text, at in _at(values, "incidence")
            for name in names}  # fmt: skip


def _computed(dataset: str, method: str, values: Values) -> Values:
    name, _, option = method.partition(" ")
    match name:
        case "kaplan-meier" if option == "90":
            return _ninety(dataset, values)
        case "kaplan-meier":
            return _kaplan_meier(dataset, option, values)
        case "rmst":
            return _rmst(dataset, values)
        case "follow-up":
            return _follow_up(dataset)
        case "log-rank":
            return _log_rank(dataset, option == "stratified")
        case "cox":
            transform = option.removeprefix("stratified").strip()
            return _cox(dataset, option.startswith("stratified"), transform or None)
        case _:
            conf_type, cause = option.split(" ")
            return _incidence(dataset, conf_type, cause, values)


def _differences(expected: Values, found: Values) -> Iterator[str]:
    for key, value in expected.items():
        own = found[key]
        close = bool(np.isclose(own, value, rtol=RELATIVE, atol=ABSOLUTE)) or (isnan(own) and isnan(value))
        if not close:
            yield f"{' '.join(key)}: {own!r}, R {value!r}"


@pytest.mark.parametrize(("dataset", "method"), sorted(_reference()))
def test_as_in_r(dataset: str, method: str) -> None:
    values = _reference()[dataset, method]
    assert list(_differences(values, _computed(dataset, method, values))) == []


def test_every_data_set_has_reference_values() -> None:
    assert {dataset for dataset, _ in _reference()} == set(DATASETS)
