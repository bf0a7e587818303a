"""Times, events and entries as arrays, checked, and with nearly equal times made equal as R does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from onco_registry.survival.interval import TOLERANCE, Floats

# pandas types its Series for readers only.
Numbers: TypeAlias = "pd.Series[Any] | Sequence[Any] | npt.NDArray[Any]"


def times(time: Numbers, entry: Numbers | None = None) -> tuple[Floats, Floats]:
    """(time, entry) of a sample, without entries minus infinity: each is at risk in (entry, time].

    Times that differ by no more than rounding (1.5e-8, absolute or relative to their mean) become the earlier one, as
    by `timefix` of R's survfit. Raises ValueError for a time that is missing, negative or not after its entry.
    """
    stop = np.asarray(time, dtype=float)
    if np.isnan(stop).any() or (stop < 0).any():
        raise ValueError("a time is missing or negative")
    if entry is None:
        return _equalised(stop), np.full(len(stop), -np.inf)
    start = np.asarray(entry, dtype=float)
    both = _equalised(np.concatenate([start, stop]))
    start, stop = both[: len(start)], both[len(start) :]
    if not (start < stop).all():
        raise ValueError("an entry is missing, or not before its time")
    return stop, start


def _equalised(values: Floats) -> Floats:
    distinct = np.unique(values)
    if len(distinct) < 2:
        return values
    steps = np.diff(distinct)
    apart = (steps > TOLERANCE) & (steps > TOLERANCE * np.abs(distinct).mean())
    kept = distinct[np.concatenate([[True], apart])]
    found: Floats = kept[np.searchsorted(kept, values, side="right") - 1]
    return found
