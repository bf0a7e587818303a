"""Add a release to a series: at most one for a document, and another for the same data cut only as a correction."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from onco_etl.errors import ReleaseError
from onco_etl.server.client_keys import Key
from onco_registry import whole
from onco_registry.bulletin.archive import release as one
from onco_registry.bulletin.archive import signing
from onco_registry.bulletin.archive.release import DOCUMENT, Release
from onco_registry.bulletin.archive.series import Series, standing
from onco_registry.bulletin.document import canonical

# What tells by which run a document was computed, and when.
_PROVENANCE = ("hash", "knowledge_run", "computed")


@dataclass(frozen=True)
class Correction:
    """Which release is corrected, and why, in words for its readers (never with patient data); `translations` of these
    words by language.
    """

    number: int
    reason: str
    translations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Planned:
    """What becomes of a document: a release of this number, `before` being the last; or `stands`, which has it."""

    number: int
    before: Release | None
    stands: Release | None


def plan(series: Series, document: bytes, correction: Correction | None = None) -> Planned:
    """What would become of a document's bytes; nothing is changed.

    Raises ReleaseError where another document stands for its data cut and no correction is asked for, and where what
    is to be corrected is not what stands or is the same; and where a release is damaged.
    """
    releases = series.releases()
    data_cut = json.loads(document)["bulletin"]["data_cut"]
    found = standing(releases, data_cut)
    number = releases[-1].number + 1 if releases else 1
    if found and _says_the_same(found, document):
        if correction and found.corrects != correction.number:
            raise ReleaseError(f"release {found.name} holds this very document: nothing to correct")
        return Planned(found.number, None, found)
    if correction:
        _check(series, releases, found, data_cut, correction)
    elif found:
        raise ReleaseError(
            f"release {found.name} stands for data cut {data_cut}, and the document differs now: "
            f"`onco-registry bulletin --registry {series.registry} --edition {series.edition} "
            f"--corrects {found.number} --reason TEXT` releases a correction"
        )
    return Planned(number, releases[-1] if releases else None, None)


def add(
    series: Series,
    planned: Planned,
    files: Mapping[str, bytes],
    *,
    published: datetime,
    keys: list[Key],
    correction: Correction | None = None,
) -> Release:
    """Release rendered files, of which bulletin.json is the document, as `plan` found for that document.

    `published` is the time of the release, with its offset; the first of `keys` signs. The folder appears whole;
    killed before that, nothing is there. Raises OSError where it cannot be written.
    """
    _make(series)
    whole.tidy(series.folder)
    content = canonical(_manifest(series, planned, files, published, keys, correction))
    texts = {one.MANIFEST: content}
    if keys:
        texts[one.SIGNATURE] = f"{signing.sign(content, keys[0])}\n".encode()
    folder = series.folder / str(planned.number)
    write(folder, {**files, **texts})
    return one.load(folder)


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """A folder of files that nobody writes any more (0444); it appears whole."""
    with whole.folder(folder) as made:
        for name, content in files.items():
            path = made / name
            path.parent.mkdir(parents=True, exist_ok=True)
            whole.replace(path, content, mode=0o444)
        # Who may read is for the folder of the edition to say.
        for one_folder in {(made / name).parent for name in files}:
            one_folder.chmod(0o755)


def _says_the_same(found: Release, document: bytes) -> bool:
    """Whether a document is that of a release, or differs in nothing but by which run it was computed, and when."""
    if found.manifest["files"][DOCUMENT]["sha256"] == one.sha256(document):
        return True
    return _findings(found.document()) == _findings(json.loads(document))


def _findings(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document without where it comes from; the checklist repeats that, and what the other sections say."""
    about = {key: value for key, value in document["bulletin"].items() if key not in _PROVENANCE}
    return {key: value for key, value in document.items() if key != "checklist"} | {"bulletin": about}


def _make(series: Series) -> None:
    """The folder of a series; the internal edition is of persons, so the folder is private unless the site opens it."""
    whole.make(series.folder, 0o700 if series.edition == "internal" else 0o755)


def _check(
    series: Series, releases: list[Release], found: Release | None, data_cut: str, correction: Correction
) -> None:
    wanted = {release.number: release for release in releases}.get(correction.number)
    if wanted is None:
        raise ReleaseError(f"{series.registry}/{series.edition} has no release {correction.number} to correct")
    if wanted.data_cut != data_cut:
        raise ReleaseError(
            f"release {wanted.name} is of data cut {wanted.data_cut}, the newest estimates are of {data_cut}: "
            f"first `onco-registry recompute --data-cut {wanted.data_cut}`"
        )
    if found and found.number != wanted.number:
        raise ReleaseError(f"release {wanted.name} is corrected by {found.name} already: correct that one")


def _manifest(
    series: Series,
    planned: Planned,
    files: Mapping[str, bytes],
    published: datetime,
    keys: list[Key],
    correction: Correction | None,
) -> dict[str, Any]:
    about = json.loads(files[DOCUMENT])["bulletin"]
    return {
        "manifest_version": one.MANIFEST_VERSION,
        "registry": series.registry,
        "edition": series.edition,
        "number": planned.number,
        "data_cut": about["data_cut"],
        "knowledge_run": about["knowledge_run"],
        "hash": about["hash"],
        "published": published.isoformat(timespec="seconds"),
        "previous": planned.before.sha256 if planned.before else None,
        "corrects": correction.number if correction else None,
        "reason": correction.reason if correction else None,
        "reason_translations": dict(correction.translations) if correction else {},
        "signed_by": keys[0].kid if keys else None,
        "files": one.listed(files),
    }
