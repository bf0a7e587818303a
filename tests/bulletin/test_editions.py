"""The public edition beside the releases of its series: what it may tell of them, and when it is held back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from archive.releases import MOMENT
from bulletin.drawn_cohort import document, draw
from onco_registry.bulletin.archive.series import Series
from onco_registry.bulletin.archive.store import Correction, add, plan
from onco_registry.bulletin.document import canonical
from onco_registry.bulletin.settings import BulletinSettings
from onco_registry.editions import public_document

COHORT = draw(np.random.default_rng(28), 600)


def of(patients: int, cut: str) -> dict[str, Any]:
    """The internal document of the first patients of a cohort."""
    found = document(replace(COHORT, patients=COHORT.patients.iloc[:patients].reset_index(drop=True)))
    found["bulletin"]["data_cut"] = cut
    return found


class Site:
    """A folder of bulletins, in which public editions are released one after the other."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def publish(
        self, internal: dict[str, Any], *, minimum_cell: int = 5, corrects: int | None = None
    ) -> dict[str, Any] | None:
        """Release the public edition of a document, and return it; None where it is held back."""
        settings = BulletinSettings(minimum_cell=minimum_cell)
        config: Any = SimpleNamespace(bulletin=settings, bulletins_folder=self.root)
        found = public_document(config, "drawn", internal)
        if found is not None:
            series, content = Series(self.root, "drawn", "public"), canonical(found)
            correction = Correction(corrects, "why") if corrects else None
            planned = plan(series, content, correction)
            add(series, planned, {"bulletin.json": content}, published=MOMENT, keys=[], correction=correction)
        return found


@pytest.fixture(name="site")
def _site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_a_correction_of_an_older_release_does_not_tell_of_one_patient(site: Site) -> None:
    assert site.publish(of(300, "2026-09-30")) is not None
    assert site.publish(of(301, "2026-10-31")) is None
    assert site.publish(of(600, "2026-10-31")) is not None
    assert site.publish(of(301, "2026-09-30"), corrects=1) is None
    assert site.publish(of(599, "2026-11-30")) is None


def test_what_changed_is_told_of_editions_with_as_large_a_smallest_cell_alone(site: Site) -> None:
    first = of(60, "2026-09-30")
    site.publish(first)
    again = site.publish(of(60, "2026-10-31"))
    assert again is not None
    assert again["changes"]["since"]["data_cut"] == "2026-09-30"
    stricter = site.publish(of(60, "2026-11-30"), minimum_cell=11)
    assert stricter is not None
    assert stricter["changes"] is None
    laxer = site.publish(of(60, "2026-12-31"), minimum_cell=5)
    assert laxer is not None
    assert laxer["changes"]["since"]["data_cut"] == "2026-11-30"


def test_nobody_and_a_few_look_alike(site: Site) -> None:
    few, nobody = site.publish(of(2, "2026-09-30")), site.publish(of(0, "2026-10-31"))
    assert few is not None
    assert nobody is not None
    assert nobody["headline"] == few["headline"]
    assert nobody["changes"]["headline"] == []
    assert nobody["disclosure"] == few["disclosure"]
