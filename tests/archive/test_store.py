"""Releases are numbered, immutable and chained; the same document makes none, another for the same cut a correction."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from archive.releases import document, files, keys, manifest, released, series
from onco_etl.errors import ConfigurationError, ReleaseError
from onco_registry.bulletin.archive import signing
from onco_registry.bulletin.archive.series import Series, numbers, overview
from onco_registry.bulletin.archive.store import Correction


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_release_holds_its_files_and_a_manifest_that_names_them(tmp_path: Path) -> None:
    release = released(tmp_path, document())
    assert release.folder == tmp_path / "trial" / "internal" / "1"
    assert manifest(release) == {
        "manifest_version": 1,
        "registry": "trial",
        "edition": "internal",
        "number": 1,
        "data_cut": "2026-10-31",
        "knowledge_run": 9,
        "hash": "c0ffee",
        "published": "2026-12-03T07:05:00+00:00",
        "previous": None,
        "corrects": None,
        "reason": None,
        "reason_translations": {},
        "signed_by": None,
        "files": {
            name: {"sha256": digest(release.folder / name), "bytes": len(content)}
            for name, content in files(document()).items()
        },
    }
    found = [path for path in release.folder.rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in found} == {0o444}
    assert len(found) == 6
    assert series(tmp_path).folder.stat().st_mode & 0o777 == 0o700
    assert released(tmp_path, document(edition="public")).folder.parent.stat().st_mode & 0o777 == 0o755


def test_each_manifest_names_the_one_before(tmp_path: Path) -> None:
    first, second = (released(tmp_path, document(f"2026-{month}-30")) for month in ("09", "11"))
    assert manifest(second)["previous"] == digest(first.folder / "manifest.json") == first.sha256
    assert second.number == 2


def test_the_same_document_again_makes_no_release(tmp_path: Path) -> None:
    first = released(tmp_path, document())
    before = {path: path.stat().st_mtime_ns for path in first.folder.iterdir()}
    assert released(tmp_path, document()).folder == first.folder
    assert numbers(series(tmp_path).folder) == [1]
    assert {path: path.stat().st_mtime_ns for path in first.folder.iterdir()} == before


def test_another_document_for_the_same_cut_is_refused_unless_it_corrects(tmp_path: Path) -> None:
    first = released(tmp_path, document())
    with pytest.raises(
        ReleaseError, match=r"trial/internal/1 stands for data cut 2026-10-31, .* --corrects 1 --reason"
    ):
        released(tmp_path, document(patients=31))
    second = released(tmp_path, document(patients=31), correction=Correction(1, "One was counted twice."))
    assert (second.number, second.corrects, manifest(second)["reason"]) == (2, 1, "One was counted twice.")
    assert first.document()["headline"] == {"patients": 32}
    # Given again, it is done; the corrected document is not what stands any more.
    assert released(tmp_path, document(patients=31), correction=Correction(1, "Again.")).number == 2
    with pytest.raises(ReleaseError, match="trial/internal/2 stands"):
        released(tmp_path, document(patients=32))


@pytest.mark.parametrize(
    ("content", "corrects", "error"),
    [
        (document(patients=30), 9, "trial/internal has no release 9 to correct"),
        (
            document("2026-11-30"),
            1,
            "is of data cut 2026-09-30, the newest estimates are of 2026-11-30: first `onco-re",
        ),
        (document(patients=30), 2, "release trial/internal/2 is corrected by trial/internal/3 already"),
        (document(patients=31), 3, "release trial/internal/3 holds this very document: nothing to correct"),
    ],
)
def test_a_correction_is_of_what_stands(tmp_path: Path, content: dict[str, object], corrects: int, error: str) -> None:
    released(tmp_path, document("2026-09-30"))
    released(tmp_path, document())
    released(tmp_path, document(patients=31), correction=Correction(2, "A scan was read twice."))
    with pytest.raises(ReleaseError, match=error):
        released(tmp_path, content, correction=Correction(corrects, "Why"))


def test_current_is_the_newest_release_of_the_newest_cut(tmp_path: Path) -> None:
    link = series(tmp_path).folder / "current"
    released(tmp_path, document("2026-09-30"))
    assert str(link.readlink()) == "1"
    released(tmp_path, document("2026-10-31"))
    released(tmp_path, document("2026-10-31", patients=31), correction=Correction(2, "Why"))
    assert str(link.readlink()) == "3"
    # A correction of an earlier month is not what is to be read now.
    released(tmp_path, document("2026-09-30", patients=31), correction=Correction(1, "Why"))
    assert str(link.readlink()) == "3"
    assert (link / "bulletin.json").read_bytes() == files(document(patients=31))["bulletin.json"]


def test_the_newest_of_each_series_is_told(tmp_path: Path) -> None:
    released(tmp_path, document())
    damaged = released(tmp_path, document(edition="public"))
    (damaged.folder / "manifest.json").unlink()
    internal, public = overview(tmp_path)
    assert (internal["edition"], internal["number"], internal["data_cut"]) == ("internal", 1, "2026-10-31")
    assert public["damaged"].startswith(f"{damaged.folder / 'manifest.json'}: missing or damaged")
    assert overview(tmp_path / "nowhere") == []


def test_the_newest_key_signs_and_earlier_ones_stay_public(tmp_path: Path) -> None:
    old = keys(tmp_path / "keys")
    first = released(tmp_path / "b", document("2026-09-30"), signing=old)
    both = keys(tmp_path / "keys")
    # The site has taken the old key out of its file.
    second = released(tmp_path / "b", document("2026-10-31"), signing=both[:1])
    public = signing.trusted(series(tmp_path / "b").folder / "jwks.json")
    for release, key in ((first, old[0]), (second, both[0])):
        signature = release.read("manifest.jws").decode()
        assert manifest(release)["signed_by"] == key.kid
        assert signature.split(".")[1] == ""
        assert signing.is_signed(release.read("manifest.json"), signature, public)
    assert not signing.is_signed(first.read("manifest.json"), second.read("manifest.jws").decode(), public)
    assert '"d"' not in (series(tmp_path / "b").folder / "jwks.json").read_text("utf-8")


def test_a_name_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be that of a folder"):
        Series(tmp_path, "../elsewhere", "internal")
