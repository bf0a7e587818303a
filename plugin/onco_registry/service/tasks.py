"""What a night and a bulletin do, once each per business date."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from onco_etl import quality, workspace
from onco_etl.query import scalar
from onco_registry import receiving
from onco_registry.config import Config
from onco_registry.service.record import Record, recorded
from onco_registry.status import open_quarantine

if TYPE_CHECKING:
    from onco_etl.pipeline import RunReport
    from onco_registry.bulletin.archive.store import Correction
    from onco_registry.releasing import Released


def night(config: Config, day: date, *, again: bool = False) -> RunReport:
    """Receive what the source has, map, merge and publish it, then recompute every registry; for a business date.

    Nothing begins while another run holds the replica in Postgres, whichever data folder that one is of. Raises as
    `receiving.night`, `recompute` and `recorded` do; a sync that was committed stays, whatever the recompute
    does. ReplicaError comes last: all else is done then.
    """
    from onco_etl.postgres.follow import followed
    from onco_etl.postgres.turn import taken
    from onco_registry.night import recompute

    with recorded(config.data, "night", day, again=again, turn=taken(config.etl, "night")) as record:
        report = record.take(receiving.night(config))
        _look(config, record)
        with followed(config.etl):
            computed = recompute(config)
            record.counts["registries"] = len(computed)
            record.failing += [f"{row['registry']}: estimates" for row in computed if row["failed_checks"]]
    return report


def bulletin(
    config: Config, day: date | None, correction: Correction | None = None, *, edition: str | None = None
) -> list[Released]:
    """Release the bulletins, for a business date where one is given; what became of each.

    Raises as `recorded` and `night.bulletins` do.
    """
    from onco_registry.night import bulletins

    with recorded(config.data, "bulletin", day) as record:
        found = bulletins(config, correction, edition=edition)
        record.counts["releases"] = sum(one.is_new for one in found)
    return found


def send(config: Config, *, everything: bool = False) -> int:
    """Send the releases of bulletins that are due; how many were sent. Raises as `sent.send` does."""
    from onco_registry.bulletin.sending import sent

    return len(sent.send(config, _headline, everything=everything))


def _headline(document: Mapping[str, Any], language: str) -> str:
    """The finding of a bulletin in a language."""
    from onco_registry.bulletin.catalogue import Catalogue
    from onco_registry.bulletin.headline_words import finding

    return finding(document, Catalogue(language, document["translations"].get(language, {})))


def _look(config: Config, record: Record) -> None:
    """Note what monitoring wants to know of the workspace: what is open, and which quality checks fail."""
    with workspace.connect(config.data, read_only=True) as con:
        record.counts["open_quarantine"] = len(open_quarantine(con))
        record.counts["unmapped_codes"] = scalar(con, "SELECT count(*) FROM state.unmapped_code")
        record.failing += quality.failing(con)
