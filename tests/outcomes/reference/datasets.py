"""Public data sets that lifelines ships, in the columns that survival.R and the tests use.

    python -m outcomes.reference.datasets FOLDER    writes them as CSV (third-party data: not to be committed)

Columns: time, event; where there are such, entry (left truncation), group, layer (stratum), cause (0 censored, 1, 2)
and covariates x1, x2, ...
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from lifelines import datasets as shipped  # type: ignore[import-untyped]


def _load(name: str) -> pd.DataFrame:
    data: pd.DataFrame = getattr(shipped, f"load_{name}")()
    return data


def _rossi() -> pd.DataFrame:
    """Recidivism: weeks, so with many ties; 7 covariates."""
    data = _load("rossi")
    names = {
        "week": "time",
        "arrest": "event",
        "age": "x1",
        "wexp": "x2",
        "prio": "x3",
        "fin": "group",
        "paro": "layer",
    }
    return data.rename(columns=names)[list(names.values())]


def _lung() -> pd.DataFrame:
    data = _load("lung").dropna(subset=["ph.ecog"])
    names = {"time": "time", "status": "event", "age": "x1", "ph.ecog": "x2", "sex": "group"}
    return data.rename(columns=names)[list(names.values())]


def _larynx() -> pd.DataFrame:
    """Four stages: a factor."""
    data = _load("larynx").rename(columns={"death": "event", "age": "x1"})
    data["group"] = 1 + data["Stage_II"] + 2 * data["Stage_III"] + 3 * data["Stage_IV"]
    return data[["time", "event", "x1", "group"]]


def _leukemia() -> pd.DataFrame:
    names = {"t": "time", "status": "event", "logWBC": "x1", "Rx": "group", "sex": "layer"}
    return _load("leukemia").rename(columns=names)[list(names.values())]


def _breast() -> pd.DataFrame:
    """German Breast Cancer Study Group: three grades, two menopausal strata."""
    names = {"time": "time", "cens": "event", "age": "x1", "tsize": "x2", "pnodes": "x3", "tgrade": "group"}
    data = _load("gbsg2").rename(columns={**names, "menostat": "layer"})
    return data[[*names.values(), "layer"]]


def _senators() -> pd.DataFrame:
    """Senators: death and every other end of office compete; some serve no day."""
    data = _load("canadian_senators")
    cause = data["observed"].astype(int) * (2 - (data["reason"] == "Death"))
    return pd.DataFrame({"time": data["diff_days"], "event": data["observed"], "cause": cause})


def _aids() -> pd.DataFrame:
    """Multicenter AIDS cohort: entry after infection (left truncation); death alternates between two causes."""
    data = _load("multicenter_aids_cohort_study").rename(columns={"W": "entry", "T": "time", "D": "event"})
    cause = data["event"].astype(int) * (1 + data["event"].astype(int).cumsum() % 2)
    return data[["time", "event", "entry"]].assign(cause=cause, group=np.arange(len(data)) % 2)


def _heart() -> pd.DataFrame:
    """Stanford heart transplants: (start, stop], a transplant splits a patient in two rows."""
    names = {"start": "entry", "stop": "time", "event": "event", "age": "x1", "year": "x2", "transplant": "group"}
    data = _load("stanford_heart_transplants").rename(columns={**names, "surgery": "layer"})
    return data.loc[data["entry"] < data["time"], [*names.values(), "layer"]]


def _democracies() -> pd.DataFrame:
    """Durations of political regimes in years, with very many ties; military ones end by a cause of their own."""
    data = _load("dd").rename(columns={"duration": "time", "observed": "event", "un_continent_name": "layer"})
    cause = data["event"] * (1 + (data["regime"] == "Military Dict"))
    group = (data["democracy"] == "Democracy").astype(int)
    return data[["time", "event", "layer"]].assign(cause=cause, group=group)


def _regression() -> pd.DataFrame:
    """Simulated, nobody censored before the end, three covariates."""
    names = {"T": "time", "E": "event", "var1": "x1", "var2": "x2", "var3": "x3"}
    return _load("regression_dataset").rename(columns=names)[list(names.values())]


DATASETS: Mapping[str, Callable[[], pd.DataFrame]] = {
    "rossi": _rossi, "lung": _lung, "larynx": _larynx, "leukemia": _leukemia, "gbsg2": _breast,
    "canadian_senators": _senators, "multicenter_aids_cohort": _aids, "stanford_heart_transplants": _heart,
    "dd": _democracies, "regression": _regression,
}  # fmt: skip


def sample(name: str) -> pd.DataFrame:
    """One data set; event is 0 or 1."""
    data = DATASETS[name]().reset_index(drop=True)
    return data.assign(event=data["event"].astype(int))


if __name__ == "__main__":
    for dataset in DATASETS:
        sample(dataset).to_csv(Path(sys.argv[1]) / f"{dataset}.csv", index=False)
