"""`quarantine replay`: what is open in quarantine is received once more, and what was settled stays settled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from etl.site import Site, patient, weight
from onco_etl import mapping, pipeline, relations, shape

OPEN = "SELECT q.run, l.name, q.line, q.reason FROM state.quarantine AS q JOIN state.landed AS l USING (run, file_no)"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def still_open(site: Site) -> list[tuple[Any, ...]]:
    return site.workspace(f"{OPEN} WHERE settled IS NULL ORDER BY ALL")


def test_lines_keep_their_numbers_and_are_accepted_when_a_rule_is_put_right(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shape, "_ID", "p1|o2")
    site.night(patient(), weight("o1"), weight("o2"), "", weight("o3"), '{"resourceType": "Patient"}')
    assert still_open(site) == [
        (1, "batch.ndjson", 2, "invalid-id"),
        (1, "batch.ndjson", 5, "invalid-id"),
        (1, "batch.ndjson", 6, "missing-id"),
    ]
    monkeypatch.undo()
    assert pipeline.replay(site.settings).fates == {"mapped": 2, "quarantined": 1}
    assert still_open(site) == [(2, "batch.ndjson", 6, "missing-id")]
    assert pipeline.replay(site.settings).fates == {"quarantined": 1}


def test_an_older_version_in_quarantine_never_overtakes_a_newer_one(site: Site) -> None:
    first, second = ({"versionId": n, "lastUpdated": f"2021-03-0{n}T00:00:00Z"} for n in "12")
    site.night(patient(), weight("o1", meta=first, effectiveDateTime="someday"))
    site.night(weight("o1", value=61.0, meta=second))
    assert still_open(site) == []
    assert pipeline.replay(site.settings).fates == {}
    assert site.rows() == [(1970, None, 61.0)]


def test_nothing_open_is_a_run_that_received_nothing(site: Site) -> None:
    site.night(patient())
    assert pipeline.replay(site.settings).fates == {}


def test_a_version_is_settled_when_a_changed_rule_accepts_it_and_open_again_when_it_does_not(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.night(patient(), weight("o1", valueQuantity={"value": 1, "comparator": "~"}))
    assert still_open(site) == [(1, "batch.ndjson", 2, "invalid-comparator")]
    strict = relations.exclusion
    monkeypatch.setattr(mapping, "_files_hash", lambda: b"a release that knows the comparator")
    monkeypatch.setattr(relations, "exclusion", lambda name: strict(name).replace("wrong_value(o)", "NULL"))
    pipeline.remap(site.settings)
    assert still_open(site) == []
    assert site.workspace("SELECT run, fate FROM state.ledger WHERE resource = 'main/Observation/o1'") == [
        (1, "mapped")
    ]
    monkeypatch.undo()
    pipeline.remap(site.settings)
    assert still_open(site) == [(1, "batch.ndjson", 2, "invalid-comparator")]
    assert site.rows() == []
