"""The tables as known at a run: what they held that night, whatever was learned since."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from onco_etl import cdm, vocabulary_history
from onco_etl.query import literal, scalar
from onco_etl.runs import RECEIVING
from onco_etl.workspace import CLINICAL_TABLES, LINEAGE

# How a derivation says that a date stands for a period (sql/macros/dates).
_PRECISION = "precision: (month|year)"


def as_known(workspace: str, table: str, run: int) -> str:
    """SELECT of the rows of a CDM table as known at `run`, with their lineage columns, in any order.

    `workspace` is the name under which its database is attached.
    """
    names = ", ".join(f'"{name}"' for name in (*cdm.columns(table), *(name for name, _ in LINEAGE)))
    return (
        f"SELECT {names} FROM {workspace}.cdm.{table} WHERE _run_from <= {run} "
        f"UNION ALL SELECT {names} FROM {workspace}.history.{table} WHERE _run_from <= {run} AND _run_to > {run}"
    )


def versions_known(workspace: str, run: int) -> str:
    """SELECT resource_key, resource_type, version_id, run, file_no, line, entry: the version taken at `run`.

    The last one received by then that was not refused: a run takes at most one version of a resource, for the others
    are superseded when they come.
    """
    return f"""
        SELECT
            k.id AS resource_key, l.resource_type, l.version_id, l.last_updated, l.run, l.file_no, l.line, l.entry
        FROM {workspace}.state.ledger AS l JOIN {workspace}.keys.resource AS k ON k.row_key = l.resource
        WHERE l.run <= {run} AND l.fate IN ('mapped', 'excluded', 'waiting', 'unchanged')
        QUALIFY row_number() OVER (PARTITION BY l.resource ORDER BY l.run DESC, l.file_no DESC, l.line DESC) = 1
    """


def attach(con: duckdb.DuckDBPyConnection, run: int) -> None:
    """Attach a database `known` whose schema `cdm` shows the CDM as known at `run`; not within a transaction.

    Its schema `lineage` has what our lineage knows and a CDM has no place for: death_precision (person_id, precision
    'month' or 'year'), the persons whose date of death is the first day of a period; guessed_end (drug_exposure_id),
    the prescriptions whose end is a guess; open_stay (visit_occurrence_id), the stays without an end; row_run
    (cdm_table, row_id, run), the runs since which a version of a person's row was there (a death is named by its
    person); run_day (run, run_date, is_first_load), the hospital's date of each complete run, and whether it was the
    first of its source.
    """
    workspace = scalar(con, "SELECT current_database()")
    con.execute("ATTACH ':memory:' AS known; CREATE SCHEMA known.cdm")
    for table in CLINICAL_TABLES:
        names = ", ".join(f'"{name}"' for name in cdm.columns(table))
        con.execute(f"CREATE VIEW known.cdm.{table} AS SELECT {names} FROM ({as_known(workspace, table, run)})")
    for table in cdm.VOCABULARY_TABLES:
        con.execute(f"CREATE VIEW known.cdm.{table} AS {vocabulary_history.as_known(con, workspace, table, run)}")
    received = ", ".join(map(literal, RECEIVING))
    con.execute(
        f"""
        CREATE SCHEMA known.lineage;
        CREATE VIEW known.lineage.death_precision AS
        SELECT person_id, regexp_extract(_derivation, '{_PRECISION}', 1) AS precision
        FROM ({as_known(workspace, "death", run)}) WHERE regexp_matches(_derivation, '{_PRECISION}');

        CREATE VIEW known.lineage.guessed_end AS
        SELECT drug_exposure_id FROM ({as_known(workspace, "drug_exposure", run)})
        WHERE contains(_derivation, 'end: start + 29 days');

        CREATE VIEW known.lineage.open_stay AS
        SELECT visit_occurrence_id FROM ({as_known(workspace, "visit_occurrence", run)})
        WHERE contains(_derivation, 'end: extract date');

        CREATE VIEW known.lineage.row_run AS {_row_runs(workspace, run)};

        CREATE VIEW known.lineage.run_day AS
        SELECT
            r.run, timezone(s.timezone, r.started)::DATE AS run_date,
            r.run = min(r.run) FILTER (r.kind IN ({received})) OVER (PARTITION BY r.source) IS TRUE AS is_first_load
        FROM {workspace}.state.run AS r CROSS JOIN {workspace}.state.site AS s
        WHERE r.status = 'complete' AND r.run <= {run}
        """
    )


def _row_runs(workspace: str, run: int) -> str:
    """SELECT cdm_table, row_id, run of every version of a row that is about a person, as known at `run`."""
    keys = {table: cdm.primary_key(table) for table in CLINICAL_TABLES if "person_id" in cdm.columns(table)}
    return " UNION ALL ".join(
        f"SELECT '{table}' AS cdm_table, {key or 'person_id'} AS row_id, _run_from AS run "
        f"FROM {workspace}.{schema}.{table} WHERE _run_from <= {run}"
        for table, key in keys.items()
        if key or table == "death"
        for schema in ("cdm", "history")
    )


@contextmanager
def shown(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Within the block, `cdm` means the attached one."""
    workspace = scalar(con, "SELECT current_database()")
    con.execute("USE known")
    try:
        yield
    finally:
        con.execute(f"USE {workspace}")
