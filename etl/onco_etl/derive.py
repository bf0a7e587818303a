"""Derived tables, recomputed for the persons whose rows changed in this run."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

import duckdb

from onco_etl import cdm, episodes, keys, merge
from onco_etl.episodes import EpisodeRules
from onco_etl.query import literal, scalar
from onco_etl.workspace import CLINICAL_TABLES

TABLES = ("observation_period", "drug_era", "dose_era", "condition_era", "episode", "episode_event")
# Columns in which a SELECT gives the row key of a row of another table, or of its own.
_REFERENCES = {"episode": {"episode_parent_id": "episode"}, "episode_event": {"episode_id": "episode"}}


def derive(
    con: duckdb.DuckDBPyConnection,
    run: int,
    *,
    observation_gap_days: int | None = None,
    rules: Sequence[EpisodeRules] = (),
) -> None:
    """Bring the derived tables up to date for each person with a row that began or ended in `run`.

    For everyone, if what decides the derivation (maps, rules, vocabulary) is not that of the last run. A period of
    observation ends where nothing was recorded for more than `observation_gap_days`. Raises nothing of its own.
    """
    _find_persons(con, run)
    con.execute(f"SET VARIABLE onco_observation_gap = {literal(observation_gap_days)}::INTEGER")
    episodes.find(con, rules)
    # Rows without a person of their own, whose episodes may be gone when it is their turn.
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE known_episode AS
        SELECT e.episode_id FROM cdm.episode AS e SEMI JOIN work.person AS p USING (person_id)
        """
    )
    for table in TABLES:
        text = files("onco_mappings").joinpath("sql", "derived", f"{table}.sql").read_text(encoding="utf-8")
        con.execute(f"CREATE OR REPLACE TEMP TABLE mapped AS {text}")
        keys.assign(con, table, "(SELECT DISTINCT row_key FROM mapped)")
        _resolve(con, table)
        of_persons = "work.person USING (person_id)" if table != "episode_event" else "known_episode USING (episode_id)"
        con.execute(f"CREATE OR REPLACE TEMP TABLE existing AS SELECT c.* FROM cdm.{table} AS c SEMI JOIN {of_persons}")
        merge.apply(con, table, run)


def _resolve(con: duckdb.DuckDBPyConnection, table: str) -> None:
    """`mapped`, its own and its references in row keys, as the view `fresh`, in integers."""
    references = _REFERENCES.get(table, {})
    columns = []
    for name in cdm.columns(table):
        if name == cdm.primary_key(table):
            columns.append(f"k.id AS {name}")
        else:
            columns.append(f"key_{name}.id AS {name}" if name in references else f"m.{name}")
    joins = " ".join(
        f"LEFT JOIN keys.{target} AS key_{name} ON key_{name}.row_key = m.{name}" for name, target in references.items()
    )
    con.execute(
        f"""
        CREATE OR REPLACE TEMP VIEW fresh AS
        SELECT
            {", ".join(columns)}, NULL::INTEGER AS _resource_key, '' AS _slot, m.derivation AS _derivation,
            k.id AS _row_id
        FROM mapped AS m JOIN keys.{table} AS k ON k.row_key = m.row_key {joins}
        """
    )


def _find_persons(con: duckdb.DuckDBPyConnection, run: int) -> None:
    """`work.person`: persons with a row of their own that began or ended in this run; after a change of rules, all."""
    tables = [t for t in CLINICAL_TABLES if t not in TABLES and "person_id" in cdm.columns(t)]
    parts = [f"SELECT person_id FROM cdm.{table} WHERE _run_from = {run}" for table in tables]
    parts += [f"SELECT person_id FROM history.{table} WHERE _run_to = {run}" for table in tables]
    if _rules_changed(con, run):
        parts.append("SELECT person_id FROM cdm.person")
    con.execute(f"CREATE OR REPLACE TABLE work.person AS {' UNION '.join(parts)}")


def _rules_changed(con: duckdb.DuckDBPyConnection, run: int) -> bool:
    """Whether this run's mapping hash differs from that of the last complete one."""
    hashes = f"SELECT mapping_hash FROM state.run WHERE run = {run}"
    before = f"""
        SELECT mapping_hash FROM state.run
        WHERE run < {run} AND kind <> 'recompute' AND status = 'complete' ORDER BY run DESC LIMIT 1
    """
    changed: bool = scalar(con, f"SELECT ({hashes}) IS DISTINCT FROM ({before})")
    return changed
