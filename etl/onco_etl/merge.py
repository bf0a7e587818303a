"""Merge: natural keys become integers, rows of touched resources are replaced, replaced rows become history."""

from __future__ import annotations

import duckdb

from onco_etl import cdm, keys, relations
from onco_etl.errors import MappingError
from onco_etl.query import has_rows, scalar
from onco_etl.workspace import LINEAGE


def merge(con: duckdb.DuckDBPyConnection, table: str, run: int) -> None:
    """Bring `cdm.<table>` up to date for the resources of `work.touched`.

    A row whose person has not arrived waits in `state.held`; a reference to any other row that is not there
    is NULL, and where the CDM requires it there is no row. Rows that stay the same are left alone. Raises MappingError
    when the SELECT gives one row key twice.
    """
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE mapped AS
        SELECT *, CASE WHEN slot = '' THEN resource ELSE resource || '#' || slot END AS row_key
        FROM ({_followed(con, table)})
        """
    )
    _refuse_duplicates(con, table)
    if "person_id" in cdm.key_references(table):
        _hold(con, table)
    keys.assign(con, table, "mapped")
    _resolve(con, table)
    replace(con, table, run)


def replace(con: duckdb.DuckDBPyConnection, table: str, run: int) -> None:
    """Replace the rows of the touched resources by those of the temporary view `fresh`."""
    of_touched = f"cdm.{table} AS c SEMI JOIN work.touched AS t ON t.resource_key = c._resource_key"
    rows = of_touched if has_rows(con, f"cdm.{table}") else f"cdm.{table} AS c LIMIT 0"
    con.execute(f"CREATE OR REPLACE TEMP TABLE existing AS SELECT c.* FROM {rows}")
    apply(con, table, run)


def apply(con: duckdb.DuckDBPyConnection, table: str, run: int) -> None:
    """Turn the rows of `existing` into those of the view `fresh`: what is gone becomes history, what is new begins."""
    names = (*cdm.columns(table), *(name for name, _ in LINEAGE[:-1]))
    fresh = "fresh"
    if has_rows(con, "existing"):
        same = " AND ".join(f"f.{name} IS NOT DISTINCT FROM e.{name}" for name in names)
        con.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE fresh_row AS FROM fresh;

            CREATE OR REPLACE TEMP TABLE same AS
            SELECT e._row_id FROM existing AS e JOIN fresh_row AS f ON f._row_id = e._row_id WHERE {same};

            INSERT INTO history.{table} BY NAME
            SELECT e.*, {run} AS _run_to FROM existing AS e ANTI JOIN same USING (_row_id);

            DELETE FROM cdm.{table}
            WHERE _row_id IN (SELECT _row_id FROM existing) AND _row_id NOT IN (SELECT _row_id FROM same);
            """
        )
        fresh = "(SELECT f.* FROM fresh_row AS f ANTI JOIN same USING (_row_id))"
    con.execute(f"INSERT INTO cdm.{table} BY NAME SELECT {', '.join(names)}, {run} AS _run_from FROM {fresh}")


def _followed(con: duckdb.DuckDBPyConnection, table: str) -> str:
    """The SELECT of a table, its references to an alias replaced by what that stands for."""
    select = relations.select(table)
    columns = [name for name, target in cdm.key_references(table).items() if target]
    if not columns or not scalar(con, "SELECT count(*) FROM state.alias"):
        return select
    replaced = [f"coalesce(alias_{name}.stands_for, m.{name}) AS {name}" for name in columns]
    if "person_id" in columns:
        # A merge is told with each row; a reference by identifier is as good as any.
        merged = "alias_person_id.stands_for IS NOT NULL AND NOT contains(m.person_id, '?')"
        said = f"CASE WHEN {merged} THEN 'person: Patient.link' END"
        replaced.append(f"nullif(concat_ws('; ', m.derivation, {said}), '') AS derivation")
    joins = " ".join(f"LEFT JOIN state.alias AS alias_{name} ON alias_{name}.alias_key = m.{name}" for name in columns)
    return f"SELECT m.* REPLACE ({', '.join(replaced)}) FROM ({select}) AS m {joins}"


def _refuse_duplicates(con: duckdb.DuckDBPyConnection, table: str) -> None:
    twice = scalar(con, "SELECT count(*) - count(DISTINCT row_key) FROM mapped")
    if twice:
        raise MappingError(f"mappings/sql/cdm/{table}.sql: {twice} rows share a row key (resource and slot)")


def _hold(con: duckdb.DuckDBPyConnection, table: str) -> None:
    """Move rows whose person is not in `cdm.person` from `mapped` to `state.held`."""
    if has_rows(con, "state.held"):
        of_touched = "resource_key IN (SELECT resource_key FROM work.touched)"
        con.execute(f"DELETE FROM state.held WHERE cdm_table = '{table}' AND {of_touched}")
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE present AS
        SELECT k.row_key FROM keys.person AS k SEMI JOIN cdm.person AS p ON p._row_id = k.id
        """
    )
    if scalar(con, "SELECT count(*) FROM mapped AS m ANTI JOIN present AS p ON p.row_key = m.person_id"):
        con.execute(
            f"""
            INSERT INTO state.held
            SELECT r.resource_key, '{table}', m.row_key, m.person_id
            FROM mapped AS m ANTI JOIN present AS p ON p.row_key = m.person_id
            JOIN work.touched AS r ON r.resource = m.resource;

            DELETE FROM mapped
            WHERE person_id IS NULL OR person_id NOT IN (SELECT row_key FROM present);
            """
        )


def _resolve(con: duckdb.DuckDBPyConnection, table: str) -> None:
    """`mapped`, in natural keys, becomes `fresh`, in integers."""
    if not scalar(con, "SELECT count(*) FROM mapped"):
        con.execute(f"CREATE OR REPLACE TEMP VIEW fresh AS SELECT * EXCLUDE (_run_from) FROM cdm.{table} LIMIT 0")
        return
    references = cdm.key_references(table)
    key = cdm.primary_key(table)
    columns, joins = [], []
    needed = [f.name for f in cdm.fields()[table] if f.required and f.name in references]
    for name in cdm.columns(table):
        if name == key:
            columns.append(f"k.id AS {name}")
        elif name in references:
            columns.append(f"key_{name}.id AS {name}")
            joins.append(_reference_join(con, table, name, references[name]))
        else:
            columns.append(f"m.{name}")
    con.execute(
        f"""
        CREATE OR REPLACE TEMP VIEW fresh AS
        SELECT
            {", ".join(columns)},
            r.resource_key AS _resource_key, m.slot AS _slot, m.derivation AS _derivation, k.id AS _row_id
        FROM mapped AS m
        JOIN keys.{table} AS k ON k.row_key = m.row_key
        JOIN work.touched AS r ON r.resource = m.resource
        {" ".join(joins)}
        WHERE {" AND ".join(f"key_{name}.id IS NOT NULL" for name in needed) or "true"}
        """
    )


def _reference_join(con: duckdb.DuckDBPyConnection, table: str, name: str, target: str) -> str:
    """The join that turns the natural key in column `name` into the integer of a row that is there."""
    if target:
        there = f"SELECT k.row_key, k.id FROM keys.{target} AS k SEMI JOIN cdm.{target} AS c ON c._row_id = k.id"
        return f"LEFT JOIN ({there}) AS key_{name} ON key_{name}.row_key = m.{name}"
    # A row of any table, as '<table>:<row key>'.
    tables = con.execute(
        f"SELECT DISTINCT split_part({name}, ':', 1) FROM mapped WHERE {name} IS NOT NULL ORDER BY ALL"
    ).fetchall()
    there = " UNION ALL ".join(
        f"SELECT e.{name} AS row_key, k.id FROM (SELECT DISTINCT {name} FROM mapped) AS e "
        f"JOIN keys.{t} AS k ON k.row_key = substr(e.{name}, {len(t) + 2}) AND starts_with(e.{name}, '{t}:') "
        # Rows of the table being merged are not in it yet.
        + ("" if t == table else f"SEMI JOIN cdm.{t} AS c ON c._row_id = k.id")
        for (t,) in tables
    )
    there = there or "SELECT NULL::VARCHAR AS row_key, NULL::INTEGER AS id WHERE false"
    return f"LEFT JOIN ({there}) AS key_{name} ON key_{name}.row_key = m.{name}"
