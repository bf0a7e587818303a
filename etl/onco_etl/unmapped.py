"""The worklist of unmapped codes: counted for everybody; their texts stay in the workspace and a private export."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import duckdb

# (table, field with the concept, field with what was received, as what the code is used there)
_CODED = (
    ("condition_occurrence", "condition_concept_id", "condition_source_value", "event"),
    ("drug_exposure", "drug_concept_id", "drug_source_value", "drug"),
    ("drug_exposure", "route_concept_id", "route_source_value", "value"),
    ("measurement", "measurement_concept_id", "measurement_source_value", "event"),
    ("measurement", "unit_concept_id", "unit_source_value", "unit"),
    ("measurement", "value_as_concept_id", "value_source_value", "value"),
    ("observation", "observation_concept_id", "observation_source_value", "event"),
    ("observation", "unit_concept_id", "unit_source_value", "unit"),
    ("observation", "value_as_concept_id", "value_source_value", "value"),
    ("procedure_occurrence", "procedure_concept_id", "procedure_source_value", "event"),
    ("visit_occurrence", "visit_concept_id", "visit_source_value", "value"),
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
                    u.concept.coding, LAMBDA one_coding: left(one_coding.code, 50) = c.source_value
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
    counts = " UNION ALL ".join(
        f"""
        SELECT '{table}' AS cdm_table, '{field}' AS field, '{used_as}' AS used_as, {source} AS source_value
        FROM cdm.{table} WHERE {field} = 0 AND {source} IS NOT NULL
        """
        for table, field, source, used_as in _CODED
    )
    con.execute(
        f"""
        DELETE FROM state.unmapped_code;
        INSERT INTO state.unmapped_code
        SELECT cdm_table, field, source_value, count(*)
        FROM ({counts}) AS c SEMI JOIN state.unmapped_text AS t USING (used_as, source_value) GROUP BY ALL
        """
    )


def worklist(con: duckdb.DuckDBPyConnection) -> list[dict[str, object]]:
    """What is unmapped, most frequent first, with the texts as they were received (EXPORT_COLUMNS).

    A text without a code stands under its hash, as in the warehouse. Where one code is unmapped in several systems,
    each has a row with the count of all.
    """
    kinds = ", ".join(f"('{table}', '{field}', '{used_as}')" for table, field, _, used_as in _CODED)
    found = con.execute(
        f"""
        SELECT
            coalesce(t.code, c.source_value), coalesce(nullif(t.wording, ''), t.code, c.source_value), c."count",
            coalesce(t.system, ''), coalesce(t.vocabulary_id, ''), c.cdm_table, c.field
        FROM state.unmapped_code AS c
        JOIN (VALUES {kinds}) AS k(cdm_table, field, used_as) USING (cdm_table, field)
        JOIN state.unmapped_text AS t USING (used_as, source_value)
        ORDER BY c."count" DESC, c.cdm_table, c.field, c.source_value, t.system
        """
    ).fetchall()
    return [dict(zip(EXPORT_COLUMNS, row, strict=True)) for row in found]


def export(con: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Write the worklist as CSV, as Usagi imports it; private (0600), for it shows texts. Returns its rows."""
    rows = worklist(con)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        writer = csv.DictWriter(out, EXPORT_COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return len(rows)
