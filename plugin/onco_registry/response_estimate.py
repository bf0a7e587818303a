"""Further proportions of response: confirmed, clinical benefit, sensitivity analyses and secondary denominators.

The denominator is every patient seen at index, whatever is missing, except where a measure begins with `secondary_`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from onco_registry.estimate import ESTIMATE_COLUMNS
from onco_registry.estimate_row import EXACT, OVERALL
from onco_registry.exact import proportion
from onco_registry.registry_model import CONTROLLED, RESPONDED, RESPONSES, RegistryDefinition

# measure -> patients counted, patients they are counted among
Counts = Iterator[tuple[str, str, int, int]]
_RATES: Mapping[str, tuple[str, ...]] = {"orr": RESPONDED, "dcr": CONTROLLED}


def estimate_response(
    registry: RegistryDefinition,
    by_source: pd.DataFrame,
    at_minimum: pd.DataFrame,
    population: pd.DataFrame,
    queries: pd.DataFrame,
    other_baseline: pd.DataFrame | None,
) -> pd.DataFrame:
    """Estimates in the columns of `estimate`, in a fixed order, from relations of response.

    `by_source` and `at_minimum` are best responses, the latter by minimum duration of stable disease; `population` has
    a row per patient seen at index, with the secondary denominators; `other_baseline` is `at_minimum` with another
    window for baselines.
    """
    n, seen = len(population), population["person_id"]
    by_source, at_minimum = by_source[by_source["person_id"].isin(seen)], at_minimum[at_minimum["person_id"].isin(seen)]
    queries = queries[queries["subject_id"].isin(seen)]
    if other_baseline is not None:
        other_baseline = other_baseline[other_baseline["person_id"].isin(seen)]
    chosen = by_source[by_source["chosen"].astype(bool)]
    counts = [
        *_benefit(chosen, n),
        *_confirmed(chosen, n),
        *_confirmed_by_source(registry, by_source, n),
        *_minimums(registry, at_minimum, n),
        *_secondary(chosen, population),
        *_other_baseline(registry, other_baseline, n),
        *_without_baseline(registry, queries, n),
    ]
    return proportion_frame(registry, counts)


def _benefit(chosen: pd.DataFrame, n: int) -> Counts:
    yield OVERALL, "cbr", int(chosen["benefit"].sum()), n


def _confirmed(chosen: pd.DataFrame, n: int) -> Counts:
    """Responses that a later assessment confirms; no assessment at all is NE."""
    for measure, counted in _RATES.items():
        yield OVERALL, f"{measure}_confirmed", int(chosen["confirmed"].isin(counted).sum()), n
    yield OVERALL, "cbr_confirmed", int(chosen["confirmed_benefit"].sum()), n
    for response in RESPONSES:
        missing = n - len(chosen) if response == "NE" else 0
        x = int((chosen["confirmed"] == response).sum()) + missing
        yield OVERALL, f"confirmed_response_{response.lower()}", x, n


def _confirmed_by_source(registry: RegistryDefinition, by_source: pd.DataFrame, n: int) -> Counts:
    for source in registry.response.sources:
        alone = by_source[by_source["source"] == source]
        for measure, counted in _RATES.items():
            yield f"source={source}", f"{measure}_confirmed_by_source", int(alone["confirmed"].isin(counted).sum()), n


def _minimums(registry: RegistryDefinition, at_minimum: pd.DataFrame, n: int) -> Counts:
    """Stable disease and disease control by the minimum duration that stable disease must have."""
    chosen = at_minimum[at_minimum["chosen"].astype(bool)]
    for days in registry.response.minimums:
        best = chosen[chosen["minimum_days"] == days]
        yield OVERALL, f"sd_minimum_{days}d", int((best["response"] == "SD").sum()), n
        yield OVERALL, f"dcr_minimum_{days}d", int(best["response"].isin(CONTROLLED).sum()), n


def _secondary(chosen: pd.DataFrame, population: pd.DataFrame) -> Counts:
    for name in ("measurable", "evaluable"):
        patients = population.loc[population[f"is_{name}"].astype(bool), "person_id"]
        among = chosen[chosen["person_id"].isin(patients)]
        for measure, counted in _RATES.items():
            x = int(among["response"].isin(counted).sum())
            yield OVERALL, f"secondary_{measure}_{name}", x, len(patients)


def _other_baseline(registry: RegistryDefinition, at_minimum: pd.DataFrame | None, n: int) -> Counts:
    if at_minimum is None:
        return
    rules = registry.response
    best = at_minimum[at_minimum["chosen"].astype(bool) & (at_minimum["minimum_days"] == rules.stable_disease_days)]
    for measure, counted in _RATES.items():
        x = int(best["response"].isin(counted).sum())
        yield OVERALL, f"{measure}_baseline_{rules.other_baseline_days}d", x, n


def _without_baseline(registry: RegistryDefinition, queries: pd.DataFrame, n: int) -> Counts:
    """Patients who were measured after index with nothing to compare it with."""
    without = queries[queries["query"] == "no_baseline"]
    for source in registry.response.sources:
        if source in ("sums", "lesions"):
            yield f"source={source}", "no_baseline_by_source", int((without["source"] == source).sum()), n


def proportion_frame(registry: RegistryDefinition, counts: list[tuple[str, str, int, int]]) -> pd.DataFrame:
    """(stratum, measure, x, n) in the columns of `estimate`, with exact intervals."""
    percent = registry.analysis.ci_percent
    frame = pd.DataFrame(counts, columns=["stratum", "measure", "x", "n"])
    found = [proportion(x, n, percent) for _, _, x, n in counts]
    frame["estimate"] = [interval.estimate for interval in found]
    frame["lower"] = [interval.lower for interval in found]
    frame["upper"] = [interval.upper for interval in found]
    frame = frame.assign(
        cohort=registry.cohort.name,
        ci_level=percent / 100,
        ci_method=EXACT,
        events=pd.array([pd.NA] * len(frame), dtype="Int64"),
        unit="proportion",
    )
    return frame.astype({"x": "Int64", "n": "Int64"})[list(ESTIMATE_COLUMNS)]
