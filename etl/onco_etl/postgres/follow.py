"""What a night calls when the published file is there: the replica follows, or it is said that it is behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import structlog

from onco_etl.errors import OncoError, ReplicaError
from onco_etl.postgres import origin
from onco_etl.postgres.lock import guarded, held
from onco_etl.postgres.publish import Published, publish
from onco_etl.settings import EtlSettings

log = structlog.get_logger()


def follow(settings: EtlSettings, *, full: bool = False) -> Published | None:
    """Publish the newest published file to Postgres; None where no replica is configured.

    Raises ReplicaError where that cannot be: workspace and file stay as they are, and the next publish catches up.
    """
    if settings.postgres is None:
        return None
    try:
        with origin.opened(settings) as found, held(settings.postgres) as connection, guarded():
            return publish(found, connection, settings.postgres, full=full)
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
