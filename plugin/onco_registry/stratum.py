"""Rows of patients by the strata of a registry, in the order in which strata are shown."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import pandas as pd


def by_stratum(
    rows: pd.DataFrame, strata: pd.DataFrame, names: Collection[str] | None = None
) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """(stratum, label, its rows) of rows with a subject_id; `strata` is the relation stratum_value.

    Strata as declared (those of `names`, if given); their bins from low to high, other labels by number of rows.
    """
    joined = strata.merge(rows, left_on="person_id", right_on="subject_id")
    if names is not None:
        joined = joined[joined["stratum"].isin(names)]
    size = joined.groupby(["stratum", "label"])["person_id"].transform("size")
    joined = joined.assign(size=-size, label_position=joined["label_position"].fillna(float("inf")))
    order = ["stratum_position", "stratum", "label_position", "size", "label"]
    for (_, stratum, _, _, label), group in joined.groupby(order, sort=True):
        yield str(stratum), str(label), group
