"""The tables of the replica: columns, keys, indices and references, and the statements that create them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import duckdb

from onco_etl import cdm

# The types of OHDSI's DDL for Postgres: `float` is numeric there, which keeps the digits that a source sent.
_CDM_TYPES = {"float": "numeric", "datetime": "timestamp", "text": "text"}
# What the published file's other tables are made of.
_TYPES = {
    # Sorted as DuckDB sorts, whatever the language of the database.
    "VARCHAR": 'text COLLATE "C"',
    "DOUBLE": "double precision",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "UBIGINT": "numeric(20)",
    "HUGEINT": "numeric(39)",
}
# Tables that grow by what changed, and what names a row of them; beside those of the CDM.
_KEYS = {
    "lineage": ("cdm_table", "row_id"),
    "resource": ("resource_key",),
    "death_row": ("row_id",),
    "fact_relationship_row": ("row_id",),
    "episode_event_row": ("row_id",),
}


@dataclass(frozen=True)
class Column:
    """A column and its type in Postgres."""

    name: str
    type: str
    required: bool = False


@dataclass(frozen=True)
class Reference:
    """A foreign key to the one key column of another table of the CDM."""

    constraint: str
    column: str
    target: str
    target_column: str


@dataclass(frozen=True)
class Index:
    """An index on one column; `partial`: of the rows that have a value there."""

    name: str
    column: str
    partial: bool = False


@dataclass(frozen=True)
class Table:
    """A table of a part (cdm, registry, results); `key` may be empty."""

    part: str
    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    indices: tuple[Index, ...] = ()
    references: tuple[Reference, ...] = ()

    @property
    def names(self) -> str:
        """The quoted names of the columns, in order, for SQL."""
        return ", ".join(f'"{column.name}"' for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that are never NULL."""
        return tuple(column.name for column in self.columns if column.required)

    @property
    def label(self) -> str:
        """What people call it: part.name."""
        return f"{self.part}.{self.name}"


@cache
def cdm_tables() -> Mapping[str, Table]:
    """Every table of the CDM by name, in the order of the specification."""
    return {name: _cdm_table(name) for name in cdm.fields()}


def published_tables(con: duckdb.DuckDBPyConnection, catalog: str) -> list[Table]:
    """The tables of the schemas `registry` and `results` of an attached published file, by name."""
    found = con.execute(
        f"""
        SELECT schema_name, table_name, list(column_name ORDER BY column_index), list(data_type ORDER BY column_index)
        FROM duckdb_columns()
        SEMI JOIN (SELECT database_name, schema_name, table_name FROM duckdb_tables())
            USING (database_name, schema_name, table_name)
        WHERE database_name = '{catalog}' AND schema_name IN ('registry', 'results')
        GROUP BY ALL ORDER BY ALL
        """
    ).fetchall()
    return [_published_table(part, name, dict(zip(names, types, strict=True))) for part, name, names, types in found]


def create(table: Table, schema: str) -> str:
    """The statement that creates a table in a schema, without keys and indices."""
    columns = ", ".join(f'"{c.name}" {c.type}{" NOT NULL" if c.required else ""}' for c in table.columns)
    return f"CREATE TABLE {schema}.{table.name} ({columns})"


def keys_and_indices(table: Table, schema: str) -> Iterable[str]:
    """The statements that give a loaded table its primary key and its indices."""
    if table.key:
        yield f"ALTER TABLE {schema}.{table.name} ADD CONSTRAINT xpk_{table.name} PRIMARY KEY ({', '.join(table.key)})"
    for index in table.indices:
        where = f" WHERE {index.column} IS NOT NULL" if index.partial else ""
        yield f"CREATE INDEX {index.name} ON {schema}.{table.name} ({index.column}){where}"


@cache
def referenced() -> frozenset[str]:
    """Names of the CDM tables that others refer to."""
    return frozenset(reference.target for table in cdm_tables().values() for reference in table.references)


def _cdm_table(name: str) -> Table:
    found = cdm.fields()[name]
    return Table(
        "cdm",
        name,
        tuple(Column(f.name, _CDM_TYPES.get(f.type, f.type), f.required or f.primary_key) for f in found),
        tuple(f.name for f in found if f.primary_key),
        tuple(_indices(name)),
        tuple(_references(name)),
    )


def _references(name: str) -> Iterable[Reference]:
    own = cdm.key_references(name)
    for field in cdm.fields()[name]:
        target = field.fk_table or own.get(field.name, "")
        if target:
            yield Reference(f"fpk_{name}_{field.name}", field.name, target, f"{target}_id")


def _indices(name: str) -> Iterable[Index]:
    """OHDSI's indices, but those that repeat the primary key; and ours on what refers to rows that may go.

    Without one, Postgres reads a whole table for each row that is deleted of the table that it refers to.
    """
    known = [Index(index, column) for table, index, column in _ohdsi_indices() if table == name]
    yield from known
    covered = {index.column for index in known}
    for reference in _references(name):
        if reference.target not in cdm.VOCABULARY_TABLES and reference.column not in covered:
            yield Index(f"idx_{name}_{reference.column}", reference.column, partial=True)


@cache
def _ohdsi_indices() -> tuple[tuple[str, str, str], ...]:
    with files("onco_etl").joinpath("cdm_indices.csv").open(encoding="utf-8") as source:
        return tuple((row["table"], row["index"], row["column"]) for row in csv.DictReader(source))


def _published_table(part: str, name: str, columns: Mapping[str, str]) -> Table:
    key = _KEYS.get(name, ()) if part == "registry" else ()
    typed = tuple(Column(column, _TYPES.get(kind, kind.lower()), column in key) for column, kind in columns.items())
    # From a resource to its rows.
    indices = (Index("idx_lineage_resource_key", "resource_key"),) if (part, name) == ("registry", "lineage") else ()
    return Table(part, name, typed, key, indices)
