"""Estimates of safety for the long table, and the frames of rates and cumulative incidences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

import pandas as pd

from onco_registry.estimate import ESTIMATE_COLUMNS
from onco_registry.estimate_row import EXACT, NOT_COMPUTED, OVERALL, from_day
from onco_registry.exact import incidence_rate, proportion
from onco_registry.left_truncation import FEWEST_AT_RISK, from_enough_at_risk
from onco_registry.registry_model import RegistryDefinition, Safety
from onco_registry.safety_model import BANDS
from onco_registry.survival import DAYS_PER_MONTH, Interval, cumulative_incidence
from onco_registry.survival.interval import UNDEFINED

POISSON = "exact-poisson"
AALEN_JOHANSEN = "aalen-johansen-log-log"
RANGE = "range"
QUARTILES = "quartiles"
# Rates are told per 100 person-years.
_DAYS = 36525.0
_KEYS = ["related_only", "kind", "item"]
# What ends the time at risk, as causes of the cumulative incidence; 0 is censored.
_CAUSES = {"censored": 0, "event": 1, "death": 2, "window ended": 2}
_COUNTS = {"events": 1, "competing": 2, "censored": 0}
_ENDS = list(_COUNTS)

# The same counts come again and again.
_exact = cache(proportion)

Row = dict[str, Any]
Frames = Mapping[str, pd.DataFrame]


def rate_frame(counted: pd.DataFrame, percent: int) -> pd.DataFrame:
    """`adverse_event_rate` with rate, lower and upper per 100 person-years."""
    found = [
        incidence_rate(int(events), days / _DAYS, percent)
        for events, days in zip(counted["events"], counted["person_days"], strict=True)
    ]
    limits = pd.DataFrame([(one.estimate, one.lower, one.upper) for one in found], columns=["rate", "lower", "upper"])
    return counted.reset_index(drop=True).assign(**limits)


def incidence_frame(times: pd.DataFrame, percent: int) -> pd.DataFrame:
    """The cumulative incidence of each row of the safety tables by days; death and the end of the window compete.

    Where patients were first seen after their index it is conditional on no event by `from_day`, the first with enough
    at risk; where there is none, the row has no curve. `times`: kind, item, related_only, entry_days, time_days,
    outcome of each patient.
    """
    found = [_curve(keys, one, percent) for keys, one in times.groupby(_KEYS, sort=False)]
    return pd.concat(found, ignore_index=True) if found else _curve((False, "", ""), times, percent).iloc[:0]


def _curve(keys: tuple[Any, ...], times: pd.DataFrame, percent: int) -> pd.DataFrame:
    followed, day = from_enough_at_risk(times)
    days, cause = followed["time_days"], followed["outcome"].map(_CAUSES).astype(int)
    counts = {name: (cause == number).groupby(days).sum() for name, number in _COUNTS.items()}
    entry = followed["entry_days"]
    found = cumulative_incidence(days, cause, percent, entry=entry)
    event = found[found["cause"] == _CAUSES["event"]].set_index("time")[["incidence", "lower", "upper"]].astype(float)
    table = pd.DataFrame(counts)
    table.insert(0, "at_risk", [int(((entry < day) & (days >= day)).sum()) for day in table.index])
    # Without any event there is no curve of it: its incidence is 0.
    joined = table.join(event).fillna({"incidence": 0.0}).assign(from_day=day)
    return joined.rename_axis("time_days").reset_index().assign(**dict(zip(_KEYS, keys, strict=True)))


def _incidence_at(curve: pd.DataFrame, days: float) -> Interval:
    """The incidence at a time; not defined after the last time observed, unless nobody is left to have the event."""
    last = curve.iloc[-1] if len(curve) else None
    if last is None or (days > last["time_days"] and last["censored"] > 0):
        return UNDEFINED
    reached = curve[curve["time_days"] <= days]
    if reached.empty:
        return Interval(0.0, float("nan"), float("nan"))
    return Interval(*(float(reached.iloc[-1][name]) for name in ("incidence", "lower", "upper")))


def safety_estimates(registry: RegistryDefinition, rules: Safety, frames: Frames) -> pd.DataFrame:
    """Rows of results.estimate, in a fixed order, of the frames safety_table, ae_rate, ae_incidence, laboratory_grade,
    immune_event, dose and treatment_window; `rules` are the registry's.
    """
    percent = registry.analysis.ci_percent
    rows = [
        *_proportions(frames["safety_table"], percent),
        *_rates(frames["ae_rate"]),
        *_incidences(rules, frames["ae_incidence"], frames["ae_rate"]),
        *_laboratory(frames["laboratory_grade"], percent),
        *_immune(frames["immune_event"], percent),
        *_doses(rules, frames["dose"], percent),
        *_deaths(rules, frames["treatment_window"], percent),
    ]
    level = percent / 100
    for row in rows:
        row |= {"cohort": registry.cohort.name, "stratum": OVERALL}
        row |= {"ci_level": None if row["ci_method"] in (RANGE, QUARTILES) else level}
    frame = pd.DataFrame(rows, columns=list(ESTIMATE_COLUMNS))
    counts = dict.fromkeys(("x", "n", "events"), "Int64")
    return frame.astype({**counts, **dict.fromkeys(("estimate", "lower", "upper", "ci_level"), "float64")})


def _row(measure: str, found: Interval, method: str, unit: str, n: int, **counts: int) -> Row:
    limits = {"estimate": found.estimate, "lower": found.lower, "upper": found.upper}
    return {"measure": measure, **limits, "ci_method": method, "unit": unit, "n": n, **counts}


def _share(measure: str, x: int, n: int, percent: int) -> Row:
    return _row(measure, _exact(x, n, percent), EXACT, "proportion", n, x=x)


def _each(frame: pd.DataFrame) -> Iterable[Any]:
    return frame.itertuples()


def _name(before: str, row: Any) -> str:
    """'ae_rate_term_related:Term' of a row with kind, item and related_only."""
    return f"{before}{row.kind}{'_related' if row.related_only else ''}{':' if row.item else ''}{row.item}"


def _proportions(table: pd.DataFrame, percent: int) -> Iterator[Row]:
    """Of all patients; `any`, and terms and groups of any grade, are the business of estimate.py."""
    for row in _each(table):
        if row.kind in ("serious", "severe", "class"):
            yield _share(_name("ae_", row), row.x, row.n, percent)
        if row.kind in ("class", "term", "group"):
            for band in BANDS:
                related = "_related" if row.related_only else ""
                measure = f"ae_{row.kind}_grade_{band}{related}:{row.item}"
                yield _share(measure, int(getattr(row, f"x_grade_{band}")), row.n, percent)


def _rates(rates: pd.DataFrame) -> Iterator[Row]:
    for row in _each(rates):
        found = Interval(row.rate, row.lower, row.upper)
        counts = {"x": row.events, "events": row.events}
        yield _row(_name("ae_rate_", row), found, POISSON, "per 100 person-years", row.n, **counts)
        if row.events:
            days = Interval(row.first_median_days, row.first_minimum_days, row.first_maximum_days)
            yield _row(_name("ae_time_to_first_", row), days, RANGE, "days", row.n, **counts)


def _incidences(rules: Safety, curves: pd.DataFrame, rates: pd.DataFrame) -> Iterator[Row]:
    by_row = dict(list(curves.groupby(_KEYS)))
    for row in _each(rates):
        curve = by_row.get((row.related_only, row.kind, row.item), curves.iloc[:0])
        method, counts, day = f"{NOT_COMPUTED}fewer than {FEWEST_AT_RISK} at risk", {"n": 0, "events": 0}, 0
        if len(curve):
            day = int(curve["from_day"].iloc[0])
            method = from_day(AALEN_JOHANSEN, day)
            counts = {"n": int(curve[_ENDS].to_numpy().sum()), "events": int(curve["events"].sum())}
        for months in rules.incidence_months:
            days = months * DAYS_PER_MONTH
            found = _incidence_at(curve, days) if days > day else UNDEFINED
            yield _row(_name(f"ae_incidence_{months}m_", row), found, method, "proportion", **counts)


def _laboratory(grades: pd.DataFrame, percent: int) -> Iterator[Row]:
    """Of the patients with a result that could be graded; grades that are worse than the baseline."""
    graded = grades[grades["worst_grade"].notna()]
    for term, rows in graded.groupby("term"):
        emergent = rows["emergent_grade"]
        yield _share(f"lab_any:{term}", int((emergent > 0).sum()), len(rows), percent)
        for band in ("1_2", "3_4"):
            yield _share(f"lab_grade_{band}:{term}", int(emergent.between(*BANDS[band]).sum()), len(rows), percent)


def _immune(events: pd.DataFrame, percent: int) -> Iterator[Row]:
    """Patients with steroids of those with an event of the extended terms; such events by outcome."""
    patients = events["subject_id"].nunique()
    treated = events.loc[events["steroids"] == "given", "subject_id"].nunique()
    yield _share("immune_steroids", treated, patients, percent)
    for outcome, x in events["outcome"].value_counts().sort_index().items():
        yield _share(f"immune_event_outcome:{outcome}", int(x), len(events), percent)


def _doses(rules: Safety, doses: pd.DataFrame, percent: int) -> Iterator[Row]:
    """Each of the patients in whom the CDM tells; n says how many these are."""
    for plan in rules.doses:
        rows = doses[doses["component"] == plan.component]
        started = rows[rows["starting_dose"].notna() & rows["planned_dose"].notna()]
        lower = int((started["starting_dose"] < started["planned_dose"]).sum())
        yield _share(f"dose_started_lower:{plan.component}", lower, len(started), percent)
        for measure, column in (("dose_reduced", "reductions"), ("dose_interrupted", "interruptions")):
            told = rows[column].dropna()
            yield _share(f"{measure}:{plan.component}", int((told > 0).sum()), len(told), percent)
        yield from _discontinued(plan.component, rows[rows["status"] != "not evaluable"], percent)
        intensity = rows["relative_dose_intensity"].dropna().astype(float)
        found = Interval(*(float(intensity.quantile(part)) for part in (0.5, 0.25, 0.75)))
        yield _row(f"dose_intensity_median:{plan.component}", found, QUARTILES, "proportion", len(intensity))


def _discontinued(component: str, rows: pd.DataFrame, percent: int) -> Iterator[Row]:
    stopped = rows[rows["status"] == "discontinued"]
    yield _share(f"dose_discontinued:{component}", len(stopped), len(rows), percent)
    for reason, x in stopped["reason"].value_counts().sort_index().items():
        yield _share(f"dose_discontinued_reason:{component}:{reason}", int(x), len(rows), percent)


def _deaths(rules: Safety, treated: pd.DataFrame, percent: int) -> Iterator[Row]:
    x = int(treated["died_in_window"].sum())
    yield _share(f"death_within_{rules.window_days}d_of_last_dose", x, len(treated), percent)
