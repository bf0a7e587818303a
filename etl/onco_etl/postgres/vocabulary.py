"""The vocabulary tables of the replica: the loaded vocabulary whole, and what the published file adds to it.

The published file has a slice: of the loaded vocabulary what rows use, and beside it concept 0, custom concepts and the
starter maps' own, which no vocabulary has. Without a loaded vocabulary the slice is all there is.
"""

from __future__ import annotations

from onco_etl import cdm, vocabulary
from onco_etl.postgres.origin import FILE, Origin
from onco_etl.postgres.tables import Table

TABLES = cdm.VOCABULARY_TABLES


def has(table: Table) -> bool:
    """Whether a table of the replica is one of the vocabulary."""
    return table.part == "cdm" and table.name in TABLES


def additions(table: Table) -> str:
    """SELECT of the rows that the published file has and the loaded vocabulary has not."""
    if table.name not in vocabulary.TABLES:
        return f"SELECT {table.names} FROM {FILE}.cdm.{table.name}"
    by = ", ".join(identity(table))
    return f"SELECT {table.names} FROM {FILE}.cdm.{table.name} ANTI JOIN vocabulary_{table.name} USING ({by})"


def whole(table: Table) -> str:
    """SELECT of the loaded vocabulary's rows and the additions."""
    if table.name not in vocabulary.TABLES:
        return additions(table)
    # A concept without a name has its code for one, as in the published file.
    names = table.names
    if table.name == "concept":
        names = names.replace('"concept_name"', "coalesce(nullif(concept_name, ''), concept_code) AS concept_name")
    return f"SELECT {names} FROM vocabulary_{table.name} UNION ALL {additions(table)}"


def identity(table: Table) -> tuple[str, ...]:
    """The columns that tell a row from others: its key, or what it must have."""
    return table.key or table.required


def slice_content(origin: Origin, table: Table) -> tuple[int, str]:
    """Rows and checksum of the published file's slice: where they stay, so do the additions."""
    return origin.content(origin.rows(table), table)
