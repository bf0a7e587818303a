"""The SELECTs of onco_mappings/sql, put together from their files, and the macros they call."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable

import duckdb

from onco_etl import fhir_schema
from onco_etl.errors import ConfigurationError
from onco_etl.query import literal

# The files of sql/macros, in the order in which they call each other.
MACROS = (
    "dates",
    "texts",
    "references",
    "codes",
    "exclusions",
    "patient",
    "consent",
    "condition",
    "observation",
    "medication",
    "adverse_event",
)
# What the SELECTs of sql/cdm read, in the order in which it is made: event/* makes rows of resources, with
# CodeableConcepts; coded/clinical_event gives them their concepts and the table they belong to.
EVENTS = (
    "medication",
    "suspect",
    "place",
    "provider",
    "patient",
    "visit",
    "condition",
    "procedure",
    "observation",
    "adverse_event",
    "drug",
)


def define_macros(
    con: duckdb.DuckDBPyConnection,
    *,
    timezone: str,
    secret: str,
    extract_date: date,
    excluded_labels: Sequence[str] = (),
    servers: Sequence[str] = (),
) -> None:
    """Set the hospital's time zone and create the macros, for this connection only: nothing of it is stored.

    `secret` keys the hashes of free texts; `extract_date` ends open inpatient stays; resources with one of
    `excluded_labels` (`code` or `system|code`) are excluded; absolute references are to our own records where they
    begin with one of `servers` (in lower case), or where that is empty. Raises ConfigurationError for a time zone that
    does not exist.
    """
    try:
        con.execute(f"SET TimeZone = {literal(timezone)}")
    except duckdb.Error:
        raise ConfigurationError(f"timezone: {timezone!r} is not a time zone") from None
    con.execute(f"SET VARIABLE onco_secret = {literal(secret)}")
    con.execute(f"SET VARIABLE onco_extract_date = DATE {literal(extract_date.isoformat())}")
    for name, values in (("excluded_labels", excluded_labels), ("own_servers", servers)):
        listed = ", ".join(literal(value) for value in values)
        con.execute(f"CREATE OR REPLACE TEMP MACRO {name}() AS [{listed}]::VARCHAR[]")
    define_constants(con)
    # Temporary, so that nothing of them is stored.
    for file in MACROS:
        con.execute(macro_text(file))
    with _mappings("regions.csv").open(encoding="utf-8") as regions:
        listed = ", ".join(f"plain_text({literal(row['region'])})" for row in csv.DictReader(regions))
    con.execute(f"SET VARIABLE onco_regions = [{listed}]")


def define_constants(con: duckdb.DuckDBPyConnection) -> None:
    """Create the macros that name concepts, for this connection only."""
    with _mappings("concepts", "constants.csv").open(encoding="utf-8") as constants:
        for row in csv.DictReader(constants):
            con.execute(f"CREATE OR REPLACE TEMP MACRO {row['name']}() AS {int(row['concept_id'])}")


def cdm_tables() -> tuple[str, ...]:
    """CDM tables that have a SELECT, sorted."""
    return _files("cdm")


def select(table: str) -> str:
    """The SELECT of a CDM table: resource, slot, derivation, then its columns in natural keys.

    It reads what `concepts.resolve` made in the same connection.
    """
    return _text(f"cdm/{table}.sql")


def exclusion(resource_type: str) -> str:
    """SELECT resource, reason: the refused resources of a type, each with the first reason that holds."""
    return _text(f"exclusion/{fhir_schema.table_name(resource_type)}.sql")


def alias(name: str) -> str:
    """A SELECT of sql/alias: link, survivor or identified."""
    return _text(f"alias/{name}.sql")


def event(name: str) -> str:
    """The SELECT of one of EVENTS, over schema `fhir`."""
    return _text(f"event/{name}.sql")


@lru_cache
def event_sources(name: str) -> tuple[str, ...]:
    """The relations of schema `fhir` that one of EVENTS has its rows from: without rows there it has none."""
    return tuple(sorted(set(re.findall(r"\bfhir\.\w+", event(name)))))


def coded(name: str) -> str:
    """A SELECT of sql/coded: concepts_in_use, codeable or clinical_event."""
    return _text(f"coded/{name}.sql")


def macro_text(name: str) -> str:
    """The statements of one of MACROS."""
    return _text(f"macros/{name}.sql")


@lru_cache
def _files(folder: str) -> tuple[str, ...]:
    """Names of the SQL files of a folder of mappings/sql, sorted, without their suffix."""
    names = (entry.name for entry in _mappings("sql", folder).iterdir())
    return tuple(sorted(name.removesuffix(".sql") for name in names if name.endswith(".sql")))


@lru_cache
def _text(path: str) -> str:
    return _mappings("sql", *path.split("/")).read_text(encoding="utf-8")


def _mappings(*parts: str) -> Traversable:
    return files("onco_mappings").joinpath(*parts)
