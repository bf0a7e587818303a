"""The notice of a release for a webhook: what it is, its files with checksums and links, and its signature."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from onco_registry.bulletin.archive.release import MANIFEST, SIGNATURE
from onco_registry.bulletin.sending.letter import link
from onco_registry.bulletin.sending.parcels import Parcel


def write(parcel: Parcel, headline: Callable[[Mapping[str, Any], str], str]) -> dict[str, Any]:
    """The manifest, with the finding, the manifest's own SHA-256, its signature, and links where they are declared."""
    release, channel = parcel.release, parcel.channel
    files = {
        name: {**entry, **({"link": link(release, channel.link, name)} if channel.link else {})}
        for name, entry in release.manifest["files"].items()
    }
    signature = release.read(SIGNATURE).decode().strip() if release.manifest["signed_by"] else None
    return {
        "kind": "bulletin",
        "finding": headline(release.document(), channel.language),
        **release.manifest,
        "files": files,
        MANIFEST: {"sha256": release.sha256, "signature": signature},
    }
