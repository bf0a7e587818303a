"""A series copied into a folder, such as a share or the root of a web server: every release, the index, the keys."""

from __future__ import annotations

from pathlib import Path

from onco_etl.errors import ReleaseError
from onco_registry import whole
from onco_registry.bulletin.archive import erased, signing
from onco_registry.bulletin.archive.release import MANIFEST, SIGNATURE, Release
from onco_registry.bulletin.archive.series import numbers
from onco_registry.bulletin.archive.store import write
from onco_registry.bulletin.sending.guard import check
from onco_registry.bulletin.sending.parcels import Parcel


def bring(parcel: Parcel) -> None:
    """Bring the copy <folder>/<registry>/<edition> up to the series: releases that it lacks, then the index.

    A release there is never written again. Raises ReleaseError where another one has its number, OSError.
    """
    series, folder = parcel.series, parcel.channel.folder
    assert folder is not None, "a channel to a folder has one"
    target = folder / series.registry / series.edition
    whole.make(target)
    whole.tidy(target)
    there = numbers(target)
    for release in series.releases():
        if release.number not in there:
            check(release, series, parcel.channel)
            write(target / str(release.number), _files(release))
        elif target.joinpath(str(release.number), MANIFEST).read_bytes() != release.read(MANIFEST):
            raise ReleaseError(f"{target / str(release.number)}: another release than the archive's")
    for path in _beside(series.folder):
        whole.replace(target / path.name, path.read_bytes(), mode=0o644)


def _files(release: Release) -> dict[str, bytes]:
    names = [*release.manifest["files"], MANIFEST, *([SIGNATURE] if release.manifest["signed_by"] else ())]
    return {name: release.read(name) for name in names}


def _beside(folder: Path) -> list[Path]:
    """The files that lie beside the releases of a series."""
    known = [*sorted(folder.glob("index*.html")), folder / signing.JWKS, folder / erased.FILE]
    return [path for path in known if path.exists()]
