"""Trace, for hospital IT: from a resource to its versions and rows, and from a CDM row back. It names logical ids."""

from __future__ import annotations

from typing import Any

import duckdb

from onco_etl import cdm, history
from onco_etl.quality_checks import has_mapping
from onco_etl.query import literal, scalar
from onco_etl.workspace import CLINICAL_TABLES

Found = dict[str, Any]

# Derived table -> what its rows derive from: (table, condition on a row `s` of it, for a derived row `d`).
_BY_DRUG = (
    "s.drug_concept_id IN (SELECT descendant_concept_id FROM cdm.concept_ancestor "
    "WHERE ancestor_concept_id = d.drug_concept_id) AND s.drug_exposure_start_date "
)
_EPISODE = (
    "s._row_id IN (SELECT e.event_id FROM cdm.episode_event AS e JOIN cdm.concept AS c "
    "ON c.concept_id = e.episode_event_field_concept_id WHERE e.episode_id = d.episode_id "
    "AND starts_with(c.concept_name, '{table}.'))"
)
_DATED = {
    "visit_occurrence": "visit_start_date",
    "condition_occurrence": "condition_start_date",
    "drug_exposure": "drug_exposure_start_date",
    "procedure_occurrence": "procedure_date",
    "measurement": "measurement_date",
    "observation": "observation_date",
    "death": "death_date",
}
_DERIVED_FROM: dict[str, dict[str, str]] = {
    "observation_period": {
        table: f"s.{field} BETWEEN d.observation_period_start_date AND d.observation_period_end_date"
        for table, field in _DATED.items()
    },
    "drug_era": {"drug_exposure": f"{_BY_DRUG} BETWEEN d.drug_era_start_date AND d.drug_era_end_date"},
    "dose_era": {"drug_exposure": f"{_BY_DRUG} BETWEEN d.dose_era_start_date AND d.dose_era_end_date"},
    "condition_era": {
        "condition_occurrence": "s.condition_concept_id = d.condition_concept_id "
        "AND s.condition_start_date BETWEEN d.condition_era_start_date AND d.condition_era_end_date"
    },
    "episode": {table: _EPISODE.format(table=table) for table in _DATED},
}


def resource(con: duckdb.DuckDBPyConnection, name: str) -> list[Found]:
    """What became of `<Type>/<id>`, for each source that sent it, or of `<source>/<Type>/<id>`; nothing where none did.

    Every version received with its place, fate and reason; the rows it gives and gave; whom it refers to, who refers to
    it, and what waits.
    """
    known = con.execute(
        """
        SELECT DISTINCT resource FROM (
            SELECT resource FROM state.ledger UNION ALL SELECT target FROM state.reference
        ) WHERE $1 IN (resource, substr(resource, instr(resource, '/') + 1)) ORDER BY ALL
        """,
        [name],
    ).fetchall()
    return [_resource(con, key) for (key,) in known]


def row(con: duckdb.DuckDBPyConnection, table: str, row_id: int) -> Found | None:
    """Where a CDM row comes from: resource, version, run, landed file and line, SELECT, maps and vocabulary release.

    None where no run ever made such a row. A row of a table without a number of its own goes by that of
    registry.<table>_row.
    """
    names = ", ".join(f'"{name}"' for name in (*cdm.columns(table), "_slot", "_derivation", "_run_from"))
    versions = _rows(
        con,
        f"""
        SELECT {names}, _resource_key, NULL::INTEGER AS _run_to FROM cdm.{table} WHERE _row_id = {row_id}
        UNION ALL SELECT {names}, _resource_key, _run_to FROM history.{table} WHERE _row_id = {row_id}
        ORDER BY _run_from DESC
        """,
    )
    if not versions:
        return None
    newest, *earlier = versions
    key = newest.pop("_resource_key")
    folder = "derived" if key is None else "cdm"
    return {
        "cdm_table": table,
        "row_id": row_id,
        "resource": None if key is None else scalar(con, f"SELECT row_key FROM keys.resource WHERE id = {key}"),
        "version": None if key is None else _version(con, key, newest["_run_from"]),
        "mapping_file": f"sql/{folder}/{table}.sql" if has_mapping(table) else None,
        "run": _rows(
            con,
            "SELECT run, kind, source, started, vocabulary_release, mapping_hash FROM state.run "
            f"WHERE run = {newest['_run_from']}",
        )[0],
        "row": newest,
        "earlier": [{name: value for name, value in version.items() if name != "_resource_key"} for version in earlier],
        "derived_from": _derived_from(con, table, row_id),
    }


def waiting(con: duckdb.DuckDBPyConnection) -> list[Found]:
    """Which resources wait for whom: waiting_for, resource, CDM tables, and the run that received it."""
    return _rows(
        con,
        """
        SELECT h.waiting_for, k.row_key AS resource, list(DISTINCT h.cdm_table ORDER BY h.cdm_table) AS cdm_tables,
            any_value(r.run) AS run
        FROM state.held AS h
        JOIN keys.resource AS k ON k.id = h.resource_key
        LEFT JOIN state.resource AS r ON r.resource_key = h.resource_key
        GROUP BY ALL ORDER BY ALL
        """,
    )


def _resource(con: duckdb.DuckDBPyConnection, key: str) -> Found:
    named = literal(key)
    tables = [table for table in CLINICAL_TABLES if has_mapping(table)]
    own = f"(SELECT id FROM keys.resource WHERE row_key = {named})"
    current = " UNION ALL ".join(
        f"SELECT '{table}' AS cdm_table, _row_id AS row_id, _slot AS slot, _derivation AS derivation, "
        f"_run_from AS run_from FROM cdm.{table} WHERE _resource_key = {own}"
        for table in tables
    )
    earlier = " UNION ALL ".join(
        f"SELECT '{table}' AS cdm_table, _row_id AS row_id, _slot AS slot, _run_from AS run_from, _run_to AS run_to "
        f"FROM history.{table} WHERE _resource_key = {own}"
        for table in tables
    )
    return {
        "resource": key,
        "versions": _rows(
            con,
            f"""
            SELECT l.run, f.name AS file, l.line, l.entry, l.version_id, l.last_updated, l.fate, l.reason
            FROM state.ledger AS l LEFT JOIN state.landed AS f USING (run, file_no)
            WHERE l.resource = {named} ORDER BY l.run, l.file_no, l.line, l.entry
            """,
        ),
        "rows": _rows(con, f"{current} ORDER BY ALL"),
        "earlier_rows": _rows(con, f"{earlier} ORDER BY ALL"),
        "refers_to": _rows(
            con,
            f"""
            SELECT f.field, f.target, r.resource IS NOT NULL AS received
            FROM state.reference AS f LEFT JOIN state.resource AS r ON r.resource = f.target AND NOT r.deleted
            WHERE f.resource = {named} ORDER BY ALL
            """,
        ),
        "referred_by": _rows(con, f"SELECT resource, field FROM state.reference WHERE target = {named} ORDER BY ALL"),
        "waits_for": [found for found in waiting(con) if found["resource"] == key],
        "waited_for_by": [found for found in waiting(con) if found["waiting_for"] == key],
    }


def _version(con: duckdb.DuckDBPyConnection, resource_key: int, run: int) -> Found | None:
    """The version that the resource had when the row was made, and where it was received."""
    database = scalar(con, "SELECT current_database()")
    found = _rows(
        con,
        f"""
        SELECT v.version_id, v.last_updated, v.run, f.name AS file, v.line, v.entry
        FROM ({history.versions_known(database, run)}) AS v LEFT JOIN state.landed AS f USING (run, file_no)
        WHERE v.resource_key = {resource_key}
        """,
    )
    return found[0] if found else None


def _derived_from(con: duckdb.DuckDBPyConnection, table: str, row_id: int) -> list[Found]:
    """The rows of the same person that a current derived row derives from; of no other table."""
    sources = " UNION ALL ".join(
        f"SELECT '{source}' AS cdm_table, s._row_id AS row_id FROM cdm.{source} AS s "
        f"JOIN cdm.{table} AS d ON d._row_id = {row_id} AND d.person_id = s.person_id WHERE {condition}"
        for source, condition in _DERIVED_FROM.get(table, {}).items()
    )
    return _rows(con, f"{sources} ORDER BY ALL") if sources else []


def _rows(con: duckdb.DuckDBPyConnection, query: str) -> list[Found]:
    """Rows by name; dates and times as ISO 8601 text."""
    found = con.execute(query)
    names = [column[0] for column in found.description or ()]
    return [
        {name: v.isoformat() if hasattr(v, "isoformat") else v for name, v in zip(names, values, strict=True)}
        for values in found.fetchall()
    ]
