"""The long table of estimates: proportions with exact intervals here, the rest from modules of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from onco_registry.contrast import arm_rows, contrast_rows
from onco_registry.estimate_row import EXACT, OVERALL, Row
from onco_registry.exact import proportion
from onco_registry.registry_model import CONTROLLED, RESPONDED, RESPONSES, RegistryDefinition, Safety
from onco_registry.stratum import by_stratum
from onco_registry.time_estimate import group_rows, time_rows

ESTIMATE_COLUMNS = (
    "cohort", "stratum", "measure", "estimate", "lower", "upper", "ci_level", "ci_method", "x", "n", "events", "unit",
)  # fmt: skip
_GRADE_BANDS = {"1_2": (1, 2), "3_4": (3, 4), "5": (5, 5)}


def estimate(
    registry: RegistryDefinition,
    best_response: pd.DataFrame,
    best_by_source: pd.DataFrame,
    strata: pd.DataFrame,
    endpoint: pd.DataFrame,
    adverse_event: pd.DataFrame,
    adverse_event_group: pd.DataFrame,
    cohort: pd.DataFrame,
) -> pd.DataFrame:
    """Estimates of a cohort, in a fixed order: of response, times and safety, as far as its registry declares them.

    Denominators of proportions are all its patients. Those of response are all who were seen at index: who came later
    had to live until then.
    """
    percent = registry.analysis.ci_percent
    seen = cohort.loc[cohort["seen_at_index"].astype(bool), "subject_id"]
    best = best_response[best_response["subject_id"].isin(seen)]
    by_source = best_by_source[best_by_source["person_id"].isin(seen)]
    rows: list[Row] = []
    if registry.response.sources:
        rows += _responses(best, percent)
        rows += _responses_by_source(registry, by_source, len(best), percent)
        rows += _responses_by_stratum(best, strata, percent)
    rows += time_rows(registry, endpoint, strata)
    rows += contrast_rows(registry, endpoint, strata)
    if registry.safety:
        rows += _adverse_events(adverse_event, len(cohort), percent)
        rows += _adverse_event_groups(registry.safety, adverse_event_group, len(cohort), percent)
    return _frame(registry, rows)


def with_others(
    registry: RegistryDefinition, estimates: pd.DataFrame, comparison: pd.DataFrame, added_later: pd.DataFrame
) -> pd.DataFrame:
    """Estimates with those of the arms of the registry's comparators, and of who added a drug later, after them."""
    rows = list(arm_rows(registry, comparison))
    if registry.added_later:
        for endpoint, times in added_later.groupby("endpoint", sort=False):
            rows += group_rows(str(endpoint), f"cohort={registry.added_later.name}", times, registry.analysis)
    return pd.concat([estimates, _frame(registry, rows)], ignore_index=True) if rows else estimates


def _frame(registry: RegistryDefinition, rows: list[Row]) -> pd.DataFrame:
    """Rows as the long table of estimates has them."""
    frame = pd.DataFrame(rows, columns=[name for name in ESTIMATE_COLUMNS if name not in ("cohort", "ci_level")])
    frame["cohort"] = registry.cohort.name
    frame["ci_level"] = registry.analysis.ci_percent / 100
    counts = dict.fromkeys(("x", "n", "events"), "Int64")
    numbers = dict.fromkeys(("estimate", "lower", "upper"), "float64")
    return frame.astype({**counts, **numbers})[list(ESTIMATE_COLUMNS)]


def _proportion_row(stratum: str, measure: str, x: int, n: int, percent: int) -> Row:
    found = proportion(x, n, percent)
    return {
        "stratum": stratum,
        "measure": measure,
        "estimate": found.estimate,
        "lower": found.lower,
        "upper": found.upper,
        "ci_method": EXACT,
        "x": x,
        "n": n,
        "unit": "proportion",
    }


def _responses(best: pd.DataFrame, percent: int) -> Iterator[Row]:
    n = len(best)
    for measure, counted in (("orr", RESPONDED), ("dcr", CONTROLLED)):
        yield _proportion_row(OVERALL, measure, int(best["response"].isin(counted).sum()), n, percent)
    for response in RESPONSES:
        x = int((best["response"] == response).sum())
        yield _proportion_row(OVERALL, f"response_{response.lower()}", x, n, percent)


def _responses_by_source(
    registry: RegistryDefinition, best_by_source: pd.DataFrame, n: int, percent: int
) -> Iterator[Row]:
    """Each source alone, over all patients: sources are never mixed without saying so."""
    for source in registry.response.sources:
        response = best_by_source.loc[best_by_source["source"] == source, "response"]
        for measure, counted in (("orr", RESPONDED), ("dcr", CONTROLLED)):
            x = int(response.isin(counted).sum())
            yield _proportion_row(f"source={source}", f"{measure}_by_source", x, n, percent)


def _responses_by_stratum(best: pd.DataFrame, strata: pd.DataFrame, percent: int) -> Iterator[Row]:
    """Strata as declared; their bins from low to high, other values by the number of patients."""
    for stratum, label, group in by_stratum(best, strata):
        for measure, counted in (("orr", RESPONDED), ("dcr", CONTROLLED)):
            x = int(group["response"].isin(counted).sum())
            yield _proportion_row(f"{stratum}={label}", measure, x, len(group), percent)


def _adverse_events(events: pd.DataFrame, n: int, percent: int) -> Iterator[Row]:
    """Patients with any event, by the worst grade over all their terms, and by term; all and related events."""
    for suffix, rows, grade in (
        ("", events, "worst_grade"),
        ("_related", events[events["related"].astype(bool)], "worst_related_grade"),
    ):
        any_measure = "ae_related" if suffix else "ae_any"
        yield _proportion_row(OVERALL, any_measure, int(rows["subject_id"].nunique()), n, percent)
        worst = rows.groupby("subject_id")[grade].max()
        for band, (low, high) in _GRADE_BANDS.items():
            x = int(worst.between(low, high).sum())
            yield _proportion_row(OVERALL, f"ae_grade_{band}{suffix}", x, n, percent)
        patients = rows.groupby("term")["subject_id"].nunique()
        for term, x in sorted(patients.items(), key=lambda item: (-item[1], item[0])):
            yield _proportion_row(OVERALL, f"ae_term{suffix}:{term}", int(x), n, percent)


def _adverse_event_groups(rules: Safety, groups: pd.DataFrame, n: int, percent: int) -> Iterator[Row]:
    for name in rules.groups:
        rows = groups[groups["ae_group"] == name]
        for suffix, counted in (("", rows), ("_related", rows[rows["related"].astype(bool)])):
            x = int(counted["subject_id"].nunique())
            yield _proportion_row(OVERALL, f"ae_group{suffix}:{name}", x, n, percent)
