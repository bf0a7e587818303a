"""Declared contrasts of strata: log-rank test, hazard ratios and the test of their assumption, restricted means.

Only what a registry declares is compared, and only with enough events for the model; else a row says why not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import pandas as pd

from onco_registry.comparator_model import COMBINATION
from onco_registry.estimate_row import (
    COX,
    LOG_RANK,
    NOT_COMPUTED,
    PH_TEST,
    RMST,
    Row,
    counted,
    from_day,
    in_months,
    limits,
)
from onco_registry.left_truncation import FEWEST_AT_RISK, from_enough_at_risk
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
from onco_registry.time_estimate import group_rows

# Peduzzi et al., J Clin Epidemiol 1995;48:1503-1510.
EVENTS_PER_PARAMETER = 10


@dataclass(frozen=True, slots=True)
class _Compared:
    """The patients of a contrast with time_days, event, entry_days and label; `others` are compared with the reference.

    `day` is that from which enough are at risk. `within` has each patient's stratum of the stratified tests, if any.
    """

    contrast: Contrast
    times: pd.DataFrame
    day: int
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


def arm_rows(registry: RegistryDefinition, comparison: pd.DataFrame) -> Iterator[Row]:
    """Medians and rates of the arms of a registry's comparators, and the combination against each other arm.

    `comparison` is results.comparison: the arms are known at the landmark from which their times run.
    """
    arms = comparison.rename(columns={"arm": "label"})
    for endpoint in dict.fromkeys(arms["endpoint"]):
        times = arms[arms["endpoint"] == endpoint]
        labels = list(dict.fromkeys(times["label"]))
        for label in labels:
            yield from group_rows(endpoint, f"arm={label}", times[times["label"] == label], registry.analysis)
        for label in labels:
            if label != COMBINATION and endpoint in registry.analysis.rmst:
                followed, day = from_enough_at_risk(times[times["label"].isin([label, COMBINATION])])
                contrast = Contrast(endpoint, "arm", label)
                yield from _rows(_Compared(contrast, followed, day, (COMBINATION,), None), registry.analysis)


def _compared(contrast: Contrast, endpoint: pd.DataFrame, strata: pd.DataFrame) -> _Compared:
    """Patients for whom the stratum is known (and the one within which they are compared)."""
    known = strata[~(strata["is_recorded"].astype(bool) & strata["is_missing"].astype(bool))]
    times = endpoint[endpoint["endpoint"] == contrast.endpoint]
    groups = [group for _, _, group in by_stratum(times, known, [contrast.stratum])]
    found = pd.concat(groups) if groups else times.iloc[:0].assign(label="")
    found, day = from_enough_at_risk(found)
    within = None
    if contrast.within:
        layers = known[known["stratum"] == contrast.within].set_index("person_id")["label"]
        found = found[found["subject_id"].isin(layers.index)]
        within = found["subject_id"].map(layers)
    others = tuple(label for label in dict.fromkeys(found["label"]) if label != contrast.reference)
    return _Compared(contrast, found, day, others, within)


def _rows(compared: _Compared, analysis: Analysis) -> Iterator[Row]:
    endpoint, reference = compared.contrast.endpoint, compared.contrast.reference
    pairs = {label: f"{compared.contrast.stratum}={label} vs {reference}" for label in compared.others}
    whole = counted(next(iter(pairs.values())) if len(pairs) == 1 else compared.contrast.stratum, compared.times)
    reason, model = _model(compared, analysis)
    named = partial(_method, NOT_COMPUTED + reason if reason else "", compared.day)
    p = _log_rank_p(compared) if model else float("nan")
    yield {**whole, "measure": f"{endpoint}_log_rank_p", "unit": "p", "ci_method": named(LOG_RANK)} | _number(p)
    for label, pair in pairs.items():
        row = counted(pair, pd.concat([compared.group(label), compared.group(reference)]))
        ratio = _ratio(model, label) if model else UNDEFINED
        yield {**row, "measure": f"{endpoint}_hazard_ratio", "unit": "ratio", "ci_method": named(COX)} | limits(ratio)
        yield _difference_row(compared, label, pair, analysis, reason)
    p = _assumption_p(compared, model) if model else float("nan")
    yield {**whole, "measure": f"{endpoint}_ph_test_p", "unit": "p", "ci_method": named(PH_TEST)} | _number(p)


def _method(instead: str, day: int, method: str) -> str:
    """What stands instead of every method's name, else the name."""
    return instead or from_day(method, day)


def _model(compared: _Compared, analysis: Analysis) -> tuple[str, CoxModel | None]:
    """(why there is none, the model)."""
    if reason := _too_little(compared):
        return reason, None
    times = compared.times
    try:
        return "", cox(
            compared.dummies(),
            times["time_days"],
            times["event"],
            analysis.ci_percent,
            entry=times["entry_days"],
            strata=compared.within,
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
    label, entry = times["label"], times["entry_days"]
    return log_rank(times["time_days"], times["event"], label, compared.within, entry=entry).p


def _assumption_p(compared: _Compared, model: CoxModel) -> float:
    """That of all labels together: the contrast is one term of the model."""
    times, log_hazard = compared.times, list(model.table["log_hazard"])
    test = ph_test(
        compared.dummies(),
        log_hazard,
        times["time_days"],
        times["event"],
        entry=times["entry_days"],
        strata=compared.within,
    )
    return float(test["p"].iloc[-1])


def _ratio(model: CoxModel, label: str) -> Interval:
    ratio, lower, upper = model.table.loc[[label], ["hazard_ratio", "lower", "upper"]].to_numpy()[0]
    return Interval(float(ratio), float(lower), float(upper))


def _difference_row(compared: _Compared, label: str, pair: str, analysis: Analysis, reason: str) -> Row:
    """The restricted mean of a label less that of the reference, in months, while enough of both are at risk.

    `reason`: why nothing of the contrast is computed; empty where it is.
    """
    endpoint, reference = compared.contrast.endpoint, compared.contrast.reference
    months = analysis.rmst[endpoint]
    both = pd.concat([compared.group(label), compared.group(reference)])
    followed, day = (both, 0) if reason else from_enough_at_risk(both, "label")
    row = {**counted(pair, followed, months * DAYS_PER_MONTH), "unit": "months"}
    row |= {"measure": f"{endpoint}_rmst_difference_{months}m"}
    if followed.empty or months * DAYS_PER_MONTH <= day:
        reason = f"fewer than {FEWEST_AT_RISK} at risk"
    difference = UNDEFINED
    if not reason:
        groups = [followed[followed["label"] == name] for name in (label, reference)]
        first, second = (kaplan_meier(own["time_days"], own["event"], entry=own["entry_days"]) for own in groups)
        mean = rmst_difference(first, second, months * DAYS_PER_MONTH)
        difference = in_months(mean.interval(analysis.ci_percent))
        reason = f"follow-up ends before {months} months" if pd.isna(difference.estimate) else ""
    return row | {"ci_method": _method(NOT_COMPUTED + reason if reason else "", day, RMST)} | limits(difference)


def _number(value: float) -> Row:
    return limits(Interval(value, float("nan"), float("nan")))
