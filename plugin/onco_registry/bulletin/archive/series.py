"""A series: the releases of one registry and edition, numbered from 1, each knowing the one before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onco_etl.errors import ConfigurationError, ReleaseError
from onco_registry.bulletin.archive.release import Release, load

EDITIONS = ("internal", "public")
_NAME = re.compile(r"\w[\w.-]*")


@dataclass(frozen=True)
class Series:
    """The series of a registry's edition, below the folder of all bulletins; there may be no release yet.

    Raises ConfigurationError where the registry's name cannot be that of a folder.
    """

    root: Path
    registry: str
    edition: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.registry):
            raise ConfigurationError(f"registry {self.registry!r}: its name cannot be that of a folder")

    @property
    def folder(self) -> Path:
        """Where its releases lie."""
        return self.root / self.registry / self.edition

    def releases(self) -> list[Release]:
        """All releases, oldest first; raises ReleaseError where one is damaged."""
        return [load(self.folder / str(number)) for number in numbers(self.folder)]

    def newest(self) -> Release | None:
        """The release with the highest number."""
        found = numbers(self.folder)
        return load(self.folder / str(found[-1])) if found else None


def numbers(folder: Path) -> list[int]:
    """The numbers of the releases in a series' folder, ascending."""
    if not folder.is_dir():
        return []
    return sorted(int(path.name) for path in folder.iterdir() if path.is_dir() and re.fullmatch(r"[1-9]\d*", path.name))


def all_series(root: Path) -> Iterator[Series]:
    """Each series that has a release, by registry and edition."""
    for folder in sorted(root.glob("*/*")):
        if folder.name in EDITIONS and _NAME.fullmatch(folder.parent.name) and numbers(folder):
            yield Series(root, folder.parent.name, folder.name)


def overview(root: Path) -> list[dict[str, Any]]:
    """The newest release of each series as plain data; one that is damaged says so."""
    found = []
    for series in all_series(root):
        row: dict[str, Any] = {"registry": series.registry, "edition": series.edition}
        try:
            newest = series.newest()
            told = newest.manifest if newest else {}
            row |= {name: told.get(name) for name in ("number", "data_cut", "published", "corrects", "signed_by")}
        except ReleaseError as error:
            row["damaged"] = str(error)
        found.append(row)
    return found


def standing(releases: list[Release], data_cut: str) -> Release | None:
    """The release that stands for a data cut: the newest of it."""
    return next((release for release in reversed(releases) if release.data_cut == data_cut), None)


def corrections(releases: list[Release]) -> dict[int, Release]:
    """Number of each corrected release -> the release that corrects it."""
    return {release.corrects: release for release in releases if release.corrects is not None}


def current(releases: list[Release]) -> Release:
    """The release to be read now: of the newest data cut, the newest. Raises ValueError where there is none."""
    return max(releases, key=lambda release: (release.data_cut, release.number))
