"""Small releases: documents of a few lines, with a page and a table beside them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from onco_etl.server import client_keys
from onco_etl.server.client_keys import Key
from onco_registry.bulletin.archive.release import Release
from onco_registry.bulletin.archive.series import Series
from onco_registry.bulletin.archive.settled import settle
from onco_registry.bulletin.archive.store import Correction, add, plan
from onco_registry.bulletin.document import canonical

MOMENT = datetime(2026, 12, 3, 7, 5, tzinfo=UTC)
LANGUAGES = ("en", "zh")


def document(cut: str = "2026-10-31", *, edition: str = "internal", patients: int = 32) -> dict[str, Any]:
    """A document of a data cut; another number of patients makes it another one."""
    about = {"edition": edition, "data_cut": cut, "knowledge_run": 9, "hash": "c0ffee", "fictional": True}
    return {
        "bulletin": about,
        "registry": {"name": "trial", "title": "Two drugs <together>"},
        "headline": {"patients": patients},
        "translations": {"zh": {"Two drugs <together>": "两种药物"}},
    }


def files(content: dict[str, Any]) -> dict[str, bytes]:
    """The rendered files of a document."""
    pages = {f"bulletin.{language}.html": f"<p>{language}</p>".encode() for language in LANGUAGES}
    pdf = {"bulletin.en.pdf": b"%PDF-1.7 page"}
    return {"bulletin.json": canonical(content), **pages, **pdf, "tables/orr.csv": b"x,n\n11,32\n"}


def series(root: Path, edition: str = "internal") -> Series:
    return Series(root, "trial", edition)


def keys(folder: Path) -> list[Key]:
    """A new signing key in a file, before those that it holds."""
    folder.mkdir(exist_ok=True)
    client_keys.add(folder / "keys.json")
    return client_keys.read(folder / "keys.json")


def released(
    root: Path,
    content: dict[str, Any],
    *,
    signing: list[Key] | None = None,
    correction: Correction | None = None,
    rendered: dict[str, bytes] | None = None,
) -> Release:
    """Release a document, or find the release that holds it, as a night does."""
    where = series(root, content["bulletin"]["edition"])
    planned = plan(where, canonical(content), correction)
    signers = signing or []
    release = planned.stands or add(
        where, planned, rendered or files(content), published=MOMENT, keys=signers, correction=correction
    )
    settle(where, LANGUAGES, signers)
    return release


def manifest(release: Release) -> dict[str, Any]:
    """A manifest as it lies on the disk."""
    found: dict[str, Any] = json.loads((release.folder / "manifest.json").read_bytes())
    return found


def tampered(path: Path, content: bytes) -> None:
    """Overwrite a file that nobody is to write."""
    path.chmod(0o644)
    path.write_bytes(content)
