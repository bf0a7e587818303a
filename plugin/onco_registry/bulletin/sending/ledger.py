"""Which release was taken by whom: one row per release, channel and recipient, in the ledger of jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from sqlalchemy import Engine, select
from sqlalchemy.dialects.sqlite import insert

from onco_registry.bulletin.archive.release import Release
from onco_registry.bulletin.archive.series import Series
from onco_registry.service.jobs import SENDING

State = Literal["waiting", "sent", "given-up"]
# The tries of a release that is not taken: after ten minutes, twenty, forty ..., at last once a day; for a week or so,
# or as many nights where only nights look.
MOST_TRIES = 14
_FIRST_REST, _LONGEST_REST = timedelta(minutes=10), timedelta(days=1)


@dataclass(frozen=True)
class Address:
    """Where a release goes: the channel's name, and within it the recipient ("" where a channel has just one)."""

    channel: str
    recipient: str = ""


@dataclass(frozen=True)
class Progress:
    """How far a release is with an address: its state, the tries so far, and when the next one may be (ISO, UTC)."""

    state: State = "waiting"
    tries: int = 0
    next_try: str = ""

    def is_due(self, *, everything: bool) -> bool:
        """Whether it is to be sent now; with `everything` also while it rests, and where it was given up."""
        if everything:
            return self.state != "sent"
        return self.state == "waiting" and self.next_try <= _text(datetime.now(UTC))

    def after(self, *, taken: bool) -> Progress:
        """The progress after one more try."""
        tries = self.tries + 1
        if taken:
            return Progress("sent", tries, _text(datetime.now(UTC)))
        rest = min(_FIRST_REST * 2 ** (tries - 1), _LONGEST_REST)
        return Progress("given-up" if tries >= MOST_TRIES else "waiting", tries, _text(datetime.now(UTC) + rest))


def known(engine: Engine, series: Series, address: Address) -> Mapping[str, Progress]:
    """What is known of an address, by the SHA-256 of the release's manifest."""
    query = select(SENDING.c.manifest, SENDING.c.state, SENDING.c.tries, SENDING.c.next_try).where(
        SENDING.c.registry == series.registry,
        SENDING.c.edition == series.edition,
        SENDING.c.channel == address.channel,
        SENDING.c.recipient == address.recipient,
    )
    with engine.connect() as con:
        return {manifest: Progress(*rest) for manifest, *rest in con.execute(query)}


def record(engine: Engine, series: Series, release: Release, address: Address, progress: Progress) -> None:
    """Keep what became of a release at an address."""
    key = {"registry": series.registry, "edition": series.edition, "manifest": release.sha256}
    key |= {"channel": address.channel, "recipient": address.recipient}
    values = {"number": release.number, "state": progress.state, "tries": progress.tries, "next_try": progress.next_try}
    with engine.begin() as con:
        con.execute(
            insert(SENDING).values(**key, **values).on_conflict_do_update(index_elements=list(key), set_=values)
        )


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
