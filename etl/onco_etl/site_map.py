"""A site's own maps: its codes -> concepts, whose rows win over every other map, and its own code systems.

A map of codes is a CSV of one of two forms: SOURCE_TO_CONCEPT_MAP, as OMOP has it and Usagi exports it, or the file
that Usagi saves, of which only the approved rows count. Forms: OHDSI/Usagi, ExportSourceToConceptMapDialog.java,
WriteCodeMappingsToFile.java and MappingTarget.java.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from onco_etl.errors import ConfigurationError
from onco_etl.unmapped import EXPORT_COLUMNS

_SOURCE_TO_CONCEPT_MAP = (
    "source_code",
    "source_concept_id",
    "source_vocabulary_id",
    "source_code_description",
    "target_concept_id",
    "target_vocabulary_id",
    "valid_start_date",
    "valid_end_date",
    "invalid_reason",
)
# `ADD_INFO:system` is the column `system` of our export of what is unmapped, which Usagi keeps.
_USAGI = ("sourceCode", "mappingStatus", "conceptId", "ADD_INFO:system")
_STATUS = ("APPROVED", "UNCHECKED", "AUTO_MAPPED", "AUTO_MAPPED_TO_1", "INVALID_TARGET", "IGNORED", "FLAGGED")
# Older versions of Usagi say EVENT and VALUE.
_TARGETS = ("", "MAPS_TO", "EVENT")
_VALUES = ("MAPS_TO_VALUE", "VALUE")
_SYSTEMS = ("system", "vocabulary_id", "preference")
_INTEGER_MAX = 2**31 - 1
_READ = "read_csv($path, header = true, all_varchar = true, delim = ',', quote = '\"', escape = '\"')"

Row = dict[str, str]


def read_site_systems(con: duckdb.DuckDBPyConnection, path: Path | None) -> None:
    """Add the site's own code systems to `mapping.system`; for a system that is there, the site decides.

    Raises ConfigurationError naming file, line and column.
    """
    if path is None:
        return
    _check(path, _SYSTEMS, _check_system)
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE site_system AS
        SELECT system, vocabulary_id, preference::INTEGER AS preference FROM {_READ}
        """,
        {"path": str(path)},
    )
    con.execute("DELETE FROM mapping.system WHERE system IN (SELECT system FROM site_system)")
    con.execute("INSERT INTO mapping.system FROM site_system")


def read_site_map(con: duckdb.DuckDBPyConnection, path: Path | None) -> None:
    """Create the temporary table `site_row` from the valid rows of a map; without a map it is empty.

    source_vocabulary_id holds a FHIR system, or a vocabulary of `mapping.system`; target_concept_id 0 says that a
    code stays unmapped on purpose. Raises ConfigurationError naming file, line and column.
    """
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE site_row (
            n BIGINT, source_code VARCHAR, source_concept_id INTEGER, source_vocabulary_id VARCHAR,
            target_concept_id INTEGER, is_value BOOLEAN
        )
        """
    )
    if path is None:
        return
    known = {row[0] for row in con.execute("SELECT vocabulary_id FROM mapping.system").fetchall()}
    if "mappingStatus" in _header(path):
        _check(path, _USAGI, _check_usagi)
        has_type = "mappingType" in _header(path)
        is_value = "coalesce(\"mappingType\", '') IN ('MAPS_TO_VALUE', 'VALUE')" if has_type else "false"
        rows = f"""
            SELECT "sourceCode", 0, coalesce("ADD_INFO:system", ''), "conceptId", {is_value}
            FROM {_READ} WHERE "mappingStatus" = 'APPROVED'
        """
    else:
        _refuse_others(path)
        _check(path, _SOURCE_TO_CONCEPT_MAP, lambda row, place: _check_map(row, place, known))
        rows = f"""
            SELECT source_code, coalesce(source_concept_id, '0'), coalesce(source_vocabulary_id, ''),
                target_concept_id, false
            FROM {_READ} WHERE invalid_reason IS NULL
        """
    con.execute(f"INSERT INTO site_row SELECT row_number() OVER (), * FROM ({rows})", {"path": str(path)})


def _refuse_others(path: Path) -> None:
    """Say of a file that is no map what it is taken for, and what a map is."""
    header = set(_header(path))
    if header >= set(EXPORT_COLUMNS):
        raise ConfigurationError(
            f"{path}: this is what `unmapped export` wrote, not yet a map: open it in Usagi, approve, save, and name "
            "the saved file in the setting site_map"
        )
    if not header & set(_SOURCE_TO_CONCEPT_MAP):
        raise ConfigurationError(
            f"{path}: neither a SOURCE_TO_CONCEPT_MAP nor a file that Usagi saves: line 1 has none of their columns"
        )


def _check(path: Path, columns: Sequence[str], check_row: Callable[[Row, str], None]) -> None:
    """Every column is there and every row is right, or ConfigurationError says where not."""
    with _rows(path) as reader:
        for column in columns:
            if column not in (reader.fieldnames or ()):
                raise ConfigurationError(f"{path}: line 1: column {column} is missing")
        for row in reader:
            place = f"{path}: line {reader.line_num}"
            if None in row or None in row.values():
                raise ConfigurationError(f"{place}: has not {len(reader.fieldnames or ())} columns")
            check_row(row, place)


def _header(path: Path) -> Sequence[str]:
    with _rows(path) as reader:
        return reader.fieldnames or ()


@contextmanager
def _rows(path: Path) -> Iterator[csv.DictReader[str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            yield csv.DictReader(lines)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigurationError(f"{path}: cannot be read as CSV in UTF-8: {error}") from error


def _check_map(row: Row, place: str, known: set[str]) -> None:
    _require(row, place, "source_code", "target_concept_id")
    _require_ids(row, place, "source_concept_id", "target_concept_id")
    # A text stands under its hash, whatever name the rest has.
    if not row["source_code"].startswith("text:"):
        _require(row, place, "source_vocabulary_id")
        name = row["source_vocabulary_id"]
        if ":" not in name and name not in known:
            raise ConfigurationError(
                f"{place}: column source_vocabulary_id: {name!r} is neither a FHIR system nor a vocabulary of "
                "mappings/concepts/systems.csv or of the setting site_systems"
            )


def _check_usagi(row: Row, place: str) -> None:
    _require(row, place, "sourceCode", "mappingStatus", "conceptId")
    _require_ids(row, place, "conceptId")
    if row["mappingStatus"] not in _STATUS:
        raise ConfigurationError(f"{place}: column mappingStatus: {row['mappingStatus']!r} is no status of Usagi")
    if row["mappingStatus"] == "APPROVED" and row.get("mappingType", "") not in (*_TARGETS, *_VALUES):
        raise ConfigurationError(f"{place}: column mappingType: {row['mappingType']!r} is not supported")


def _check_system(row: Row, place: str) -> None:
    _require(row, place, *_SYSTEMS)
    _require_ids(row, place, "preference")


def _require(row: Row, place: str, *columns: str) -> None:
    for column in columns:
        if not row[column]:
            raise ConfigurationError(f"{place}: column {column} is empty")


def _require_ids(row: Row, place: str, *columns: str) -> None:
    for column in columns:
        if row[column] and not (row[column].isdecimal() and int(row[column]) <= _INTEGER_MAX):
            what = "a number" if column == "preference" else "a concept id"
            raise ConfigurationError(f"{place}: column {column}: {row[column]!r} is not {what}")
