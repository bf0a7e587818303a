"""What was last pulled and mapped: from there the next pull goes on."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from onco_etl.server import private
from onco_etl.server.settings import ServerSettings

FILE = "settled.json"


@dataclass(frozen=True)
class Settled:
    """transaction_time: until when the server was read; full: the same of the last pull of everything.

    reads: which server and which part of it (see `reads`); types: those that were read; members: the ids of the
    patients of the group, None without one.
    """

    transaction_time: datetime
    full: datetime
    reads: str
    types: tuple[str, ...]
    members: tuple[str, ...] | None


def reads(settings: ServerSettings) -> str:
    """A mark of which part of which server is read; where it differs, everything is read anew."""
    what = [settings.base, settings.method, settings.level, settings.group, *sorted(settings.type_filters)]
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:32]


def keep(folder: Path, settled: Settled) -> None:
    """Write the state, whole or not at all."""
    times = {"transaction_time": settled.transaction_time.isoformat(), "full": settled.full.isoformat()}
    private.write(folder / FILE, {**settled.__dict__, **times})


def kept(folder: Path) -> Settled | None:
    """The state; None before the first pull, or where the file cannot be understood: everything is then read anew."""
    found = private.read(folder / FILE)
    try:
        members = found["members"]
        return Settled(
            datetime.fromisoformat(found["transaction_time"]),
            datetime.fromisoformat(found["full"]),
            str(found["reads"]),
            tuple(found["types"]),
            None if members is None else tuple(members),
        )
    except (KeyError, TypeError, ValueError):
        return None
