"""The last look at a release before it leaves: whether it may go there, and whether it is whole."""

from __future__ import annotations

from onco_etl.errors import ReleaseError
from onco_registry.bulletin.archive.release import Release
from onco_registry.bulletin.archive.series import Series
from onco_registry.bulletin.archive.verify import file_faults
from onco_registry.bulletin.settings import SendSettings, allowed


def check(release: Release, series: Series, channel: SendSettings) -> None:
    """Raises ReleaseError where an internal edition, by whatever it says of itself, would go to the public.

    Also where the release is of another edition than the channel's, or of another registry than its place says, and
    where a file is not as it was released.
    """
    document = release.document()
    if len({release.registry, document["registry"]["name"], series.registry}) > 1:
        raise ReleaseError(f"{release.folder}: not of registry {series.registry}, so not for channel {channel.name}")
    editions = {release.edition, document["bulletin"]["edition"], series.edition, channel.edition}
    if len(editions) > 1 or not all(allowed(edition, channel.audience) for edition in editions):
        raise ReleaseError(f"{release.folder}: not of the {channel.edition} edition, so not for channel {channel.name}")
    if fault := next(file_faults(release.folder, release.manifest["files"]), None):
        raise ReleaseError(fault)
