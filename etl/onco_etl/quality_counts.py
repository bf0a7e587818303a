"""Count what the quality checks are about: one scan per table for conditions on rows, else a statement per check."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import duckdb

from onco_etl import cdm, landing, relations
from onco_etl.quality_checks import instances
from onco_etl.query import literal, scalar
from onco_etl.workspace import CLINICAL_TABLES

# When a person lived and was observed; `gaps` between observation periods, where there are several.
_LIFE = """
CREATE OR REPLACE TEMP TABLE life AS
SELECT
    p.person_id,
    any_value(make_date(p.year_of_birth, coalesce(p.month_of_birth, 1), coalesce(p.day_of_birth, 1))) AS birth_date,
    any_value(d.death_date) AS death_date,
    any_value(o.period_start) AS period_start,
    any_value(o.period_end) AS period_end,
    any_value(o.gaps) AS gaps
FROM cdm.person AS p
LEFT JOIN cdm.death AS d USING (person_id)
LEFT JOIN (
    SELECT
        person_id, min(starts) AS period_start, max(ends) AS period_end,
        list({'after': ends, 'before': next_start}) FILTER (next_start IS NOT NULL) AS gaps
    FROM (
        SELECT
            person_id, observation_period_start_date AS starts, observation_period_end_date AS ends,
            lead(observation_period_start_date)
                OVER (PARTITION BY person_id ORDER BY observation_period_start_date) AS next_start
        FROM cdm.observation_period
    )
    GROUP BY person_id
) AS o USING (person_id)
GROUP BY p.person_id
"""


def counts(con: duckdb.DuckDBPyConnection, data: Path) -> dict[int, tuple[int, int]]:
    """Position in `quality_checks.instances()` -> (rows examined, violations)."""
    con.execute(_LIFE)
    con.execute(f"CREATE OR REPLACE TEMP TABLE concept_use AS {_concept_use()}")
    keys = " UNION ".join(f"SELECT _resource_key FROM cdm.{table}" for table in relations.cdm_tables())
    con.execute(f"CREATE OR REPLACE TEMP TABLE mapped_resource AS SELECT _resource_key AS resource_key FROM ({keys})")
    relations.define_constants(con)
    concepts = _concepts(con)
    found: dict[int, tuple[int, int]] = {}
    for table in CLINICAL_TABLES:
        found |= _scan(con, table, concepts)
    queries: dict[str, list[str]] = {}
    for n, instance in enumerate(instances()):
        if instance.sql:
            query = f"SELECT {n} AS n, examined, violations FROM ({instance.sql})"
            queries.setdefault(instance.check.name, []).append(query)
    for union in queries.values():
        for n, examined, violations in con.execute(" UNION ALL ".join(union)).fetchall():
            found[n] = (int(examined or 0), int(violations or 0))
    for n, instance in enumerate(instances()):
        if instance.check.sql == "lines_accounted":
            found[n] = _lines_accounted(con, data)
    return found


def _scan(
    con: duckdb.DuckDBPyConnection, table: str, concepts: Mapping[tuple[str, str], int]
) -> dict[int, tuple[int, int]]:
    """All conditions on the rows of one table, in one statement."""
    numbers, columns = [], []
    for n, instance in enumerate(instances()):
        if instance.table != table or not instance.violation:
            continue
        applies = instance.applies
        violation = instance.violation
        if instance.concept:
            # A concept that the vocabulary does not have is in no row.
            subject = table.removesuffix("_occurrence")
            applies = f"t.{subject}_concept_id = {concepts.get(instance.concept, -1)} AND {applies}"
        if instance.units:
            units = ", ".join(str(concepts.get(("UCUM", unit), -1)) for unit in instance.units)
            violation = violation.replace("$units", units)
        numbers.append(n)
        columns.append(f"count(*) FILTER ({applies}), count(*) FILTER (({applies}) AND ({violation}))")
    if not columns:
        return {}
    join = "LEFT JOIN life ON life.person_id = t.person_id" if "person_id" in cdm.columns(table) else ""
    found = con.execute(f"SELECT {', '.join(columns)} FROM cdm.{table} AS t {join}").fetchone()
    assert found is not None
    return {n: (found[2 * i], found[2 * i + 1]) for i, n in enumerate(numbers)}


def _concept_use() -> str:
    """cdm_table, field, concept_id, n: how often each concept stands in each field."""
    return " UNION ALL ".join(
        f"SELECT '{table}' AS cdm_table, '{f.name}' AS field, {f.name} AS concept_id, count(*) AS n "
        f"FROM cdm.{table} WHERE {f.name} IS NOT NULL GROUP BY {f.name}"
        for table in CLINICAL_TABLES
        for f in cdm.fields()[table]
        if f.fk_table == "concept"
    )


def _concepts(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], int]:
    """(vocabulary, code) -> standard concept, for the codes that the checks name."""
    named = {instance.concept for instance in instances() if instance.concept}
    named |= {("UCUM", unit) for instance in instances() for unit in instance.units}
    pairs = ", ".join(f"({literal(vocabulary)}, {literal(code)})" for vocabulary, code in sorted(named))
    found = con.execute(
        f"""
        SELECT vocabulary_id, concept_code, min(concept_id) FROM cdm.concept
        WHERE (vocabulary_id, concept_code) IN ({pairs}) AND standard_concept = 'S' GROUP BY ALL
        """
    )
    return {(vocabulary, code): concept for vocabulary, code, concept in found.fetchall()}


def _lines_accounted(con: duckdb.DuckDBPyConnection, data: Path) -> tuple[int, int]:
    """(lines, lines that led to no version) of the newest batch; blank lines and Bundles without entries lead to none.

    A file is read again only where there are fewer lines with a version than lines.
    """
    lost = 0
    landed = con.execute(
        """
        SELECT f.run, f.file_no, f.name, f.lines, list(DISTINCT l.line) AS seen
        FROM state.landed AS f LEFT JOIN state.ledger AS l USING (run, file_no)
        WHERE f.layout = 'lines' AND f.run = (SELECT max(run) FROM state.landed)
        GROUP BY ALL HAVING count(DISTINCT l.line) <> f.lines
        """
    ).fetchall()
    for run, file_no, name, lines, seen in landed:
        path = data / "landing" / f"{run:06d}" / f"{file_no:05d}.json.zst"
        if path.exists():
            file = landing.LandedFile(file_no, path, name, "lines", None, lines)
            missing = set(landing.filled_lines(file)) - set(seen)
            lost += sum(not _is_empty_bundle(text) for text in landing.raw_lines(file, missing).values())
    total = "SELECT coalesce(sum(lines), 0) FROM state.landed WHERE run = (SELECT max(run) FROM state.landed)"
    return int(scalar(con, total)), lost


def _is_empty_bundle(text: bytes) -> bool:
    try:
        value = json.loads(text)
    except ValueError:
        return False
    return isinstance(value, dict) and value.get("resourceType") == "Bundle" and not value.get("entry")
