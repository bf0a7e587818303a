"""Declared contrasts of strata: log-rank test, hazard ratios and the test of their assumption, restricted means.

Only what a registry declares is compared, and only with enough events for the model; else a row says why not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from onco_registry.estimate_row import COX, LOG_RANK, NOT_COMPUTED, PH_TEST, RMST, Row, in_months, limits
from onco_registry.registry_model import Analysis, Contrast, RegistryDefinition
from onco_registry.stratum import by_stratum
from onco_registry.survival import (
    DAYS_PER_MONTH,
    UNDEFINED,
    CoxModel,
    Interval,
    cox,
    kaplan_meier,
    log_rank,
    ph_test,
    rmst_difference,
)

# Peduzzi et al., J Clin Epidemiol 1995;48:1503-1510.
EVENTS_PER_PARAMETER = 10


@dataclass(frozen=True, slots=True)
class _Compared:
    """The patients of a contrast with time_days, event and label; `others` are compared with the reference.

    `within` has each patient's stratum of the stratified tests, if any.
    """

    contrast: Contrast
    times: pd.DataFrame
    others: tuple[str, ...]
    within: pd.Series[str] | None

    def dummies(self) -> pd.DataFrame:
        """A column per label besides the reference, 1 for its patients."""
        return pd.DataFrame({label: (self.times["label"] == label).astype(float) for label in self.others})

    def group(self, label: str) -> pd.DataFrame:
        """The rows of one label."""
        return self.times[self.times["label"] == label]


def contrast_rows(registry: RegistryDefinition, endpoint: pd.DataFrame, strata: pd.DataFrame) -> Iterator[Row]:
    """The rows of each: the log-rank test, each hazard ratio with its difference of means, the test of the ratios."""
    for contrast in registry.analysis.contrasts:
        yield from _rows(_compared(contrast, endpoint, strata), registry.analysis)


def _compared(contrast: Contrast, endpoint: pd.DataFrame, strata: pd.DataFrame) -> _Compared:
    """Patients for whom the stratum is known (and the one within which they are compared)."""
    known = strata[~(strata["is_recorded"].astype(bool) & strata["is_missing"].astype(bool))]
    times = endpoint[endpoint["endpoint"] == contrast.endpoint]
    groups = [group for _, _, group in by_stratum(times, known, [contrast.stratum])]
    found = pd.concat(groups) if groups else times.iloc[:0].assign(label="")
    within = None
    if contrast.within:
        layers = known[known["stratum"] == contrast.within].set_index("person_id")["label"]
        found = found[found["subject_id"].isin(layers.index)]
        within = found["subject_id"].map(layers)
    others = tuple(label for label in dict.fromkeys(found["label"]) if label != contrast.reference)
    return _Compared(contrast, found, others, within)


def _rows(compared: _Compared, analysis: Analysis) -> Iterator[Row]:
    contrast = compared.contrast
    whole = _row(compared.times, contrast.stratum)
    reason, model = _model(compared, analysis)
    method = NOT_COMPUTED + reason if reason else None
    p = float("nan") if reason else _log_rank_p(compared)
    yield {**whole, "measure": f"{contrast.endpoint}_log_rank_p", "unit": "p"} | _number(p, method or LOG_RANK)
    for label in compared.others:
        pair = pd.concat([compared.group(label), compared.group(contrast.reference)])
        row = _row(pair, f"{contrast.stratum}={label} vs {contrast.reference}")
        ratio = _ratio(model, label) if model else UNDEFINED
        yield {**row, "measure": f"{contrast.endpoint}_hazard_ratio", "unit": "ratio", "ci_method": method or COX} | (
            limits(ratio)
        )
        yield row | _difference(compared, label, analysis, method)
    p = _assumption_p(compared, model) if model else float("nan")
    yield {**whole, "measure": f"{contrast.endpoint}_ph_test_p", "unit": "p"} | _number(p, method or PH_TEST)


def _model(compared: _Compared, analysis: Analysis) -> tuple[str, CoxModel | None]:
    """(why there is none, the model)."""
    if reason := _too_little(compared):
        return reason, None
    times = compared.times
    try:
        return "", cox(
            compared.dummies(), times["time_days"], times["event"], analysis.ci_percent, strata=compared.within
        )
    except ValueError as error:
        return str(error), None


def _too_little(compared: _Compared) -> str:
    """Why the patients do not carry the contrast; empty where they do."""
    reference, events = compared.contrast.reference, int(compared.times["event"].astype(bool).sum())
    if compared.group(reference).empty:
        return f"nobody is {reference}"
    if not compared.others:
        return f"everybody is {reference}"
    needed = EVENTS_PER_PARAMETER * len(compared.others)
    return f"{events} events, {needed} are needed" if events < needed else ""


def _log_rank_p(compared: _Compared) -> float:
    times = compared.times
    return log_rank(times["time_days"], times["event"], times["label"], compared.within).p


def _assumption_p(compared: _Compared, model: CoxModel) -> float:
    """That of all labels together: the contrast is one term of the model."""
    times, log_hazard = compared.times, list(model.table["log_hazard"])
    test = ph_test(compared.dummies(), log_hazard, times["time_days"], times["event"], strata=compared.within)
    return float(test["p"].iloc[-1])


def _ratio(model: CoxModel, label: str) -> Interval:
    ratio, lower, upper = model.table.loc[[label], ["hazard_ratio", "lower", "upper"]].to_numpy()[0]
    return Interval(float(ratio), float(lower), float(upper))


def _difference(compared: _Compared, label: str, analysis: Analysis, method: str | None) -> Row:
    """The restricted mean of a label less that of the reference, in months."""
    months = analysis.rmst[compared.contrast.endpoint]
    row = {"measure": f"{compared.contrast.endpoint}_rmst_difference_{months}m", "unit": "months"}
    if method:
        return row | limits(UNDEFINED) | {"ci_method": method}
    groups = [compared.group(name) for name in (label, compared.contrast.reference)]
    first, second = (kaplan_meier(group["time_days"], group["event"], analysis.ci_percent) for group in groups)
    found = rmst_difference(first, second, months * DAYS_PER_MONTH)
    name = RMST if pd.notna(found.estimate) else f"{NOT_COMPUTED}follow-up ends before {months} months"
    return row | limits(in_months(found.interval(analysis.ci_percent))) | {"ci_method": name}


def _row(times: pd.DataFrame, stratum: str) -> Row:
    return {"stratum": stratum, "n": len(times), "events": int(times["event"].astype(bool).sum())}


def _number(value: float, method: str) -> Row:
    return {"estimate": value, "lower": float("nan"), "upper": float("nan"), "ci_method": method}
