"""Estimates of the time-to-event endpoints: medians, rates, restricted means, follow-up; and their curves."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from onco_registry.estimate_row import (
    LOG_LOG,
    NOT_COMPUTED,
    OVERALL,
    RMST,
    SPSS,
    Row,
    counted,
    from_day,
    in_months,
    limits,
)
from onco_registry.left_truncation import from_enough_at_risk
from onco_registry.registry_model import Analysis, RegistryDefinition
from onco_registry.stratum import by_stratum
from onco_registry.survival import DAYS_PER_MONTH, UNDEFINED, kaplan_meier, median, rmst, spss_median, survival_at

_DAYS_PER_WEEK = 7


def time_rows(registry: RegistryDefinition, endpoint: pd.DataFrame, strata: pd.DataFrame) -> Iterator[Row]:
    """Each endpoint of all patients; after its overall rows those by stratum, where the registry declares them."""
    analysis = registry.analysis
    for name in registry.endpoints:
        times = endpoint[endpoint["endpoint"] == name]
        yield from group_rows(name, OVERALL, times, analysis)
        yield _spss_row(name, times, analysis)
        if name in analysis.rmst:
            yield _rmst_row(name, times, analysis)
        if name == analysis.follow_up:
            yield _follow_up_row(times, analysis)
        for stratum, label, group in by_stratum(times, strata, analysis.by_stratum.get(name, ())):
            yield from group_rows(name, f"{stratum}={label}", group, analysis)


def curves(registry: RegistryDefinition, endpoint: pd.DataFrame, strata: pd.DataFrame) -> pd.DataFrame:
    """The Kaplan-Meier curves with log-log bands and numbers at risk, by time in days: overall, then by stratum."""
    found = []
    for name in registry.endpoints:
        times = endpoint[endpoint["endpoint"] == name]
        declared = registry.analysis.by_stratum.get(name, ())
        found.append(group_curve(name, OVERALL, times, registry.analysis))
        for stratum, label, group in by_stratum(times, strata, declared):
            found.append(group_curve(name, f"{stratum}={label}", group, registry.analysis))
    return pd.concat(found, ignore_index=True)


def curves_of_others(registry: RegistryDefinition, comparison: pd.DataFrame, added_later: pd.DataFrame) -> pd.DataFrame:
    """Those of the arms of the registry's comparators from their landmark, and of who added a drug later."""
    found = [
        group_curve(str(endpoint), f"arm={arm}", times, registry.analysis)
        for (endpoint, arm), times in comparison.groupby(["endpoint", "arm"], sort=False)
    ]
    if registry.added_later:
        found += [
            group_curve(str(endpoint), f"cohort={registry.added_later.name}", times, registry.analysis)
            for endpoint, times in added_later.groupby("endpoint", sort=False)
        ]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame()


def group_curve(name: str, stratum: str, times: pd.DataFrame, analysis: Analysis) -> pd.DataFrame:
    """The curve of some patients, as rows of results.curve."""
    curve = _curve(from_enough_at_risk(times)[0], analysis).rename(columns={"time": "time_days"})
    curve.insert(0, "endpoint", name)
    curve.insert(1, "stratum", stratum)
    return curve.astype(dict.fromkeys(("time_days", "at_risk", "events", "censored"), "int64"))


def group_rows(name: str, stratum: str, times: pd.DataFrame, analysis: Analysis) -> Iterator[Row]:
    """The median of some patients, then their rates; of a rate the events until its time."""
    followed, day = from_enough_at_risk(times)
    common = {**counted(stratum, followed), "ci_method": from_day(LOG_LOG, day)}
    curve = _curve(followed, analysis)
    yield {**common, "measure": f"{name}_median", "unit": "months"} | limits(in_months(median(curve)))
    landmarks: list[tuple[str, float]] = [
        (f"{weeks}w", weeks * _DAYS_PER_WEEK) for weeks in analysis.rates_in_weeks.get(name, ())
    ]
    landmarks += [(f"{months}m", months * DAYS_PER_MONTH) for months in analysis.rates.get(name, ())]
    for label, days in landmarks:
        row = {**common, **counted(stratum, followed, days), "measure": f"{name}_rate_{label}", "unit": "proportion"}
        # Nobody counts as at risk before that day.
        yield row | limits(survival_at(curve, days) if days > day else UNDEFINED)


def _curve(followed: pd.DataFrame, analysis: Analysis) -> pd.DataFrame:
    event = followed["event"].astype(bool)
    return kaplan_meier(followed["time_days"], event, analysis.ci_percent, entry=followed["entry_days"])


def _rmst_row(name: str, times: pd.DataFrame, analysis: Analysis) -> Row:
    """The restricted mean of an endpoint, in months up to its declared time, with the events until then."""
    months = analysis.rmst[name]
    days = months * DAYS_PER_MONTH
    followed, day = from_enough_at_risk(times)
    mean = rmst(_curve(followed, analysis), days)
    method = from_day(RMST, day) if pd.notna(mean.estimate) else f"{NOT_COMPUTED}follow-up ends before {months} months"
    row = {**counted(OVERALL, followed, days), "measure": f"{name}_rmst_{months}m", "unit": "months"}
    found = in_months(mean.interval(analysis.ci_percent)) if days > day else UNDEFINED
    return row | {"ci_method": method} | limits(found)


def _spss_row(name: str, times: pd.DataFrame, analysis: Analysis) -> Row:
    """As others print it, for comparison: late entries are not allowed for."""
    row = {**counted(OVERALL, times), "measure": f"{name}_median", "unit": "months", "ci_method": SPSS}
    days, event = times["time_days"].astype(float), times["event"].astype(bool)
    return row | limits(spss_median(days, event, analysis.ci_percent))


def _follow_up_row(times: pd.DataFrame, analysis: Analysis) -> Row:
    """Reverse Kaplan-Meier: being censored is the event."""
    followed, day = from_enough_at_risk(times.assign(event=~times["event"].astype(bool)))
    common = {**counted(OVERALL, followed), "ci_method": from_day(LOG_LOG, day)}
    curve = _curve(followed, analysis)
    return {**common, "measure": "follow_up_median", "unit": "months"} | limits(in_months(median(curve)))
