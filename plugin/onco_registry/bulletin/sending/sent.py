"""One pass of sending: what is due goes out, the ledger says what became of it, and hospital IT is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import structlog
from sqlalchemy import Engine

from onco_etl.errors import OncoError, ReleaseError
from onco_registry.bulletin.archive.release import Release
from onco_registry.bulletin.archive.series import Series
from onco_registry.bulletin.sending import channels, ledger
from onco_registry.bulletin.sending.channels import Headline
from onco_registry.bulletin.sending.ledger import Progress
from onco_registry.bulletin.sending.parcels import Parcel, addresses, parcels, takes
from onco_registry.config import Config
from onco_registry.service import delivery, jobs
from onco_registry.service.record import recorded

log = structlog.get_logger()

JOB = "bulletin send"


@dataclass(frozen=True)
class Outcome:
    """What became of a parcel: how far it is now, the tries before, and where it was not taken, why and what kind."""

    parcel: Parcel
    before: int
    why: str | None = None
    error: str | None = None

    def __str__(self) -> str:
        return f"release {self.parcel.release.name} by channel {self.parcel.channel.name}"


def send(config: Config, headline: Headline, *, everything: bool = False) -> list[Outcome]:
    """Send what is due; with `everything` also what rests until its next try, or was given up.

    headline: gives the finding of a document in a language. Nothing is sent twice: what was taken is recorded at
    once. Raises ReleaseError for what was not taken, which is tried again, after a rest that grows, a limited number of
    times; InUseError where another command holds the data folder.
    """
    if not waiting(config, everything=everything):
        return []
    with recorded(config.data, JOB) as record, jobs.opened(config.data) as engine:
        found = list(_pass(config, engine, headline, everything=everything))
        missed = [one for one in found if one.error]
        record.counts |= {"sent": len(found) - len(missed), "not_sent": len(missed)}
        _tell(config, engine, found)
        if missed:
            raise ReleaseError(f"not sent: {', '.join(f'{one} ({one.why})' for one in missed)}; {_then(missed)}")
    return found


def waiting(config: Config, *, everything: bool = True) -> list[Parcel]:
    """What is to be sent now; with `everything` also what rests or was given up. Changes nothing."""
    if not config.bulletin.send or not config.data.is_dir():
        return []
    with jobs.opened(config.data) as engine:
        return list(_due(config, engine, everything=everything))


def would_go(config: Config, registry: str, edition: str, number: int) -> list[dict[str, Any]]:
    """Where a release would go that is not made yet, as `told` has it."""
    release = {"registry": registry, "edition": edition, "number": number}
    folder = Series(config.bulletins_folder, registry, edition)
    return [
        told(Parcel(channel, folder, Release(folder.folder, release, ""), address, Progress()))
        for channel in config.bulletin.send
        if takes(channel, registry, edition)
        for address in addresses(channel)
    ]


def told(parcel: Parcel) -> dict[str, Any]:
    """A parcel as plain data."""
    return {
        "registry": parcel.release.registry,
        "edition": parcel.release.edition,
        "release": parcel.release.number,
        "channel": parcel.channel.name,
        "by": parcel.channel.by,
        "to": parcel.target,
        "state": parcel.progress.state,
        "tries": parcel.progress.tries,
    }


def _due(config: Config, engine: Engine, *, everything: bool) -> Iterator[Parcel]:
    for parcel in parcels(engine, config.bulletins_folder, config.bulletin):
        if parcel.progress.is_due(everything=everything):
            yield parcel


def _pass(config: Config, engine: Engine, headline: Headline, *, everything: bool) -> Iterator[Outcome]:
    for parcel in list(_due(config, engine, everything=everything)):
        about = {"registry": parcel.release.registry, "number": parcel.release.number, "channel": parcel.channel.name}
        why = error = None
        try:
            channels.send(parcel, config.notify, headline)
            log.info("release sent", **about)
        except Exception as problem:
            # The text of one that is not ours may hold an address or a password.
            error = type(problem).__name__
            why = str(problem) if isinstance(problem, OncoError) else error
            log.warning("release not sent", error=error, **about)
        progress = parcel.progress.after(taken=error is None)
        ledger.record(engine, parcel.series, parcel.release, parcel.address, progress)
        yield Outcome(replace(parcel, progress=progress), parcel.progress.tries, why, error)


def _tell(config: Config, engine: Engine, found: list[Outcome]) -> None:
    """News of what was not taken for the first time, was given up, or was taken after it had not been."""
    site = config.etl.holder or config.source
    kinds = {
        "not-sent": ("was not sent and is tried again", [one for one in found if one.error and not one.before]),
        "not-sent-given-up": ("is given up", [one for one in found if one.parcel.progress.state == "given-up"]),
        "sent": ("was sent after all", [one for one in found if not one.error and one.before]),
    }
    (attempt, *_) = jobs.newest(engine, 1)
    for kind, (what, outcomes) in kinds.items():
        if outcomes:
            jobs.add_news(
                engine,
                attempt=attempt["id"],
                kind=kind,
                subject=f"onco-registry at {site}: a bulletin {what}",
                body=f"{''.join(map(_line, outcomes))}\nMore: onco-registry bulletin send --dry-run\n",
                waiting_for=delivery.channels(config.notify),
            )


def _line(outcome: Outcome) -> str:
    """One line of news: what, where to, and the kind of error without its text."""
    why = f" ({outcome.error})" if outcome.error else ""
    return f"  {outcome}, to {outcome.parcel.target}{why}\n"


def _then(missed: Iterable[Outcome]) -> str:
    if any(one.parcel.progress.state == "waiting" for one in missed):
        return "it is tried again"
    return "given up; `onco-registry bulletin send` tries once more"
