"""How complete and how timely the record of a cohort is; parts that a registry does not compute have no rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pandas as pd

from onco_registry.registry_model import RegistryDefinition
from onco_registry.relations import Relations, sql_text
from onco_registry.results import FRAMES

# What happened in the last days before a run is not all recorded yet: a cut without a date waits so long.
REPORTING_DELAY = timedelta(days=30)
# SELECT -> the relation that it needs, in the order in which items are shown.
_COMPLETENESS = {
    "patients": "first_seen",
    "response": "assessment",
    "safety": "adverse_event_record",
    "death": "cohort_death",
    "stratum": "stratum_value",
}
_EVENTS = {
    "death": "cohort_death",
    "dose": "exposure_record",
    "assessment": "assessment",
    "adverse_event": "adverse_event_record",
}


def completeness(relations: Relations) -> pd.DataFrame:
    """Rows of results.completeness: item, x of n, in a fixed order."""
    wanted = {name: made for name, made in _COMPLETENESS.items() if made != "assessment" or _assesses(relations)}
    parts = _united(relations, "completeness", wanted)
    return relations.select(f"SELECT item, x, n FROM ({parts}) ORDER BY item_position, item")


def timeliness(relations: Relations, registry: RegistryDefinition) -> pd.DataFrame:
    """Rows of results.timeliness: intervals between scans, and from events to the run that first knew of them.

    The latter only where the database that shows the CDM has the schema `lineage` with row_run and run_day.
    """
    relations.declare("timely_event", {"item": "VARCHAR", "waited_days": "INTEGER", "late_after_days": "INTEGER"}, [])
    if relations.made("scan"):
        relations.append("timely_event", sql_text("timeliness/scan_interval"), **scan_schedule(registry))
    if relations.has("lineage", "row_run"):
        relations.create("known_event", _united(relations, "timeliness", _EVENTS))
        relations.append("timely_event", sql_text("timeliness/lag"), reporting_delay_days=REPORTING_DELAY.days)
    return relations.query("timeliness")


def worklists(relations: Relations, registry: RegistryDefinition) -> dict[str, pd.DataFrame]:
    """Whom the internal edition lists: results.on_treatment, overdue_scan and not_adjudicated."""
    found = {name: pd.DataFrame(columns=list(FRAMES[name])) for name in ("overdue_scan", "not_adjudicated")}
    if not relations.made("assessed_until"):
        # Without tumour assessments no progression is known of those on treatment.
        columns = {"person_id": "BIGINT", "chosen": "BOOLEAN", "progression_date": "DATE"}
        relations.declare("assessed_until", columns, [])
    if relations.made("scan"):
        found["overdue_scan"] = relations.select(sql_text("overdue_scan"), **scan_schedule(registry))
        found["not_adjudicated"] = relations.query("not_adjudicated")
    return {"on_treatment": relations.query("on_treatment"), **found}


def find_scans(relations: Relations) -> None:
    """Make `scan`, where there are tumour assessments."""
    if _assesses(relations):
        relations.create("scan")


def _assesses(relations: Relations) -> bool:
    """Whether the registry declares sources of tumour assessments."""
    return relations.made("assessment") and not relations.frame("response_source").empty


def scan_schedule(registry: RegistryDefinition) -> dict[str, int | None]:
    """The schedule as the SELECTs name it; NULL, with which nothing is late, where none is declared."""
    rules = registry.imaging
    return {
        "scan_interval_days": rules.interval_days if rules else None,
        "scan_tolerance_days": rules.tolerance_days if rules else None,
    }


def _united(relations: Relations, folder: str, parts: Mapping[str, str]) -> str:
    """The SELECTs of a folder whose relations exist, as one."""
    texts = [sql_text(f"{folder}/{name}") for name, needed in parts.items() if relations.made(needed)]
    return " UNION ALL BY NAME ".join(f"({text})" for text in texts)
