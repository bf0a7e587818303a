"""One run at a time, across hosts and data folders: whoever is to bring a replica along takes its turn first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import structlog

from onco_etl.errors import ConfigurationError, InUseError, ReplicaError, ReplicaInUseError
from onco_etl.postgres.settings import PostgresSettings
from onco_etl.settings import EtlSettings

log = structlog.get_logger()

PURPOSE = "night"


@contextmanager
def taken(settings: EtlSettings, command: str) -> Iterator[None]:
    """Hold the replica's lock of runs for `command`, from before anything is received until all is published.

    Raises InUseError, naming the holder, where another has it. A server that is away stops nobody, nor does one that
    goes away in between: publishing has a lock of its own, and says what is wrong. Without a replica there is no lock.
    """
    session = ExitStack() if settings.postgres is None else _session(settings.postgres, command)
    try:
        yield
    finally:
        # The connection may have been lost long ago.
        with suppress(ReplicaError):
            session.close()


def _session(settings: PostgresSettings, command: str) -> ExitStack:
    """What holds the lock until it is closed; nothing, where the server cannot be asked."""
    from onco_etl.postgres.lock import held

    with ExitStack() as stack:
        try:
            stack.enter_context(held(settings, PURPOSE, command))
        except ReplicaInUseError as error:
            raise InUseError(f"the Postgres replica is in use: {error}; try again later") from None
        except (ReplicaError, ConfigurationError) as error:
            log.warning("the Postgres replica cannot be asked whether another runs; it goes on", reason=str(error))
        return stack.pop_all()
