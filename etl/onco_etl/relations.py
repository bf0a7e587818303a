"""The SELECTs of onco_mappings/sql, put together from their files, and the macros they call."""

from __future__ import annotations

import csv
import re
from datetime import date
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable

import duckdb

from onco_etl import fhir_schema
from onco_etl.errors import ConfigurationError

# Relation named in a SELECT -> its file: event/* make rows of resources, coded/* give them their concepts.
_RELATIONS = {
    "medication": "event/medication.sql",
    "suspect": "event/suspect.sql",
    "patient_event": "event/patient.sql",
    "visit_event": "event/visit.sql",
    "condition_event": "event/condition.sql",
    "procedure_event": "event/procedure.sql",
    "observation_event": "event/observation.sql",
    "adverse_event_event": "event/adverse_event.sql",
    "drug_event": "event/drug.sql",
    "clinical_event": "coded/clinical_event.sql",
}


def define_macros(con: duckdb.DuckDBPyConnection, *, timezone: str, secret: str, extract_date: date) -> None:
    """Set the hospital's time zone and create the macros, for this connection only: nothing of it is stored.

    `secret` keys the hashes of free texts; `extract_date` ends open inpatient stays. Raises ConfigurationError for
    a time zone that does not exist.
    """
    zone = timezone.replace("'", "''")
    try:
        con.execute(f"SET TimeZone = '{zone}'")
    except duckdb.Error:
        raise ConfigurationError(f"timezone: {timezone!r} is not a time zone") from None
    con.execute("SET VARIABLE onco_secret = $1", [secret])
    con.execute("SET VARIABLE onco_extract_date = $1", [extract_date])
    with _mappings("concepts", "constants.csv").open(encoding="utf-8", newline="") as constants:
        for row in csv.DictReader(constants):
            con.execute(f"CREATE OR REPLACE TEMP MACRO {row['name']}() AS {int(row['concept_id'])}")
    con.execute(_text("macros.sql"))


def cdm_tables() -> tuple[str, ...]:
    """CDM tables that have a SELECT, sorted."""
    names = (entry.name for entry in _mappings("sql", "cdm").iterdir())
    return tuple(sorted(name.removesuffix(".sql") for name in names if name.endswith(".sql")))


@lru_cache
def select(table: str) -> str:
    """The SELECT of a CDM table: resource, slot, derivation, then its columns in natural keys."""
    return complete(_text(f"cdm/{table}.sql"))


@lru_cache
def exclusion(resource_type: str) -> str:
    """SELECT resource, reason: the refused resources of a type, each with the first reason that holds."""
    return _text(f"exclusion/{fhir_schema.table_name(resource_type)}.sql")


@lru_cache
def coded(name: str) -> str:
    """A SELECT of sql/coded, complete."""
    return complete(_text(f"coded/{name}.sql"))


def complete(text: str) -> str:
    """A SELECT preceded by the relations that it names, directly or through others.

    They are not materialized, so that columns nobody asks for cost nothing.
    """
    needed = {name: _text(path) for name, path in _RELATIONS.items()}
    reached = text
    for name in reversed(_RELATIONS):
        if re.search(rf"\b(FROM|JOIN) {name}\b", reached):
            reached += needed[name]
        else:
            del needed[name]
    if not needed:
        return text
    parts = ",\n".join(f"{name} AS NOT MATERIALIZED (\n{part})" for name, part in needed.items())
    return f"WITH {parts}\nSELECT * FROM (\n{text})"


@lru_cache
def _text(path: str) -> str:
    return _mappings("sql", *path.split("/")).read_text(encoding="utf-8")


def _mappings(*parts: str) -> Traversable:
    return files("onco_mappings").joinpath(*parts)
