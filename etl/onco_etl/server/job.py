"""An export in progress, kept in a private file so that a process that is killed can take it up again."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from onco_etl.server import private

FILE = "job.json"


@dataclass(frozen=True)
class Job:
    """`url` answers how it goes. since: the instant (ISO 8601) from which, None for everything; `reads` as in Settled.

    types: those that are exported; members: who was in the group when it began, None without a group.
    """

    url: str
    since: str | None
    reads: str
    types: tuple[str, ...]
    members: tuple[str, ...] | None
    started: str

    @property
    def age(self) -> float:
        """Seconds since it began."""
        return (datetime.now(UTC) - datetime.fromisoformat(self.started)).total_seconds()


def keep(folder: Path, job: Job) -> None:
    """Write the job file."""
    private.write(folder / FILE, asdict(job))


def kept(folder: Path) -> Job | None:
    """The job that an earlier process left; None without one, or where its file cannot be understood."""
    found: dict[str, Any] = private.read(folder / FILE)
    try:
        members = found["members"]
        return Job(
            str(found["url"]),
            found["since"],
            str(found["reads"]),
            tuple(found["types"]),
            None if members is None else tuple(members),
            datetime.fromisoformat(found["started"]).isoformat(),
        )
    except (KeyError, TypeError, ValueError):
        return None


def forget(folder: Path) -> None:
    """Remove the job file."""
    folder.joinpath(FILE).unlink(missing_ok=True)
