"""Whatever was changed in an archive is found, and the file is named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from archive.releases import LANGUAGES, document, keys, released, series, tampered
from onco_etl.errors import ConfigurationError, ReleaseError
from onco_etl.server import client_keys
from onco_registry.bulletin.archive import signing
from onco_registry.bulletin.archive.settled import settle
from onco_registry.bulletin.archive.store import Correction
from onco_registry.bulletin.archive.verify import verify


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Three signed releases, one of which corrects another, and a public one."""
    folder, signers = tmp_path / "bulletins", keys(tmp_path / "keys")
    for content, correction in (
        (document("2026-09-30"), None),
        (document("2026-10-31"), None),
        (document("2026-10-31", patients=31), Correction(2, "Why")),
        (document("2026-10-31", edition="public"), None),
    ):
        released(folder, content, signing=signers, correction=correction)
    return folder


def rewritten(folder: Path, **changes: object) -> None:
    """A manifest with other content, as somebody without the key would write it."""
    path = folder / "manifest.json"
    tampered(path, json.dumps({**json.loads(path.read_bytes()), **changes}).encode())


def test_an_archive_as_it_was_released(root: Path) -> None:
    for folder, releases in ((root, 4), (root / "trial", 4), (series(root).folder, 3), (series(root).folder / "2", 1)):
        report = verify(folder)
        assert (report.releases, report.signed, report.faults) == (releases, releases, [])


@pytest.mark.parametrize(
    ("harm", "faults"),
    [
        (lambda s: tampered(s / "2/bulletin.en.html", b"<p>EN</p>"), ["2/bulletin.en.html: not as it was released"]),
        (lambda s: (s / "2/tables/orr.csv").unlink(), ["2/tables/orr.csv: missing"]),
        (lambda s: (s / "2/more.html").write_text("more"), ["2/more.html: not of this release"]),
        (lambda s: (s / "2/manifest.jws").unlink(), ["2/manifest.jws: missing"]),
        (
            lambda s: tampered(s / "2/manifest.jws", (s / "1/manifest.jws").read_bytes()),
            ["2/manifest.jws: no signature of the manifest by a key that is trusted"],
        ),
        (
            lambda s: rewritten(s / "2", reason="other"),
            [
                "2/manifest.jws: no signature of the manifest by a key that is trusted",
                "3/manifest.json: does not follow the manifest of the release before",
            ],
        ),
        (
            lambda s: rewritten(s / "3", signed_by=None),
            ["3/manifest.jws: a signature, where the manifest says there is none"],
        ),
        (
            lambda s: rewritten(s / "3", files={"../1/bulletin.json": {"sha256": "", "bytes": 0}}),
            ["3/../1/bulletin.json: not within the release"],
        ),
        (lambda s: tampered(s / "1/manifest.json", b"{"), ["1/manifest.json: missing or damaged"]),
        (lambda s: (s / "3").rename(s / "4"), ["3: missing", "4/manifest.json: is release trial/internal/3, not"]),
        (lambda s: (s / "jwks.json").unlink(), ["1/manifest.jws: no signature", "2/manifest.jws: no signature"]),
        (lambda s: (s / "jwks.json").write_text("[]"), ["jwks.json: no JWKS", "1/manifest.jws: no signature"]),
    ],
)
def test_harm_is_found_and_named(root: Path, harm: Callable[[Path], object], faults: list[str]) -> None:
    folder = series(root).folder
    harm(folder)
    found = verify(root).faults
    assert [fault for fault, wanted in zip(found, faults, strict=False) if f"{folder}/{wanted}" in fault] == (
        found[: len(faults)]
    )
    assert len(found) >= len(faults)


def test_a_series_in_the_folder_of_another_registry_is_a_fault(root: Path) -> None:
    shutil.copytree(root / "trial" / "public", root / "other" / "public", symlinks=True)
    assert verify(root).faults == [f"{root}/other/public/1/manifest.json: is of registry trial, not other"]
    assert verify(root / "other" / "public").faults == []  # a copy may lie anywhere


@pytest.mark.parametrize("content", [b"{", b'{"registry": {}}'])
def test_a_document_that_is_not_as_it_was_released_is_not_read(root: Path, content: bytes) -> None:
    release = series(root).releases()[0]
    tampered(release.folder / "bulletin.json", content)
    with pytest.raises(ReleaseError, match=r"1/bulletin\.json: not as it was released"):
        release.document()


@pytest.mark.parametrize(("name", "content"), [("jwks.json", '{"ke'), ("erasures.json", '{"erasures": [{}]}')])
def test_what_lies_beside_a_series_and_is_damaged_is_named(root: Path, name: str, content: str) -> None:
    folder = series(root).folder
    (folder / name).write_text(content)
    with pytest.raises(ReleaseError, match=rf"{name}: damaged; take it from a backup"):
        settle(series(root), LANGUAGES, keys(root / "keys"))


def test_keys_from_elsewhere_are_trusted_alone(root: Path, tmp_path: Path) -> None:
    (tmp_path / "public.json").write_text(json.dumps(client_keys.public(tmp_path / "keys/keys.json")), "utf-8")
    assert verify(root, signing.trusted(tmp_path / "public.json")).faults == []
    keys(tmp_path / "others")
    (tmp_path / "others.json").write_text(json.dumps(client_keys.public(tmp_path / "others/keys.json")), "utf-8")
    assert len(verify(root, signing.trusted(tmp_path / "others.json")).faults) == 4


def test_unsigned_releases_are_counted_and_refused_by_who_trusts_a_key(tmp_path: Path) -> None:
    release = released(tmp_path / "bulletins", document())
    report = verify(tmp_path / "bulletins")
    assert (report.releases, report.signed, report.faults) == (1, 0, [])
    keys(tmp_path / "keys")
    trusted = signing.trusted(tmp_path / "keys/keys.json")
    assert verify(tmp_path / "bulletins", trusted).faults == [f"{release.folder}/manifest.json: not signed"]


def test_a_folder_without_releases_is_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no release of a bulletin here"):
        verify(tmp_path)
