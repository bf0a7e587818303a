"""A site's SOURCE_TO_CONCEPT_MAP: a CSV in the OMOP layout whose rows win over every other map."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb

from onco_etl.errors import ConfigurationError

_COLUMNS = (
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
_INTEGER_MAX = 2**31 - 1


def read_site_map(con: duckdb.DuckDBPyConnection, path: Path | None) -> None:
    """Create the temporary table `site_row` from the valid rows of a map; without a map it is empty.

    source_vocabulary_id holds a FHIR system or the vocabulary it stands for. Raises ConfigurationError naming file,
    line and column.
    """
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE site_row (
            source_code VARCHAR, source_concept_id INTEGER, source_vocabulary_id VARCHAR, target_concept_id INTEGER
        )
        """
    )
    if path is None:
        return
    _check(path)
    con.execute(
        """
        INSERT INTO site_row
        SELECT source_code, coalesce(source_concept_id, '0'), source_vocabulary_id, target_concept_id
        FROM read_csv($path, header = true, all_varchar = true, delim = ',', quote = '"', escape = '"')
        WHERE invalid_reason IS NULL
        """,
        {"path": str(path)},
    )


def _check(path: Path) -> None:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            for column in _COLUMNS:
                if column not in (reader.fieldnames or ()):
                    raise ConfigurationError(f"{path}: line 1: column {column} is missing")
            for row in reader:
                _check_row(row, f"{path}: line {reader.line_num}")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigurationError(f"{path}: cannot be read as CSV in UTF-8: {error}") from error


def _check_row(row: dict[str, str], place: str) -> None:
    if None in row or None in row.values():
        raise ConfigurationError(f"{place}: has not {len(_COLUMNS)} columns")
    for column in ("source_code", "source_vocabulary_id", "target_concept_id"):
        if not row[column]:
            raise ConfigurationError(f"{place}: column {column} is empty")
    for column in ("source_concept_id", "target_concept_id"):
        if row[column] and not (row[column].isdecimal() and int(row[column]) <= _INTEGER_MAX):
            raise ConfigurationError(f"{place}: column {column}: {row[column]!r} is not a concept id")
