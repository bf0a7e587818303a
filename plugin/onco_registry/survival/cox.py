"""Hazard ratios by Cox's model with Efron's ties: lifelines' fit, which equals R's coxph once it iterates as long."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from lifelines import CoxPHFitter  # type: ignore[import-untyped]
from lifelines.exceptions import ConvergenceError  # type: ignore[import-untyped]
from scipy.stats import norm

from onco_registry.survival.interval import Floats, normal_quantile
from onco_registry.survival.sample import Numbers, times

# lifelines compares it with the square of the distance from the maximum, and stops some four digits from it otherwise.
_ITERATION = {"precision": 1e-18, "r_precision": 1e-18}
# One event tells apart two groups with a standard error of 2 or so; one this large has no maximum behind it.
_NO_MAXIMUM = 100


@dataclass(frozen=True, slots=True)
class CoxModel:
    """A fitted model: `table` by covariate (log_hazard, std_error, hazard_ratio, lower, upper, z, p; all by Wald)."""

    table: pd.DataFrame
    log_likelihood: float
    events: int


def cox(
    covariates: pd.DataFrame,
    time: Numbers,
    event: Numbers,
    ci_percent: float = 95,
    *,
    entry: Numbers | None = None,
    strata: Numbers | None = None,
) -> CoxModel:
    """Fit the covariates (numbers, a column each); with `strata`, each stratum has a baseline of its own.

    Raises ValueError where no finite hazard ratio fits best, or a time is missing or not after its entry.
    """
    stop, start = times(time, entry)
    happened = np.asarray(event, dtype=bool)
    columns = [f"x{position}" for position in range(covariates.shape[1])]
    frame = pd.DataFrame(covariates.to_numpy(dtype=float), columns=columns)
    # lifelines wants entries that are numbers; -1 is before every time.
    frame = frame.assign(time=stop, event=happened, entry=np.maximum(start, -1.0))
    if strata is not None:
        frame["stratum"] = pd.factorize(np.asarray(strata))[0]
    fitter = _fit(frame, "stratum" if strata is not None else None)
    log_hazard, std_error = fitter.params_.to_numpy(), fitter.standard_errors_.to_numpy()
    if not (std_error * frame[columns].std().to_numpy() < _NO_MAXIMUM).all():
        raise ValueError("no finite hazard ratio fits best")
    table = _table(log_hazard, std_error, ci_percent).set_axis(covariates.columns, axis="index")
    return CoxModel(table, float(fitter.log_likelihood_), int(happened.sum()))


def _fit(frame: pd.DataFrame, strata: str | None) -> CoxPHFitter:
    with warnings.catch_warnings():
        # Its warnings guess at separation from variances; whether there is a maximum is judged by what comes out.
        warnings.simplefilter("ignore")
        try:
            return CoxPHFitter().fit(
                frame, "time", "event", entry_col="entry", strata=strata, fit_options=dict(_ITERATION)
            )
        except ConvergenceError as error:
            raise ValueError("no finite hazard ratio fits best") from error


def _table(log_hazard: Floats, std_error: Floats, ci_percent: float) -> pd.DataFrame:
    margin = normal_quantile(ci_percent) * std_error
    z = log_hazard / std_error
    return pd.DataFrame(
        {
            "log_hazard": log_hazard,
            "std_error": std_error,
            "hazard_ratio": np.exp(log_hazard),
            "lower": np.exp(log_hazard - margin),
            "upper": np.exp(log_hazard + margin),
            "z": z,
            "p": 2 * norm.sf(np.abs(z)),
        }
    )
