"""OMOP CDM v5.4: its tables and fields, from one CSV of facts.

The facts (field names, types, keys) are those of the OHDSI CommonDataModel v5.4 specification.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import duckdb

VOCABULARY_TABLES = (
    "concept",
    "vocabulary",
    "domain",
    "concept_class",
    "concept_relationship",
    "relationship",
    "concept_synonym",
    "concept_ancestor",
    "source_to_concept_map",
    "drug_strength",
)
RESULTS_TABLES = ("cohort", "cohort_definition")


@dataclass(frozen=True)
class Field:
    """One field of a CDM table; `type` is integer, float, date, datetime, text or varchar(n)."""

    table: str
    name: str
    type: str
    required: bool
    primary_key: bool
    fk_table: str
    fk_domain: str


@cache
def fields() -> Mapping[str, tuple[Field, ...]]:
    """CDM table name -> its fields in CDM order."""
    tables: dict[str, list[Field]] = {}
    with files("onco_etl").joinpath("cdm_fields.csv").open(encoding="utf-8") as source:
        for row in csv.DictReader(source):
            field = Field(
                row["table"],
                row["field"],
                row["type"],
                row["required"] == "yes",
                row["primary_key"] == "yes",
                row["fk_table"],
                row["fk_domain"],
            )
            tables.setdefault(field.table, []).append(field)
    return {table: tuple(found) for table, found in tables.items()}


def columns(table: str) -> tuple[str, ...]:
    """The column names of a CDM table, in CDM order."""
    return tuple(field.name for field in fields()[table])


def primary_key(table: str) -> str | None:
    """The integer key of this CDM table, or None (death, fact_relationship, episode_event)."""
    for field in fields()[table]:
        if field.primary_key and field.type == "integer":
            return field.name
    return None


# An event field points to a row of any table; a concept beside it names which (CDM v5.4, "event" fields).
_POLYMORPHIC = re.compile(r"^(?:[a-z]+_event_id|event_id|fact_id_[12])$")


def key_references(table: str) -> Mapping[str, str]:
    """Columns that hold the integer key of another CDM row -> that table ('' where it may be any)."""
    found = {}
    for field in fields()[table]:
        if _POLYMORPHIC.match(field.name):
            found[field.name] = ""
        elif field.name == "episode_parent_id":
            # A row of its own table, which the list of fields does not say.
            found[field.name] = "episode"
        elif field.fk_table and field.fk_table not in VOCABULARY_TABLES and not field.primary_key:
            found[field.name] = field.fk_table
    return found


def create_tables(con: duckdb.DuckDBPyConnection, schema: str = "cdm", tables: Iterable[str] | None = None) -> None:
    """Create CDM tables in a DuckDB schema, without keys.

    DuckDB keeps an index per key and checks it eagerly, so a row replaced within one transaction would be
    refused; keys are guaranteed by the merge and checked by the quality checks instead.
    """
    con.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    for table in tables if tables is not None else fields():
        columns_ = ", ".join(_ddl(field) for field in fields()[table])
        con.execute(f"CREATE TABLE IF NOT EXISTS {schema}.{table} ({columns_})")


def duckdb_type(field: Field) -> str:
    """The type of a field in DuckDB."""
    return {"float": "DOUBLE", "datetime": "TIMESTAMP", "text": "VARCHAR"}.get(field.type, field.type.upper())


def _ddl(field: Field) -> str:
    return f'"{field.name}" {duckdb_type(field)}{" NOT NULL" if field.required or field.primary_key else ""}'
