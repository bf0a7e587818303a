"""Cumulative incidence with competing risks, by Aalen and Johansen.

lifelines' AalenJohansenFitter is not used: it moves tied times apart at random.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from onco_registry.survival.interval import Floats, band
from onco_registry.survival.sample import Numbers, times

_COLUMNS = ("time", "cause", "at_risk", "events", "incidence", "std_error", "lower", "upper")


def cumulative_incidence(
    time: Numbers,
    cause: Numbers,
    ci_percent: float = 95,
    *,
    entry: Numbers | None = None,
    conf_type: str = "log-log",
) -> pd.DataFrame:
    """The incidence of each cause by distinct time, from 0: time, cause, at_risk, events, incidence, std_error, limits.

    `cause` is a whole number: 0 for censored, 1 and above for the causes, each of which rules out the others. Events
    of several causes at one time are one step. std_error is the infinitesimal jackknife's, the limits are those of R's
    survfit of a multi-state Surv by its conf.type, not defined (NaN) while an incidence is 0. Raises ValueError.
    """
    stop, start = times(time, entry)
    kind = np.asarray(cause, dtype=int)
    causes = np.unique(kind[kind > 0])
    moments = np.unique(np.append(stop, 0.0))
    frames = []
    if len(stop):
        at_risk, events, incidence, error = _steps(stop, start, kind, causes, moments)
        for position, number in enumerate(causes):
            risk, spread = incidence[:, position], error[:, position]
            relative = np.divide(spread, risk, out=np.zeros_like(risk), where=risk > 0)
            limits = band(risk, relative, ci_percent, conf_type)
            columns = (moments, number, at_risk, events[:, position], risk, spread, *limits)
            frames.append(pd.DataFrame(dict(zip(_COLUMNS, columns, strict=True))))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(_COLUMNS))


def _steps(
    stop: Floats, start: Floats, kind: np.ndarray, causes: np.ndarray, moments: Floats
) -> tuple[np.ndarray, np.ndarray, Floats, Floats]:
    """At risk, events, incidence and its standard error: a row per moment, a column per cause.

    `pull` is the derivative of event-free survival by each patient's weight, `pulls` that of each incidence: the sum of
    their squares is the variance.
    """
    at_risk = np.zeros(len(moments), dtype=int)
    events = np.zeros((len(moments), len(causes)), dtype=int)
    incidence, error = np.zeros(events.shape), np.zeros(events.shape)
    free, pull = 1.0, np.zeros(len(stop))
    risks, pulls = np.zeros(len(causes)), np.zeros((len(stop), len(causes)))
    for row, moment in enumerate(moments):
        exposed = (start < moment) & (stop >= moment)
        happened = (stop == moment)[:, None] & (kind[:, None] == causes)
        n = at_risk[row] = exposed.sum()
        events[row] = happened.sum(axis=0)
        if events[row].any():
            hazards = events[row] / n
            surprise = (happened - exposed[:, None] * hazards) / n
            risks, pulls = risks + free * hazards, pulls + pull[:, None] * hazards + free * surprise
            pull = pull * (1 - hazards.sum()) - free * surprise.sum(axis=1)
            free *= 1 - hazards.sum()
        incidence[row], error[row] = risks, np.sqrt((pulls**2).sum(axis=0))
    if 0.0 not in stop:
        at_risk[0] = (start <= 0).sum()
    return at_risk, events, incidence, error
