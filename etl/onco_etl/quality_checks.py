"""The declared quality checks of mappings/quality_checks.csv, expanded over the tables and fields of the CDM."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import Template

from onco_etl import cdm, relations
from onco_etl.workspace import CLINICAL_TABLES

CATEGORIES = ("conformance", "completeness", "plausibility")
SEVERITIES = ("fatal", "error", "warning", "info")
# Rows without a number or a person of their own, or made from the others.
_NOT_EVENTS = ("person", "death", "observation_period")
# What the published file says of itself.
_TOLD = ("cdm_source", "metadata")


@dataclass(frozen=True)
class Check:
    """One row of quality_checks.csv; docs/quality.md is its legend."""

    name: str
    category: str
    severity: str
    tables: str
    fields: str
    concept: str
    units: str
    applies: str
    violation: str
    sql: str
    threshold: float
    description: str
    source: str


@dataclass(frozen=True)
class Instance:
    """A check of one table and field: a condition on each row (`applies`, `violation`), or a whole query (`sql`)."""

    check: Check
    table: str = ""
    field: str = ""
    applies: str = ""
    violation: str = ""
    sql: str = ""
    # (vocabulary, code) of the concept that the rows must have, and of the units they may have.
    concept: tuple[str, str] | None = None
    units: tuple[str, ...] = ()


@cache
def declared() -> tuple[Check, ...]:
    """Every declared check, in the order of the file."""
    with files("onco_mappings").joinpath("quality_checks.csv").open(encoding="utf-8") as rows:
        return tuple(Check(threshold=float(row.pop("threshold")), **row) for row in csv.DictReader(rows))


@cache
def instances() -> tuple[Instance, ...]:
    """Every check of every table and field that it is about."""
    return tuple(instance for check in declared() for instance in _expand(check))


def has_mapping(table: str) -> bool:
    """Whether a SELECT makes the rows of a table."""
    return table in relations.cdm_tables() or table in _derived()


@cache
def _derived() -> tuple[str, ...]:
    entries = files("onco_mappings").joinpath("sql", "derived").iterdir()
    return tuple(sorted(entry.name.removesuffix(".sql") for entry in entries if entry.name.endswith(".sql")))


def _expand(check: Check) -> Iterator[Instance]:
    if not check.tables:
        yield Instance(check, sql=_sql(check, {}))
        return
    for table in _tables(check.tables):
        for name in _fields(table, check.fields) if check.fields else ("",):
            values = _values(table, name)
            yield Instance(
                check,
                table,
                name,
                _filled(check.applies, values),
                _filled(check.violation, values),
                _sql(check, values),
                _code(check.concept),
                tuple(unit for unit in check.units.split("|") if unit),
            )


def _code(text: str) -> tuple[str, str] | None:
    """(vocabulary, code) of 'LOINC 89247-1'."""
    vocabulary, _, code = text.rpartition(" ")
    return (vocabulary, code) if text else None


def _tables(group: str) -> tuple[str, ...]:
    """The tables of a group, as docs/quality.md names them; otherwise those named, with | between them."""
    made = tuple(table for table in CLINICAL_TABLES if has_mapping(table) and table not in _TOLD)
    match group:
        case "*":
            return made
        case "any":
            return tuple(table for table in CLINICAL_TABLES if table not in _TOLD)
        case "mapped":
            return tuple(table for table in made if table in relations.cdm_tables())
        case "person":
            return tuple(table for table in made if "person_id" in cdm.columns(table))
        case "visited":
            return tuple(table for table in made if "visit_occurrence_id" in cdm.key_references(table))
        case _:
            return tuple(group.split("|"))


def _fields(table: str, group: str) -> tuple[str, ...]:
    """The fields of a table that a group means; otherwise those named, with | between them, that the table has."""
    found = cdm.fields()[table]
    match group:
        case "required":
            return tuple(f.name for f in found if f.required)
        case "key":
            return tuple(f.name for f in found if f.primary_key)
        case "reference":
            return tuple(name for name, target in cdm.key_references(table).items() if target)
        case "concept":
            return tuple(f.name for f in found if f.fk_table == "concept")
        case "domain":
            return tuple(f.name for f in found if f.fk_domain)
        case "standard":
            return tuple(f.name for f in found if f.fk_table == "concept" and "source_concept" not in f.name)
        case "event_concept":
            return tuple(name for name in _event_fields(table, "concept_id"))
        case "text":
            return tuple(f.name for f in found if f.type.startswith("varchar("))
        case "date":
            return tuple(f.name for f in found if f.type == "date")
        case "start":
            return tuple(f.name for f in found if _end(table, f.name))
        case "event_date":
            dates = (*_event_fields(table, "date"), *_event_fields(table, "start_date"))
            return () if table in _NOT_EVENTS else dates
        case _:
            return tuple(name for name in group.split("|") if name in cdm.columns(table))


def _event_fields(table: str, ending: str) -> tuple[str, ...]:
    """The field of a table that says what happened or when: condition_concept_id of condition_occurrence."""
    stem = table.removesuffix("_occurrence").removesuffix("_exposure")
    return tuple(name for name in (f"{stem}_{ending}", f"{table}_{ending}") if name in cdm.columns(table))[:1]


def _end(table: str, name: str) -> str:
    """The end date that belongs to a start date; '' for any other field."""
    stem = name.removesuffix("_start_date") if name.endswith("_start_date") else name.removesuffix("_date")
    end = f"{stem}_end_date"
    return end if name.endswith("_date") and end != name and end in cdm.columns(table) else ""


def _values(table: str, name: str) -> Mapping[str, str]:
    """What the placeholders of a check stand for in one table and field."""
    columns = cdm.columns(table)
    found = {f.name: f for f in cdm.fields()[table]}
    target = cdm.key_references(table).get(name, "")
    key = cdm.primary_key(table)
    return {
        "cdm_table": table,
        "field": name,
        "end": _end(table, name) if name else "",
        "next": columns[columns.index(name) + 1] if name in columns[:-1] else "",
        "length": found[name].type[8:-1] if name and found[name].type.startswith("varchar(") else "",
        "domain": found[name].fk_domain if name else "",
        "target": target,
        "target_key": (cdm.primary_key(target) if target else None) or "",
        "content": ", ".join(column for column in columns if column != key),
        "has_mapping": str(has_mapping(table)).lower(),
    }


def _filled(text: str, values: Mapping[str, str]) -> str:
    return Template(text).safe_substitute(values)


def _sql(check: Check, values: Mapping[str, str]) -> str:
    if not check.sql or check.sql == "lines_accounted":
        return ""
    text = files("onco_mappings").joinpath("sql", "quality", f"{check.sql}.sql").read_text(encoding="utf-8")
    return _filled(text, values)
