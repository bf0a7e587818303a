"""What a night calls when the published file is there: the replica follows, or it is said that it is behind.

A site without a replica imports nothing of Postgres.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import structlog

from onco_etl.errors import ConfigurationError, OncoError, ReplicaError
from onco_etl.settings import EtlSettings

if TYPE_CHECKING:
    from onco_etl.postgres.publish import Published
    from onco_etl.postgres.transfer import Route
    from onco_etl.postgres.verify import Verified

log = structlog.get_logger()


def follow(settings: EtlSettings, *, full: bool = False) -> Published | None:
    """Publish the newest published file to Postgres; None where no replica is configured.

    Raises ReplicaError where that cannot be: workspace and file stay as they are, and the next publish catches up.
    """
    if settings.postgres is None:
        return None
    from onco_etl.postgres.publish import publish

    try:
        with opened(settings) as route:
            return publish(route, full=full)
    except ReplicaError as error:
        log.warning("the Postgres replica is behind; the next publish catches up", reason=str(error))
        raise


@contextmanager
def followed(settings: EtlSettings) -> Iterator[None]:
    """After what is done within, whatever became of it, the replica follows; an error from within comes first."""
    try:
        yield
    except Exception:
        with suppress(OncoError):
            follow(settings)
        raise
    follow(settings)


def verified(settings: EtlSettings) -> Verified:
    """Compare the replica with what it should hold. Raises as `verify`, and ReplicaError while another publishes."""
    from onco_etl.postgres.verify import verify

    with opened(settings) as route:
        return verify(route)


@contextmanager
def opened(settings: EtlSettings) -> Iterator[Route]:
    """Both ends: the newest published file and the replica's database, whose lock is held.

    Raises ConfigurationError where no replica is configured, StateError where nothing is published, ReplicaError.
    """
    from onco_etl.postgres import origin
    from onco_etl.postgres.lock import held
    from onco_etl.postgres.transfer import Route

    if settings.postgres is None:
        raise ConfigurationError("no replica is configured: registry.toml needs the section [postgres]")
    with origin.opened(settings) as found, held(settings.postgres) as connection:
        yield Route(found, connection, settings.postgres)
