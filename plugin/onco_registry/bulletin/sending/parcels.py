"""What is to go where: the releases of each channel's edition, to each of its recipients, by what the ledger knows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from onco_registry.bulletin.archive.release import Release
from onco_registry.bulletin.archive.series import Series, all_series, corrections
from onco_registry.bulletin.sending import ledger
from onco_registry.bulletin.sending.ledger import Address, Progress
from onco_registry.bulletin.settings import BulletinSettings, SendSettings


@dataclass(frozen=True)
class Parcel:
    """A release on its way to an address of a channel, and how far it is."""

    channel: SendSettings
    series: Series
    release: Release
    address: Address
    progress: Progress

    @property
    def target(self) -> str:
        """Where it goes, in words; the address of a webhook is a secret."""
        return self.address.recipient or str(self.channel.folder or "its address")


def parcels(engine: Engine, root: Path, settings: BulletinSettings) -> Iterator[Parcel]:
    """What was sent and is to be sent: to an address that never had any the newest release, else all since its first.

    A release that was corrected before it was sent stays here: the correction goes there. Raises ReleaseError where a
    release is damaged.
    """
    for series in all_series(root) if settings.send else ():
        releases = series.releases()
        corrected = corrections(releases)
        for channel in settings.send:
            for address in addresses(channel) if takes(channel, series.registry, series.edition) else ():
                known = ledger.known(engine, series, address)
                first = min((one.number for one in releases if one.sha256 in known), default=releases[-1].number)
                for release in releases:
                    if release.number >= first and release.number not in corrected:
                        progress = known.get(release.sha256, Progress())
                        yield Parcel(channel, series, release, address, progress)


def addresses(channel: SendSettings) -> list[Address]:
    """Whom a channel reaches: each address of an e-mail apart, so that each is known to have had it."""
    return [Address(channel.name, recipient) for recipient in (channel.to or ("",))]


def takes(channel: SendSettings, registry: str, edition: str) -> bool:
    """Whether releases of a registry's edition go by a channel."""
    return channel.edition == edition and (not channel.registries or registry in channel.registries)
