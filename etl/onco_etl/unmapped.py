"""The worklist of unmapped codes: counted for everybody; their texts stay in the workspace and a private export."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import duckdb

from onco_etl.errors import ConfigurationError

# (table, name of the fields <name>_concept_id and <name>_source_value, as what the code can be used there). Not gender:
# what is neither male nor female has no concept.
_CODED = (
    ("person", "race", "value"),
    ("person", "ethnicity", "value"),
    ("care_site", "place_of_service", "place"),
    ("provider", "specialty", "specialty"),
    ("visit_occurrence", "visit", "value"),
    ("visit_occurrence", "admitted_from", "value"),
    ("visit_occurrence", "discharged_to", "value"),
    ("condition_occurrence", "condition", "event"),
    ("procedure_occurrence", "procedure", "event"),
    ("drug_exposure", "drug", "drug"),
    ("drug_exposure", "route", "value"),
    ("measurement", "measurement", "event"),
    ("measurement", "unit", "unit"),
    ("measurement", "value", "value"),
    ("observation", "observation", "event"),
    ("observation", "unit", "unit"),
    ("observation", "value", "value"),
    # A suspect is an answer, too.
    ("observation", "value", "drug"),
)
# Usagi lets its user say which column is which; these it keeps as ADD_INFO:<name> in the file it saves.
EXPORT_COLUMNS = ("source_code", "source_name", "frequency", "system", "vocabulary_id", "cdm_table", "field")


def forget(con: duckdb.DuckDBPyConnection) -> None:
    """Before everything is mapped again: what was unmapped may no longer be."""
    con.execute("DELETE FROM state.unmapped_text")


def note(con: duckdb.DuckDBPyConnection) -> None:
    """Keep what the unmapped codes of this run look like in `state.unmapped_text`; after `concepts.resolve`.

    A code that the site's map leaves unmapped on purpose is not among them.
    """
    con.execute(
        """
        INSERT INTO state.unmapped_text BY NAME
        WITH unmapped AS (
            SELECT
                c.used_as, c.source_value, u.concept."text" AS wording,
                list_filter(
                    u.concept.coding,
                    LAMBDA one_coding: c.source_value IN (left(one_coding.code, 50), keyed_hash(one_coding.code))
                )[1] AS coding
            FROM mapping.codeable AS c JOIN concept_in_use AS u USING (codeable_key)
            WHERE c.concept_id = 0 AND c.resolved_by IS NULL AND c.source_value IS NOT NULL
        ),

        preferred AS (
            SELECT system, arg_min(vocabulary_id, preference) AS vocabulary_id FROM mapping.system GROUP BY system
        ),

        found AS (
            SELECT
                u.used_as, u.source_value, u.coding.system AS system, p.vocabulary_id, u.coding.code AS code,
                min(coalesce(u.wording, u.coding.display, '')) AS wording
            FROM unmapped AS u LEFT JOIN preferred AS p ON p.system = u.coding.system
            GROUP BY ALL
        )

        SELECT f.* FROM found AS f ANTI JOIN state.unmapped_text AS k
            ON k.used_as = f.used_as AND k.source_value = f.source_value
            AND k.system IS NOT DISTINCT FROM f.system AND k.code IS NOT DISTINCT FROM f.code
        """
    )


def count(con: duckdb.DuckDBPyConnection) -> None:
    """`state.unmapped_code`: codes of rows with concept 0, by table and field, with the number of rows."""
    fields = dict.fromkeys((table, name) for table, name, _ in _CODED)
    coded = " UNION ALL ".join(
        f"""
        SELECT '{table}' AS cdm_table, '{_field(name)}' AS field, {name}_source_value AS source_value
        FROM cdm.{table} WHERE {_field(name)} = 0 AND {name}_source_value IS NOT NULL
        """
        for table, name in fields
    )
    con.execute(
        f"""
        DELETE FROM state.unmapped_code;
        INSERT INTO state.unmapped_code
        SELECT cdm_table, field, source_value, count(*)
        FROM ({coded}) AS c
        SEMI JOIN (SELECT * FROM state.unmapped_text JOIN {_used_as()} USING (used_as)) AS t
            USING (cdm_table, field, source_value)
        GROUP BY ALL
        """
    )


def _used_as() -> str:
    """Relation: as what a code of a field can be used."""
    kinds = ", ".join(f"('{table}', '{_field(name)}', '{used_as}')" for table, name, used_as in _CODED)
    return f"(VALUES {kinds}) AS k(cdm_table, field, used_as)"


def _field(name: str) -> str:
    """The field that holds the concept: value_as_concept_id is the one that is named otherwise."""
    return "value_as_concept_id" if name == "value" else f"{name}_concept_id"


def worklist(con: duckdb.DuckDBPyConnection) -> list[dict[str, object]]:
    """What is unmapped, most frequent first, with the texts as they were received (EXPORT_COLUMNS).

    A text without a code stands under its hash, as in the warehouse. Where one code is unmapped in several systems,
    each has a row with the count of all.
    """
    found = con.execute(
        f"""
        SELECT
            coalesce(t.code, c.source_value), coalesce(nullif(t.wording, ''), t.code, c.source_value), c."count",
            coalesce(t.system, ''), coalesce(t.vocabulary_id, ''), c.cdm_table, c.field
        FROM state.unmapped_code AS c
        JOIN {_used_as()} USING (cdm_table, field)
        JOIN state.unmapped_text AS t USING (used_as, source_value)
        ORDER BY c."count" DESC, c.cdm_table, c.field, c.source_value, t.system
        """
    ).fetchall()
    return [dict(zip(EXPORT_COLUMNS, row, strict=True)) for row in found]


def export(con: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Write the worklist as CSV, as Usagi imports it; private (0600), for it shows texts. Returns its rows.

    Raises ConfigurationError where something else than an earlier export is in its place.
    """
    if path.exists() and not _is_export(path):
        raise ConfigurationError(f"{path}: exists already, and is no earlier export; choose another file with --out")
    rows = worklist(con)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        writer = csv.DictWriter(out, EXPORT_COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return len(rows)


def _is_export(path: Path) -> bool:
    """Whether a file begins as an export does."""
    header = f"{','.join(EXPORT_COLUMNS)}\r\n".encode()
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return stream.read(len(header)) == header
