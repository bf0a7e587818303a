"""Documents of several registries and editions become releases; one that may not be does not hold up the others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from onco_etl.errors import ReleaseError
from onco_registry.bulletin.archive.store import Correction
from onco_registry.bulletin.document import canonical
from onco_registry.config import Config
from onco_registry.releasing import release


def another(document: dict[str, Any], name: str) -> dict[str, Any]:
    return {**document, "registry": {**document["registry"], "name": name}}


def changed(document: dict[str, Any]) -> dict[str, Any]:
    return {**document, "run": {"unmapped_codes": 15, "quarantined": 3}}


def test_each_document_is_rendered_and_released_once(document: dict[str, Any], tmp_path: Path) -> None:
    config = Config(data=tmp_path)
    documents = [document, another(document, "another")]
    found = release(config, documents)
    assert [(one.registry, one.edition, one.number, one.is_new) for one in found] == [
        ("two_drugs", "internal", 1, True),
        ("another", "internal", 1, True),
    ]
    folder = tmp_path / "bulletins" / "two_drugs" / "internal"
    assert found[0].folder == folder / "1"
    assert (folder / "current" / "bulletin.json").read_bytes() == canonical(document)
    assert sorted(path.name for path in folder.iterdir()) == ["1", "current", "index.html", "index.zh.html"]
    assert [one.is_new for one in release(config, documents)] == [False, False]


def test_a_document_that_may_not_be_released_holds_up_no_other(document: dict[str, Any], tmp_path: Path) -> None:
    config = Config(data=tmp_path)
    release(config, [document])
    with pytest.raises(ReleaseError, match=r"^release two_drugs/internal/1 stands for data cut 2022-05-31"):
        release(config, [changed(document), another(document, "another")])
    assert (tmp_path / "bulletins/another/internal/current/bulletin.json").is_file()
    (corrected,) = release(config, [changed(document)], Correction(1, "A code was mapped."))
    assert (corrected.number, corrected.is_new) == (2, True)


def test_a_dry_run_says_so_and_writes_nothing(document: dict[str, Any], tmp_path: Path) -> None:
    (found,) = release(Config(data=tmp_path), [document], dry_run=True)
    assert (found.number, found.is_new, found.is_signed) == (1, True, False)
    assert list(tmp_path.iterdir()) == []


def test_what_a_kill_left_undone_is_made_up_for(document: dict[str, Any], tmp_path: Path) -> None:
    config = Config(data=tmp_path)
    (first,) = release(config, [document])
    for name in ("index.html", "current"):
        (first.folder.parent / name).unlink()
    left = first.folder.parent / ".2.new-abcdefgh"
    left.mkdir()
    release(config, [document])
    names = sorted(path.name for path in first.folder.parent.iterdir())
    assert names == ["1", "current", "index.html", "index.zh.html"]
