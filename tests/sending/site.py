"""A data folder with releases, and the settings of a site that sends them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from onco_registry.bulletin.sending import sent
from onco_registry.bulletin.settings import SendSettings
from onco_registry.config import Config
from onco_registry.service import jobs
from onco_registry.service.settings import NotifySettings

INTERNAL: dict[str, Any] = {"edition": "internal", "audience": "internal"}
PUBLIC: dict[str, Any] = {"edition": "public", "audience": "public"}


def config(folder: Path, *channels: SendSettings, **notify: Any) -> Config:
    """The settings of a site in a folder, whose data folder is there."""
    (folder / "data").mkdir(exist_ok=True)
    sections: dict[str, Any] = {"bulletin": {"send": channels}, "notify": NotifySettings(**notify)}
    return Config(data=folder / "data", **sections)


def bulletins(folder: Path) -> Path:
    return folder / "data" / "bulletins"


def finding(document: Mapping[str, Any], language: str) -> str:
    """The finding as a caller gives it."""
    return f"{language}: {document['headline']['patients']} patients."


def send(settings: Config, *, everything: bool = False) -> list[str]:
    """Send what is due; to whom something was sent."""
    return [outcome.parcel.target for outcome in sent.send(settings, finding, everything=everything)]


def ledger(folder: Path) -> list[tuple[str, str, int, str, int]]:
    """Channel, recipient, release, state and tries of everything that the ledger knows."""
    t = jobs.SENDING.c
    query = select(t.channel, t.recipient, t.number, t.state, t.tries).order_by(t.channel, t.recipient, t.number)
    with jobs.opened(folder / "data") as engine, engine.connect() as con:
        return [tuple(row) for row in con.execute(query)]


def rested(folder: Path) -> None:
    """As if the time until the next try had passed."""
    with jobs.opened(folder / "data") as engine, engine.begin() as con:
        con.execute(update(jobs.SENDING).values(next_try="2026-01-01T00:00:00+00:00"))


def news(folder: Path) -> list[tuple[str, str, str]]:
    """Kind, subject and body of the news, oldest first."""
    t = jobs.NEWS.c
    with jobs.opened(folder / "data") as engine, engine.connect() as con:
        return [tuple(row) for row in con.execute(select(t.kind, t.subject, t.body).order_by(t.id))]
