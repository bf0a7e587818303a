"""Instants for people and for machines: the hospital's clock with its offset on a screen, UTC in JSON."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo


def on_screen(moment: str | None, zone: ZoneInfo) -> str:
    """An ISO 8601 instant as the hospital's time to the minute, '2026-11-26 01:30+08:00'; '' where there is none."""
    return datetime.fromisoformat(moment).astimezone(zone).isoformat(sep=" ", timespec="minutes") if moment else ""


def plain(value: object) -> object:
    """A date or time as ISO 8601 text, an instant in UTC; anything else as it is."""
    if isinstance(value, datetime) and value.tzinfo:
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date | time) else value
