"""After an erasure releases stay as they are, and the internal edition says that a number in them may be nobody's."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from archive.releases import LANGUAGES, document, released, series
from onco_registry.bulletin.archive import erased
from onco_registry.bulletin.archive.settled import settle
from onco_registry.bulletin.archive.verify import verify


def test_the_internal_edition_says_until_which_release(tmp_path: Path) -> None:
    for edition in ("internal", "public"):
        released(tmp_path, document("2026-09-30", edition=edition))
    for day in (2, 3):
        assert erased.note(tmp_path, date(2026, 12, day)) == [series(tmp_path)]
    released(tmp_path, document("2026-10-31"))
    erased.note(tmp_path, date(2026, 12, 4))
    settle(series(tmp_path), LANGUAGES, [])
    assert erased.read(series(tmp_path)) == [
        {"erased_by": "2026-12-02", "releases_up_to": 1},
        {"erased_by": "2026-12-04", "releases_up_to": 2},
    ]
    index = (series(tmp_path).folder / "index.html").read_text("utf-8")
    assert "By 2026-12-04 somebody was erased" in index
    assert "a patient number in releases up to 2" in index
    assert not (series(tmp_path, "public").folder / erased.FILE).exists()
    assert verify(tmp_path).faults == []


def test_nothing_was_released_so_nothing_is_said(tmp_path: Path) -> None:
    assert erased.note(tmp_path, date(2026, 12, 2)) == []
    assert list(tmp_path.iterdir()) == []


def test_the_note_names_nobody(tmp_path: Path) -> None:
    released(tmp_path, document())
    erased.note(tmp_path, date(2026, 12, 2))
    content = json.loads((series(tmp_path).folder / erased.FILE).read_bytes())
    assert content == {"erasures": [{"erased_by": "2026-12-02", "releases_up_to": 1}]}
