"""`quarantine replay`: what is open in quarantine is received once more, and what was settled stays settled."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from etl.site import Site, patient, weight
from onco_etl import mapping, pipeline, quarantine, rebuild, relations, shape, workspace
from onco_registry import status

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


def test_what_cannot_be_read_replaces_nothing_and_says_whose_rows_stand(site: Site) -> None:
    site.night(patient(), weight("o1"), weight("o2"))
    site.night(weight("o1", code=[1]), weight("o2", status="verified"), weight("o3", code=[1]))
    assert site.rows() == [(1970, None, 60.0)]
    with workspace.connect(site.settings.data, read_only=True) as con:
        found = status.open_quarantine(con)
        said = status.verdict(status.status(con, site.settings.published_folder), found)
    assert [(row["resource"], row["reason"], row["rows_from_run"]) for row in found] == [
        ("main/Observation/o1", "invalid-shape", 1),
        ("main/Observation/o2", "invalid-status", None),
        ("main/Observation/o3", "invalid-shape", None),
    ]
    assert "Open: 3 quarantined (1 with rows of an earlier version), 0 waiting" in said
    site.night(weight("o1", value=61.0))
    with workspace.connect(site.settings.data, read_only=True) as con:
        assert {row["resource"]: row["rows_from_run"] for row in status.quarantine(con)} == {
            "main/Observation/o1": None,
            "main/Observation/o2": None,
            "main/Observation/o3": None,
        }


@pytest.mark.parametrize("refused", [{"status": ["entered-in-error"]}, {"code": [1]}, {"status": "withdrawn"}])
def test_an_older_version_that_comes_again_does_not_settle_a_newer_one(site: Site, refused: dict[str, Any]) -> None:
    first, second = ({"versionId": n, "lastUpdated": f"2021-03-0{n}T00:00:00Z"} for n in "12")
    site.night(patient(), weight("o1", meta=first))
    site.night(weight("o1", meta=second, **refused))
    (newer,) = still_open(site)
    site.night(weight("o1", meta=first))
    assert still_open(site) == [newer]
    site.night(weight("o1", meta=first, status="nonsense"))
    assert newer in still_open(site)
    # In one batch, the older one last.
    site.night(weight("o1", meta=second, **refused), weight("o1", meta=first))
    assert [place[1:3] for place in still_open(site) if place[3] == newer[3]] == [("batch.ndjson", 1)]
    site.night(weight("o1", value=61.0, meta=second))
    assert still_open(site) == []
    assert site.rows() == [(1970, None, 61.0)]


def test_a_deletion_without_a_date_settles_what_came_before_it(site: Site) -> None:
    first, second = ({"versionId": n, "lastUpdated": f"2021-03-0{n}T00:00:00Z"} for n in "12")
    site.night(patient(), weight("o1", meta=first))
    site.night(weight("o1", meta=second, code=[1]))
    deletion = {"request": {"method": "DELETE", "url": "Observation/o1"}}
    site.night({"resourceType": "Bundle", "type": "transaction", "entry": [deletion]})
    assert still_open(site) == []
    assert pipeline.replay(site.settings).fates == {}
    assert site.rows() == []


def test_nothing_open_is_a_run_that_received_nothing(site: Site) -> None:
    site.night(patient())
    assert pipeline.replay(site.settings).fates == {}


def test_a_version_is_settled_when_a_changed_rule_accepts_it_and_open_again_when_it_does_not(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.night(patient(), weight("o1", status="verified"))
    assert still_open(site) == [(1, "batch.ndjson", 2, "invalid-status")]
    strict = relations.exclusion
    monkeypatch.setattr(mapping, "_files_hash", lambda: b"a release that knows the status")
    monkeypatch.setattr(relations, "exclusion", lambda name: strict(name).replace("'invalid-status'", "NULL"))
    pipeline.remap(site.settings)
    assert still_open(site) == []
    assert site.workspace("SELECT run, fate FROM state.ledger WHERE resource = 'main/Observation/o1'") == [
        (1, "mapped")
    ]
    monkeypatch.undo()
    pipeline.remap(site.settings)
    assert still_open(site) == [(1, "batch.ndjson", 2, "invalid-status")]
    assert site.rows() == []


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in resources]}


def test_of_a_bundle_only_what_is_open_comes_again(site: Site) -> None:
    site.night(bundle(patient(), weight("o1", effectiveDateTime="someday")))
    site.night(patient(birthDate="1980"))
    assert pipeline.replay(site.settings).fates == {"unchanged": 1}
    assert site.workspace("SELECT year_of_birth FROM cdm.person") == [(1980,)]
    rebuild.rebuild(site.settings)
    assert site.workspace("SELECT year_of_birth FROM cdm.person") == [(1980,)]


def test_what_a_replayed_bundle_said_before_is_not_staged_twice(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    strict = shape.refusal
    monkeypatch.setattr(
        shape, "refusal", lambda table: f"CASE WHEN v.id = 'o2' THEN 'invalid-shape' ELSE {strict(table)} END"
    )
    site.night(bundle(patient(), weight("o1"), weight("o2", value=70.0)))
    monkeypatch.undo()
    assert pipeline.replay(site.settings).fates == {"mapped": 1}
    assert site.workspace("SELECT resource_id FROM staged.observation ORDER BY ALL") == [("o1",), ("o2",)]
    # What is there twice would break the next change of maps.
    monkeypatch.setattr(mapping, "_files_hash", lambda: b"another release")
    pipeline.remap(site.settings)
    assert site.rows() == [(1970, None, 60.0), (1970, None, 70.0)]


def test_a_line_without_a_resource_stays_open_when_another_file_of_that_name_comes(site: Site) -> None:
    site.night(patient(), "{broken")
    site.night(weight())
    assert still_open(site) == [(1, "batch.ndjson", 2, "malformed-json")]
    site.settings = replace(site.settings, source="another")
    site.night(patient(), weight())
    assert still_open(site) == [(1, "batch.ndjson", 2, "malformed-json")]
    site.settings = replace(site.settings, source="main")
    site.night(patient(), weight())
    assert still_open(site) == []


def test_what_came_again_as_it_was_before_is_settled(site: Site) -> None:
    site.night(patient(), weight("o1"))
    site.night(weight("o1", code="no concept"))
    assert still_open(site) == [(2, "batch.ndjson", 1, "invalid-shape")]
    assert site.night(weight("o1")) == {"unchanged": 1}
    assert still_open(site) == []


@pytest.mark.parametrize("lost", [False, True])
def test_a_rebuild_leaves_settled_what_a_replay_had_settled(
    site: Site, monkeypatch: pytest.MonkeyPatch, lost: bool
) -> None:
    monkeypatch.setattr(shape, "_ID", "p1|o2")
    # The last line is accepted, so that the copy that is replayed has fewer lines than the file.
    site.night(patient(), weight("o1"), "{broken", '{"resourceType": "Patient"}', weight("o2"))
    monkeypatch.undo()
    assert pipeline.replay(site.settings).fates == {"mapped": 1, "quarantined": 2}
    left = [(2, "batch.ndjson", 3, "malformed-json"), (2, "batch.ndjson", 4, "missing-id")]
    assert still_open(site) == left
    if lost:
        site.settings.data.joinpath(workspace.FILE).unlink()
    rebuild.rebuild(site.settings)
    assert still_open(site) == left
    assert site.workspace("SELECT run, kind FROM state.run ORDER BY run") == [
        (1, "sync"), (2, "replay"), (3, "rebuild"),
    ]  # fmt: skip
    assert pipeline.replay(site.settings).fates == {"quarantined": 2}


def test_a_rebuild_keeps_what_was_dismissed_and_opens_what_todays_rules_refuse(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.night(patient(), "{broken", weight("o1"))
    with workspace.connect(site.settings.data) as con:
        assert quarantine.dismiss(con, 1, "batch.ndjson", 2) == 1
    rebuild.rebuild(site.settings)
    assert still_open(site) == []
    monkeypatch.setattr(shape, "_ID", "p1")
    rebuild.rebuild(site.settings)
    assert still_open(site) == [(1, "batch.ndjson", 3, "invalid-id")]
    monkeypatch.undo()
    rebuild.rebuild(site.settings)
    assert still_open(site) == []
    # It was accepted in between, so its refusal is new.
    monkeypatch.setattr(shape, "_ID", "p1")
    rebuild.rebuild(site.settings)
    assert still_open(site) == [(1, "batch.ndjson", 3, "invalid-id")]
