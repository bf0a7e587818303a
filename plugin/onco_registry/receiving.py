"""Where a sync receives from: the FHIR server of the settings or of an address, the inbox, or a path."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from onco_etl.errors import ConfigurationError, InputError
from onco_etl.server.settings import ServerSettings

if TYPE_CHECKING:
    from onco_etl.pipeline import Preview, RunReport
    from onco_registry.config import Config


def receive(config: Config, source: str | None, *, full: bool = False) -> RunReport:
    """Sync from a path, from a server's address, or without either from the server of the settings.

    full: read everything of the server. Raises ConfigurationError, and as `onco_etl.pipeline.sync` and
    `onco_etl.server.pull.sync` do.
    """
    if (path := _path(source, full)) is not None:
        from onco_etl import pipeline

        return pipeline.sync(config.etl, path)
    from onco_etl.server import pull

    return pull.sync(config.etl, _server(config, source), full=full)


def preview(config: Config, source: str | None, *, full: bool = False) -> Preview:
    """What `receive` would do; nothing is changed, and of a server nothing counts as read. Raises as `receive` does."""
    from onco_etl import pipeline
    from onco_etl.server import dry_run

    if (path := _path(source, full)) is not None:
        return pipeline.preview(config.etl, path)
    return dry_run.preview(config.etl, _server(config, source), full=full)


def night(config: Config) -> RunReport:
    """Sync from what the settings name: the server, or the inbox; raises ConfigurationError where they name neither.

    Raises InputError where there is no such inbox.
    """
    if config.server and config.inbox:
        raise ConfigurationError("server and inbox: set one of them, whichever a night receives")
    if config.server is None and config.inbox is None:
        raise ConfigurationError(
            "nothing to receive: set inbox in registry.toml, the folder into which the hospital's exports are put, or "
            "the section [server]"
        )
    if config.inbox and not config.inbox.is_dir():
        raise InputError(f"inbox: {config.inbox}: no such folder; create it, or put the setting right")
    if config.inbox is None:
        return receive(config, None)
    from onco_etl import pipeline

    return pipeline.sync_inbox(config.etl, config.inbox)


def _path(source: str | None, full: bool) -> Path | None:
    """The path that a source is; None where it is a server."""
    if source is None or _is_address(source):
        return None
    if full:
        raise ConfigurationError("--full is for a server; of a path everything is received")
    return Path(source)


def _server(config: Config, address: str | None) -> ServerSettings:
    try:
        if address is not None:
            return replace(config.server, url=address) if config.server else ServerSettings(address)
    except ValueError as error:
        raise ConfigurationError(f"--from: {error}") from None
    if config.server is None:
        raise ConfigurationError(
            "nothing to receive: give --from a path or an address, or set server.url; what lies in the inbox is "
            "received by `night`"
        )
    return config.server


def _is_address(source: str) -> bool:
    return source.startswith(("http://", "https://"))
