"""FHIR in, rows out: resources staged as the pipeline stages them, in one in-memory database."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from onco_etl import concepts, fhir_schema, relations, vocabulary
from onco_etl.workspace import CONFIG

Resource = dict[str, Any]
Map = Callable[..., "Mapped"]


@dataclass(frozen=True)
class Mapped:
    """What became of the staged resources."""

    con: duckdb.DuckDBPyConnection
    reasons: dict[str, str]

    def rows(self, table: str, columns: str, where: str = "true") -> list[tuple[Any, ...]]:
        """Values of the columns, in the order of resource and slot."""
        select = relations.select(table)
        return self.con.execute(f"SELECT {columns} FROM ({select}) WHERE {where} ORDER BY resource, slot").fetchall()

    def row(self, table: str, columns: str, where: str = "true") -> tuple[Any, ...]:
        """The only row."""
        (row,) = self.rows(table, columns, where)
        return row


@pytest.fixture(scope="session")
def session_con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config=CONFIG) as con:
        con.execute(
            "CREATE SCHEMA staged; CREATE SCHEMA touched; CREATE SCHEMA fhir; CREATE SCHEMA work; CREATE SCHEMA state"
        )
        con.execute("CREATE TABLE state.alias (alias_key VARCHAR, stands_for VARCHAR)")
        con.execute("CREATE TABLE state.excluded (resource VARCHAR, reason VARCHAR)")
        con.execute("CREATE TABLE state.opted_out (resource VARCHAR)")
        for resource_type in fhir_schema.resource_types():
            table = fhir_schema.table_name(resource_type)
            declared = ", ".join(f'"{name}" {kind}' for name, kind in fhir_schema.columns(resource_type).items())
            con.execute(
                f"""
                CREATE TABLE staged.{table} (resource VARCHAR, source VARCHAR, resource_id VARCHAR, {declared});
                CREATE VIEW touched.{table} AS FROM staged.{table};
                CREATE VIEW fhir.{table} AS SELECT * FROM staged.{table} ANTI JOIN state.excluded USING (resource);
                """
            )
        relations.define_macros(
            con,
            timezone="Asia/Shanghai",
            secret="it's a secret",
            extract_date=date(2024, 6, 30),
            excluded_labels=("V", "urn:site|secret"),
        )
        vocabulary.attach(con)
        concepts.load(con)
        concepts.resolve(con)
        yield con


@pytest.fixture
def con(session_con: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """The database as it was before the first test: whatever a test does to its tables, macros and views is undone."""
    session_con.begin()
    yield session_con
    session_con.rollback()


@pytest.fixture
def mapped(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> Map:
    """Stage resources of the source `main`, exclude and resolve: `mapped(patient, observation).rows(...)`."""

    def run(*resources: Resource) -> Mapped:
        for resource_type in {resource["resourceType"] for resource in resources}:
            _stage(con, tmp_path, resource_type, [r for r in resources if r["resourceType"] == resource_type])
            con.execute(f"INSERT INTO state.excluded {relations.exclusion(resource_type)}")
        concepts.resolve(con)
        return Mapped(con, dict(con.execute("SELECT resource, reason FROM state.excluded").fetchall()))

    return run


def _stage(con: duckdb.DuckDBPyConnection, folder: Path, resource_type: str, resources: list[Resource]) -> None:
    path = folder / f"{resource_type}.ndjson"
    path.write_text("\n".join(json.dumps(resource) for resource in resources), encoding="utf-8")
    declared = ", ".join(f"'{name}': '{kind}'" for name, kind in fhir_schema.columns(resource_type).items())
    con.execute(
        f"""
        INSERT INTO staged.{fhir_schema.table_name(resource_type)} BY NAME
        SELECT 'main/' || "resourceType" || '/' || id AS resource, 'main' AS source, id AS resource_id, *
        FROM read_json('{path}', format = 'newline_delimited', columns = {{{declared}}})
        """
    )
