"""One at a time: whoever changes a data folder holds its lock file, and says in it who that is."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from onco_etl.errors import InUseError

# Held by whoever changes the data folder, and by the service as long as it lives.
FILE = "lock"
SERVICE = "service.lock"


@dataclass(frozen=True)
class Holder:
    """Who holds a lock: the command, its process and host, and since when (ISO 8601, UTC)."""

    command: str
    pid: int
    host: str
    since: str

    def __str__(self) -> str:
        return f"`onco-registry {self.command}` (process {self.pid} on {self.host}, since {self.since})"


@contextmanager
def held(folder: Path, command: str, *, file: str = FILE) -> Iterator[None]:
    """Hold the lock of a data folder for `command`; raises InUseError, naming the holder, where another has it.

    The operating system lets go of it when the process ends, however it ends. A folder that is missing has no lock:
    what needs it says so.
    """
    if not folder.is_dir():
        yield
        return
    path = folder / file
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InUseError(f"{folder}: in use by {_read(path) or 'another command'}; try again later") from None
        since = datetime.now(UTC).isoformat(timespec="seconds")
        stream.truncate()
        json.dump(asdict(Holder(command, os.getpid(), socket.gethostname(), since)), stream)
        stream.flush()
        try:
            yield
        finally:
            stream.seek(0)
            stream.truncate()


def holder(folder: Path, *, file: str = FILE) -> Holder | None:
    """Who holds the lock of a data folder now; None where nobody does."""
    path = folder / file
    if not path.exists():
        return None
    with path.open("rb") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _read(path) or Holder("?", 0, "?", "?")
    return None


def _read(path: Path) -> Holder | None:
    try:
        return Holder(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
