"""The test of proportional hazards that R's cox.zph makes since survival 3.0.

A score test of an effect that changes with g(time), added to a fitted Cox model. lifelines' proportional_hazard_test is
the older approximation by scaled Schoenfeld residuals, with other numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.stats import chi2

from onco_registry.survival.curve import kaplan_meier
from onco_registry.survival.interval import Floats
from onco_registry.survival.sample import Numbers, times

GLOBAL = "GLOBAL"
TRANSFORMS = ("km", "identity")


def ph_test(
    covariates: pd.DataFrame,
    log_hazard: Sequence[float],
    time: Numbers,
    event: Numbers,
    *,
    entry: Numbers | None = None,
    strata: Numbers | None = None,
    terms: Mapping[str, Sequence[str]] | None = None,
    transform: str = "km",
) -> pd.DataFrame:
    """statistic, degrees and p by term, and for all of them (GLOBAL).

    `log_hazard` are the fitted coefficients. A term is a column, or the columns that `terms` names for it (a factor's).
    g is 1 - the Kaplan-Meier estimate just before a time ("km") or the time itself ("identity"); other names raise
    ValueError.
    """
    stop, start = times(time, entry)
    happened = np.asarray(event, dtype=bool)
    moments = np.unique(stop[happened])
    if transform not in TRANSFORMS:
        raise ValueError(f"no transform {transform!r}: one of {', '.join(TRANSFORMS)}")
    g = moments if transform == "identity" else _events_before(moments, stop, happened, entry)
    g = g - np.average(g, weights=np.bincount(np.searchsorted(moments, stop[happened])))
    x = covariates.to_numpy(dtype=float)
    weight = np.exp((x - x.mean(axis=0)) @ np.asarray(log_hazard, dtype=float))
    layers = np.zeros(len(stop), dtype=int) if strata is None else pd.factorize(np.asarray(strata))[0]
    score, information = np.zeros(x.shape[1]), np.zeros((2 * x.shape[1], 2 * x.shape[1]))
    for layer in np.unique(layers):
        here = layers == layer
        for moment, change in zip(moments, g, strict=True):
            exposed = here & (start < moment) & (stop >= moment)
            dying = exposed & happened & (stop == moment)
            if dying.any():
                gradient, curvature = _efron(x[exposed], weight[exposed], dying[exposed])
                score += change * gradient
                information += np.kron([[1, change], [change, change**2]], curvature)
    columns = {str(name): [position] for position, name in enumerate(covariates.columns)}
    if terms is not None:
        columns = {term: [list(covariates.columns).index(name) for name in names] for term, names in terms.items()}
    return _table(score, information, columns)


def _events_before(moments: Floats, stop: Floats, happened: np.ndarray, entry: Numbers | None) -> Floats:
    curve = kaplan_meier(stop, happened, entry=entry)
    steps = np.searchsorted(curve["time"].to_numpy(), moments, side="left") - 1
    return np.asarray(1 - curve["survival"].to_numpy()[steps])


def _efron(x: Floats, weight: Floats, dying: np.ndarray) -> tuple[Floats, Floats]:
    """Score and information of the deaths at one time: before each of d tied ones, 1/d more of their weight is gone."""
    gone = np.arange(dying.sum())[:, None] / dying.sum()
    lost = weight * dying
    totals = weight.sum() - gone * lost.sum()
    means = (weight @ x - gone * (lost @ x)) / totals
    shares = weight * (1 / totals).sum() - lost * (gone / totals).sum()
    return x[dying].sum(axis=0) - means.sum(axis=0), (x * shares[:, None]).T @ x - means.T @ means


def _table(score: Floats, information: Floats, columns: Mapping[str, Sequence[int]]) -> pd.DataFrame:
    every = list(range(len(score)))
    rows = []
    for term, own in {**columns, GLOBAL: every}.items():
        kept = every + [len(score) + position for position in own]
        u = np.concatenate([np.zeros(len(score)), score[list(own)]])
        statistic = float(u @ np.linalg.solve(information[np.ix_(kept, kept)], u))
        rows.append((term, statistic, len(own), float(chi2.sf(statistic, len(own)))))
    return pd.DataFrame(rows, columns=["term", "statistic", "degrees", "p"]).set_index("term")
