"""Whether releases are as they were released: files by their checksums, the chain of manifests, the signatures."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from joserfc.jwk import KeySet

from onco_etl.errors import ConfigurationError, ReleaseError
from onco_registry.bulletin.archive import signing
from onco_registry.bulletin.archive.release import MANIFEST, SIGNATURE, Release, load
from onco_registry.bulletin.archive.series import EDITIONS, numbers


@dataclass
class Report:
    """What was looked at: releases, how many of them are signed, and the faults, each naming its file."""

    releases: int = 0
    signed: int = 0
    faults: list[str] = field(default_factory=list)


def verify(folder: Path, keys: KeySet | None = None) -> Report:
    """Look at every release below a folder: that of all bulletins, of a registry, of a series, or of one release.

    `keys`: the public keys to trust; a release without a signature by one of them is a fault then. Without them the
    keys that lie beside a series are taken, and unsigned releases are only counted. Raises ConfigurationError where
    there is no release.
    """
    report = Report()
    for series in _series(folder):
        # Below the folder of all bulletins a series lies in that of its registry; a copy may lie anywhere.
        registry = series.parent.name if series.parent.parent == folder else None
        _look_at_series(report, series, keys, registry)
    if folder.joinpath(MANIFEST).exists():
        _look(report, folder, _trusted(report, folder.parent, keys), needed=keys is not None)
    if not report.releases:
        raise ConfigurationError(f"{folder}: no release of a bulletin here")
    return report


def _series(folder: Path) -> Iterator[Path]:
    """The folders of series at or below a folder; the link `current` is none."""
    found = (folder, *sorted(folder.glob("*")), *sorted(folder.glob("*/*")))
    yield from (path for path in found if path.absolute().name in EDITIONS and numbers(path))


def _look_at_series(report: Report, series: Path, keys: KeySet | None, registry: str | None) -> None:
    """All releases of a series: none is missing, and each names the one before by its checksum."""
    found = numbers(series)
    report.faults += [f"{series / str(n)}: missing" for n in range(1, found[-1]) if n not in found]
    trusted = _trusted(report, series, keys)
    before: Release | None = None
    for number in found:
        release = _look(report, series / str(number), trusted, needed=keys is not None)
        if release and (before or number == 1):
            _look_at_place(report, series, number, release, before)
        if release and registry not in (None, release.registry):
            report.faults.append(f"{release.folder / MANIFEST}: is of registry {release.registry}, not {registry}")
        before = release


def _look_at_place(report: Report, series: Path, number: int, release: Release, before: Release | None) -> None:
    path = release.folder / MANIFEST
    if (release.edition, release.number) != (series.absolute().name, number):
        report.faults.append(f"{path}: is release {release.name}, not {series.absolute().name}/{number}")
    if release.manifest["previous"] != (before.sha256 if before else None):
        report.faults.append(f"{path}: does not follow the manifest of the release before")


def _look(report: Report, folder: Path, trusted: KeySet | None, *, needed: bool) -> Release | None:
    """One release: its manifest, its files, its signature. None where the manifest cannot be read."""
    report.releases += 1
    try:
        release = load(folder)
    except ReleaseError as error:
        report.faults.append(str(error).partition(";")[0])
        return None
    report.faults += file_faults(folder, release.manifest["files"])
    if fault := _signature_fault(release, trusted, needed=needed):
        report.faults.append(fault)
    elif release.manifest["signed_by"]:
        report.signed += 1
    return release


def file_faults(folder: Path, files: Mapping[str, Any]) -> Iterator[str]:
    """Each file of a release that is missing, is not as the manifest's entries say, or is not among them."""
    for name, entry in files.items():
        path = folder / name
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            yield f"{path}: not within the release"
        elif not path.is_file():
            yield f"{path}: missing"
        elif path.stat().st_size != entry["bytes"] or _sha256(path) != entry["sha256"]:
            yield f"{path}: not as it was released"
    known = {folder / name for name in (*files, MANIFEST, SIGNATURE)}
    yield from (f"{path}: not of this release" for path in sorted(folder.rglob("*")) if _is_strange(path, known))


def _is_strange(path: Path, known: set[Path]) -> bool:
    return path not in known and not (path.is_dir() and not path.is_symlink())


def _signature_fault(release: Release, trusted: KeySet | None, *, needed: bool) -> str | None:
    path = release.folder / SIGNATURE
    if not release.manifest["signed_by"]:
        if path.exists():
            return f"{path}: a signature, where the manifest says there is none"
        return f"{release.folder / MANIFEST}: not signed" if needed else None
    if not path.is_file():
        return f"{path}: missing"
    content, signature = release.read(MANIFEST), path.read_text("utf-8", errors="replace")
    if trusted is None or not signing.is_signed(content, signature, trusted):
        return f"{path}: no signature of the manifest by a key that is trusted"
    return None


def _trusted(report: Report, series: Path, keys: KeySet | None) -> KeySet | None:
    """The keys given, else those beside the series; None where there are none."""
    beside = series / signing.JWKS
    if keys is not None or not beside.exists():
        return keys
    try:
        return signing.trusted(beside)
    except ConfigurationError as error:
        report.faults.append(str(error))
        return None


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
