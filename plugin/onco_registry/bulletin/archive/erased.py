"""After an erasure: releases of the internal edition stay, and say that a number in them stands for nobody any more.

A release names patients by the integers of the published file alone. An erasure takes away every way back from the
integer to the person, so what is left in a release is a row about nobody; the note says until which release.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from onco_etl.errors import ReleaseError
from onco_registry import whole
from onco_registry.bulletin.archive.series import Series, all_series, numbers
from onco_registry.bulletin.document import canonical

FILE = "erasures.json"


def note(root: Path, day: date) -> list[Series]:
    """Note in each internal series that somebody was erased by `day`; the series that have a note now.

    Neither who nor how many: a second erasure before the next release adds nothing.
    """
    noted = [series for series in all_series(root) if series.edition == "internal"]
    for series in noted:
        newest, before = numbers(series.folder)[-1], read(series)
        if not before or before[-1]["releases_up_to"] != newest:
            added = [*before, {"releases_up_to": newest, "erased_by": day.isoformat()}]
            whole.replace(series.folder / FILE, canonical({"erasures": added}), mode=0o644)
    return noted


def read(series: Series) -> list[dict[str, Any]]:
    """The notes of a series, oldest first: releases_up_to, erased_by. Raises ReleaseError where they are damaged."""
    path = series.folder / FILE
    try:
        found: list[dict[str, Any]] = json.loads(path.read_bytes())["erasures"] if path.exists() else []
        _ = [(row["releases_up_to"], row["erased_by"]) for row in found]
    except (OSError, ValueError, KeyError, TypeError):
        raise ReleaseError(
            f"{path}: damaged; take it from a backup, it says after which releases somebody was erased"
        ) from None
    return found
