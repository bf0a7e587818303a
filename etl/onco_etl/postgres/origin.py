"""Where the replica's rows come from: the published file, with the workspace whose history says what changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import duckdb

from onco_etl import cdm, replica, vocabulary, workspace
from onco_etl.errors import StateError
from onco_etl.postgres import checksum
from onco_etl.postgres.tables import Table, published_tables
from onco_etl.query import literal, scalar
from onco_etl.settings import EtlSettings
from onco_etl.workspace import CLINICAL_TABLES

FILE = "published"
# Of the tables of patients' data, those that have no rows of resources but are written whole.
_WRITTEN = ("cdm_source", "metadata")
_KEYLESS = tuple(t for t in CLINICAL_TABLES if t not in _WRITTEN and cdm.primary_key(t) is None)


@dataclass(frozen=True)
class Origin:
    """A connection to the workspace with the newest published file attached: `run` is the file's.

    `started`: when that run began; `release`: the identity of the vocabulary in use, or ''.
    """

    con: duckdb.DuckDBPyConnection
    run: int
    release: str
    tables: tuple[Table, ...]

    def started(self, run: int) -> datetime | None:
        """When a run began, by the workspace; None where it knows no such run."""
        row = self.con.execute(f"SELECT started FROM state.run WHERE run = {run}").fetchone()
        return row[0] if row else None

    def rebuilt(self) -> int:
        """The newest run, up to the file's, that made the tables anew; 0 if there was none."""
        found: int = scalar(
            self.con,
            f"SELECT coalesce(max(run), 0) FROM state.run WHERE kind = 'rebuild' AND run <= {self.run}",
        )
        return found

    def rows(self, table: Table) -> str:
        """SELECT of all rows of a table of the published file, with its columns in order."""
        return f"SELECT {table.names} FROM {FILE}.{table.part}.{table.name}"

    def content(self, select: str, table: Table) -> tuple[int, str]:
        """How many rows a SELECT gives, and their checksum."""
        row = self.con.execute(checksum.in_duckdb(table, f"({select})")).fetchone()
        assert row is not None
        return row[0], row[1]


@contextmanager
def opened(settings: EtlSettings) -> Iterator[Origin]:
    """The workspace, for reading, and its newest published file. Raises StateError when either is missing."""
    found = replica.published_files(settings.published_folder) if settings.published_folder.is_dir() else {}
    with workspace.guarded(settings.data), workspace.connect(settings.data, read_only=True) as con:
        if not found:
            raise StateError(f"{settings.data}: nothing is published yet; run `onco-registry sync`")
        workspace.limit(con, settings.memory_limit, settings.threads)
        con.execute(f"ATTACH {literal(str(found[max(found)]))} AS {FILE} (READ_ONLY)")
        run: int = scalar(con, f"SELECT run FROM {FILE}.registry.replica")
        vocabulary.attach(con, settings.data)
        release = vocabulary.in_use(settings.data)
        yield Origin(con, run, release.identity if release else "", tuple(published_tables(con, FILE)))


@dataclass(frozen=True)
class Delta:
    """What a table's rows at one run differ by from those at the file's.

    come: SELECT of rows, with the table's columns. gone: SELECT of values of the columns `by`: all rows that have
    them go, before (where `by` is no key) or after others come.
    """

    come: str
    gone: str
    by: tuple[str, ...]


def note_changes(origin: Origin, at: int) -> None:
    """Make the temporary tables `begun` and `ended` (cdm_table, row_id) and `changed_resource` of what came since `at`.

    A row that ended and began again is in `begun` alone.
    """
    ended = " UNION ALL ".join(
        f"SELECT '{table}' AS cdm_table, _row_id AS row_id FROM history.{table} "
        f"WHERE _run_from <= {at} AND _run_to > {at} AND _run_to <= {origin.run}"
        for table in CLINICAL_TABLES
    )
    origin.con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE begun AS
        SELECT cdm_table, row_id FROM {FILE}.registry.lineage WHERE run_from > {at};
        CREATE OR REPLACE TEMP TABLE ended AS
        SELECT DISTINCT cdm_table, row_id FROM ({ended}) ANTI JOIN begun USING (cdm_table, row_id);
        CREATE OR REPLACE TEMP TABLE changed_resource AS
        SELECT resource_key FROM state.resource WHERE run > {at} OR resource IN (
            -- The same content under a newer version.
            SELECT resource FROM state.ledger WHERE run > {at} AND fate = 'unchanged'
        );
        """
    )


def delta(origin: Origin, table: Table, at: int) -> Delta | None:
    """What changed in a table since run `at`, after `note_changes`; None for a table that is written whole."""
    rows = f"{FILE}.{table.part}.{table.name}"
    if table.part == "results" or table.name in _WRITTEN:
        return None
    if table.part == "registry":
        return _registry_delta(table, rows)
    if table.name in _KEYLESS:
        return _keyless_delta(table, rows, at, origin.run)
    if table.name in CLINICAL_TABLES:
        return _keyed(table, rows, table.name, table.key[0])
    return None


def _registry_delta(table: Table, rows: str) -> Delta | None:
    if table.name == "lineage":
        come = f"SELECT {table.names} FROM {rows} SEMI JOIN begun USING (cdm_table, row_id)"
        return Delta(come, "SELECT cdm_table, row_id FROM ended", table.key)
    if table.name == "resource":
        come = f"SELECT {table.names} FROM {rows} SEMI JOIN changed_resource USING (resource_key)"
        gone = f"SELECT DISTINCT resource_key FROM changed_resource ANTI JOIN {rows} USING (resource_key)"
        return Delta(come, gone, table.key)
    return _keyed(table, rows, table.name.removesuffix("_row"), "row_id") if table.key else None


def _keyed(table: Table, rows: str, of: str, key: str) -> Delta:
    come = f"SELECT {table.names} FROM {rows} AS t WHERE t.{key} IN (SELECT row_id FROM begun WHERE cdm_table = '{of}')"
    return Delta(come, f"SELECT row_id FROM ended WHERE cdm_table = '{of}'", table.key)


def _keyless_delta(table: Table, rows: str, at: int, run: int) -> Delta:
    """Rows without a key of their own go and come by the values that they must have, all that have the same at once."""
    by = table.required
    names = ", ".join(by)
    touched = f"""
        SELECT {names} FROM history.{table.name} WHERE _run_from <= {at} AND _run_to > {at} AND _run_to <= {run}
        UNION
        SELECT {names} FROM {FILE}.registry.{table.name}_row
        WHERE row_id IN (SELECT row_id FROM begun WHERE cdm_table = '{table.name}')
    """
    return Delta(f"SELECT {table.names} FROM {rows} SEMI JOIN ({touched}) USING ({names})", touched, by)
