"""Derived tables, recomputed for the persons whom the rows that changed in this run may concern."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

import duckdb

from onco_etl import cdm, episodes, keys, merge
from onco_etl.episodes import EpisodeRules
from onco_etl.query import has_rows, literal, scalar

# Tables made together concern the same persons: those that sql/affected finds for the first.
TABLES = (("observation_period",), ("drug_era",), ("dose_era",), ("condition_era",), ("episode", "episode_event"))
# What derived tables read.
_READ = (
    "visit_occurrence",
    "condition_occurrence",
    "drug_exposure",
    "procedure_occurrence",
    "measurement",
    "observation",
    "death",
)
# Columns in which a SELECT gives the row key of a row of another table, or of its own.
_REFERENCES = {"episode": {"episode_parent_id": "episode"}, "episode_event": {"episode_id": "episode"}}


def derive(
    con: duckdb.DuckDBPyConnection,
    run: int,
    *,
    observation_gap_days: int | None = None,
    rules: Sequence[EpisodeRules] = (),
) -> None:
    """Bring each derived table up to date for the persons whom the rows that began or ended in `run` may concern.

    For everyone, if what decides the derivation (maps, rules, vocabulary) is not that of the last run. A period of
    observation ends where nothing was recorded for more than `observation_gap_days`. Raises nothing of its own.
    """
    con.execute(f"SET VARIABLE onco_observation_gap = {literal(observation_gap_days)}::INTEGER")
    episodes.declare(con, rules)
    _show_changes(con, run)
    everyone = _rules_changed(con, run)
    for tables in TABLES:
        _find_persons(con, tables[0], everyone=everyone)
        if has_rows(con, "work.person"):
            _derive(con, tables, run)


def _derive(con: duckdb.DuckDBPyConnection, tables: Sequence[str], run: int) -> None:
    """Make the rows of the persons of `work.person` anew, in tables that concern the same persons."""
    if "episode" in tables:
        episodes.find(con)
        # Rows without a person of their own, whose episodes may be gone when it is their turn.
        con.execute(
            """
            CREATE OR REPLACE TEMP TABLE known_episode AS
            SELECT e.episode_id FROM cdm.episode AS e SEMI JOIN work.person AS p USING (person_id)
            """
        )
    for table in tables:
        con.execute(f"CREATE OR REPLACE TEMP TABLE mapped AS {_select('derived', table)}")
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


def _show_changes(con: duckdb.DuckDBPyConnection, run: int) -> None:
    """Views `changed_<table>`: the rows of each table that events are of, as they began or ended in this run.

    And when persons were seen: `person_event`, and `changed_person_event` of these.
    """
    for table in _READ:
        columns = ", ".join(cdm.columns(table))
        con.execute(
            f"""
            CREATE OR REPLACE TEMP VIEW changed_{table} AS
            SELECT {columns} FROM cdm.{table} WHERE _run_from = {run}
            UNION ALL
            SELECT {columns} FROM history.{table} WHERE _run_to = {run}
            """
        )
    events = _select("affected", "person_event")
    con.execute(f"CREATE OR REPLACE TEMP VIEW person_event AS {events}")
    con.execute(f"CREATE OR REPLACE TEMP VIEW changed_person_event AS {events.replace('cdm.', 'changed_')}")


def _find_persons(con: duckdb.DuckDBPyConnection, table: str, *, everyone: bool) -> None:
    """`work.person`: whose rows of a derived table may have to change; everyone there is or was, after other rules."""
    persons = f"SELECT person_id FROM cdm.person UNION SELECT person_id FROM cdm.{table}"
    if not everyone:
        persons = f"SELECT DISTINCT person_id FROM ({_select('affected', table)})"
    con.execute(f"CREATE OR REPLACE TABLE work.person AS {persons}")


def _select(folder: str, name: str) -> str:
    return files("onco_mappings").joinpath("sql", folder, f"{name}.sql").read_text(encoding="utf-8")


def _rules_changed(con: duckdb.DuckDBPyConnection, run: int) -> bool:
    """Whether this run's mapping hash differs from that of the last complete one."""
    hashes = f"SELECT mapping_hash FROM state.run WHERE run = {run}"
    before = f"""
        SELECT mapping_hash FROM state.run
        WHERE run < {run} AND kind <> 'recompute' AND status = 'complete' ORDER BY run DESC LIMIT 1
    """
    changed: bool = scalar(con, f"SELECT ({hashes}) IS DISTINCT FROM ({before})")
    return changed
