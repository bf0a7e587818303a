"""One release: a folder of files and the manifest that names them, never changed once it is there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onco_etl.errors import ReleaseError

MANIFEST = "manifest.json"
SIGNATURE = "manifest.jws"
DOCUMENT = "bulletin.json"
MANIFEST_VERSION = 1


@dataclass(frozen=True)
class Release:
    """A release that lies in `folder`; `sha256` is that of the manifest's bytes."""

    folder: Path
    manifest: Mapping[str, Any]
    sha256: str

    @property
    def registry(self) -> str:
        """The name of the registry."""
        return str(self.manifest["registry"])

    @property
    def edition(self) -> str:
        """internal or public."""
        return str(self.manifest["edition"])

    @property
    def number(self) -> int:
        """Its number in the series, from 1."""
        return int(self.manifest["number"])

    @property
    def data_cut(self) -> str:
        """The data cut, ISO 8601."""
        return str(self.manifest["data_cut"])

    @property
    def corrects(self) -> int | None:
        """The number of the release that this one corrects."""
        found: int | None = self.manifest["corrects"]
        return found

    def reason(self, language: str) -> str | None:
        """Why it corrects another, in a language where it was given in it."""
        found: str | None = self.manifest.get("reason_translations", {}).get(language, self.manifest["reason"])
        return found

    @property
    def name(self) -> str:
        """Its place below the folder of all bulletins, such as trial/internal/3."""
        return f"{self.registry}/{self.edition}/{self.number}"

    def read(self, name: str) -> bytes:
        """The bytes of one of its files. Raises OSError."""
        return (self.folder / name).read_bytes()

    def document(self) -> dict[str, Any]:
        """The canonical document; raises ReleaseError, naming the file, where it is not as it was released."""
        path = self.folder / DOCUMENT
        try:
            content = self.read(DOCUMENT)
        except OSError as error:
            raise ReleaseError(f"{path}: {error.strerror}") from None
        if sha256(content) != self.manifest["files"].get(DOCUMENT, {}).get("sha256"):
            raise ReleaseError(f"{path}: not as it was released; `onco-registry bulletin verify` says what else is not")
        found: dict[str, Any] = json.loads(content)
        return found


def load(folder: Path) -> Release:
    """The release in a folder; raises ReleaseError, naming the file, where its manifest cannot be read."""
    path = folder / MANIFEST
    try:
        content = path.read_bytes()
        manifest = json.loads(content)
        release = Release(folder, manifest, sha256(content))
        _ = (release.name, release.data_cut, release.corrects, dict(manifest["files"]))
    except (OSError, ValueError, KeyError, TypeError):
        raise ReleaseError(f"{path}: missing or damaged; `onco-registry bulletin verify` says what else is") from None
    return release


def listed(files: Mapping[str, bytes]) -> dict[str, dict[str, Any]]:
    """The entries of files in a manifest: sha256 and size in bytes by name."""
    return {name: {"sha256": sha256(content), "bytes": len(content)} for name, content in sorted(files.items())}


def sha256(content: bytes) -> str:
    """The SHA-256 of bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
