"""Why two recomputes differ: what became known between them of the patients of either, told apart by lineage.

Causes, of a resource's rows in the CDM:
    late        it was not known at the earlier recompute, and happened by its data cut
    new         it was not known, and happened after that; a stay that was still open has gone on
    correction  it was known, and a later version of it, or of what it refers to, says otherwise
    deletion    it was known, and was deleted, entered in error or otherwise taken back
    vocabulary  the same version gives other rows by another release of the vocabulary
    mapping     the same version gives other rows by other maps or rules
and, of patients whose results differ although no row of theirs does, the first that holds:
    cut         the data cut moved
    vocabulary, mapping  another release, other maps: what a concept set finds
    definition  the registry's definition, or how it is computed
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, NamedTuple

import duckdb

from onco_etl import cdm
from onco_etl.errors import ConfigurationError, StateError
from onco_etl.workspace import CLINICAL_TABLES
from onco_registry.status import Rows, rows

CAUSES = ("late", "new", "correction", "deletion", "vocabulary", "mapping", "cut", "definition")
# Frames of which each row is about one patient.
_WHOLE = "* EXCLUDE (registry, data_cut, as_of_run, hash)"
_PATIENT_FRAMES = dict.fromkeys(("cohort", "best_response", "endpoint", "adverse_event"), _WHOLE)


class Recompute(NamedTuple):
    """What a recompute run computed of one registry."""

    registry: str
    data_cut: date
    as_of_run: int
    hash: str


def since(con: duckdb.DuckDBPyConnection, earlier: int, later: int) -> Rows:
    """What changed between two recompute runs, per registry of both: registry, cause, resources, patients, results.

    `patients`: those of either recompute of whom a resource changed so; `results`: how many of them have other results;
    causes that nothing had are left out. Raises StateError where a run is no recompute, ConfigurationError where the
    later knew less.
    """
    first, second = _of_run(con, earlier), _of_run(con, later)
    found: Rows = []
    for name in (name for name in first if name in second):
        if first[name].as_of_run > second[name].as_of_run:
            raise ConfigurationError(f"run {later} knew less than run {earlier}: name the one that knew less first")
        found += [{"registry": name, **row} for row in between(con, first[name], second[name])]
    return found


def between(con: duckdb.DuckDBPyConnection, first: Recompute, second: Recompute) -> Rows:
    """What changed between two recomputes of a registry: cause, resources, patients, results."""
    return explained(con, first, second, changed_patients(_PATIENT_FRAMES), _BY_CAUSE)


def _of_run(con: duckdb.DuckDBPyConnection, run: int) -> dict[str, Recompute]:
    listed = con.execute(
        "SELECT registry, data_cut, as_of_run, hash FROM state.recompute WHERE run = $1 ORDER BY registry", [run]
    ).fetchall()
    if not listed:
        raise StateError(f"run {run} is no recompute: `onco-registry runs` lists them")
    return {row[0]: Recompute(*row) for row in listed}


def explained(con: duckdb.DuckDBPyConnection, first: Recompute, second: Recompute, changed: str, select: str) -> Rows:
    """The rows of `select`, which reads `found` (cause, resource_key, person_id), `changed` and `version`.

    `changed` is a SELECT of the patients whose results differ, with `subject_id`; those of whom no resource changed are
    in `found` without one.
    """
    keys = {
        f"{name}_{which}": value
        for which, one in (("1", first), ("2", second))
        for name, value in (("cut", one.data_cut), ("run", one.as_of_run), ("hash", one.hash))
    }
    unexplained = _unexplained(con, first, second)
    known: dict[str, Any] = {"registry": first.registry, **keys, "unexplained": unexplained, "causes": list(CAUSES)}
    text = _FOUND.format(row=_row_versions(), changed=changed) + select
    named = {name: value for name, value in known.items() if f"${name}" in text}
    return rows(con, text, named)


def _unexplained(con: duckdb.DuckDBPyConnection, first: Recompute, second: Recompute) -> str:
    """The cause where no row of a patient changed."""
    if first.data_cut != second.data_cut:
        return "cut"
    inputs = con.execute(
        "SELECT count(DISTINCT vocabulary_release) > 1, count(DISTINCT mapping_hash) > 1 FROM state.run"
        " WHERE run IN ($1, $2)",
        [first.as_of_run, second.as_of_run],
    ).fetchall()
    other_vocabulary, other_maps = inputs[0]
    return "vocabulary" if other_vocabulary else "mapping" if other_maps else "definition"


def _row_versions() -> str:
    """SELECT of every version of each row about a patient that comes from a resource, with the day it is of."""
    parts = []
    for table in CLINICAL_TABLES:
        if "person_id" in cdm.columns(table):
            days = [field.name for field in cdm.fields()[table] if field.required and field.type == "date"]
            day = f"{days[0] if days else 'NULL'}::DATE AS day"
            read = f"'{table}' AS cdm_table, person_id, _resource_key, _derivation, _run_from, {day}"
            for schema, until in (("cdm", "NULL::INTEGER"), ("history", "_run_to")):
                parts.append(f"SELECT {read}, {until} AS run_to FROM {schema}.{table} WHERE _resource_key IS NOT NULL")
    return " UNION ALL ".join(parts)


def changed_patients(frames: Mapping[str, str], topics: Mapping[str, str] = MappingProxyType({})) -> str:
    """SELECT of subject_id and topic of the patients of whom a row of results is not in both recomputes.

    `frames`: frame -> the columns that are compared; `topics`: frame -> what a row is about, else the frame's name.
    """
    parts = []
    for frame, columns in frames.items():
        topic = topics.get(frame, f"'{frame}'")
        one, other = (
            f"SELECT {columns}, {topic} AS topic FROM results.{frame} WHERE registry = $registry"
            f" AND data_cut = $cut_{which} AND as_of_run = $run_{which} AND hash = $hash_{which}"
            for which in "12"
        )
        parts += [f"SELECT subject_id, topic FROM ({a} EXCEPT {b})" for a, b in ((one, other), (other, one))]
    return " UNION ".join(parts)


_FOUND = """
WITH patient AS (
    SELECT DISTINCT subject_id AS person_id FROM results.cohort
    WHERE registry = $registry
        -- A registry's own cohort is defined before all others.
        AND cohort_definition_id = (
            SELECT arg_min(cohort_definition_id, rowid) FROM results.cohort_definition WHERE registry = $registry
        )
        AND (
        (data_cut = $cut_1 AND as_of_run = $run_1 AND hash = $hash_1)
        OR (data_cut = $cut_2 AND as_of_run = $run_2 AND hash = $hash_2)
    )
),
version AS (
    SELECT
        -- A patient is of no day of their own, but there from the first that is recorded.
        v.* REPLACE (coalesce(v.day, min(v.day) OVER (PARTITION BY v.person_id)) AS day),
        v._run_from <= $run_1 AND coalesce(v.run_to > $run_1, true) AS known_1,
        v._run_from <= $run_2 AND coalesce(v.run_to > $run_2, true) AS known_2
    FROM ({row}) AS v SEMI JOIN patient USING (person_id)
),
-- Runs that mapped with other maps or another vocabulary than the run before them.
remapped AS (
    SELECT run, mapping_hash <> lag(mapping_hash) OVER (ORDER BY run) AS other_maps,
        vocabulary_release <> lag(vocabulary_release) OVER (ORDER BY run) AS other_vocabulary
    FROM state.run WHERE kind <> 'recompute' AND status = 'complete'
),
received AS (
    SELECT k.id AS resource_key FROM state.ledger AS l JOIN keys.resource AS k ON k.row_key = l.resource
    WHERE l.run > $run_1 AND l.run <= $run_2 AND l.fate IN ('mapped', 'excluded', 'waiting', 'deleted')
),
resource AS (
    SELECT
        v._resource_key AS resource_key,
        bool_or(v.known_1) AS before, bool_or(v.known_2) AS after,
        coalesce(min(v.day) FILTER (WHERE v.known_2) <= $cut_1, true) AS happened,
        coalesce(bool_or(contains(v._derivation, 'extract date')) FILTER (WHERE v.known_2), false) AS open_stay,
        -- In which runs of the time between its rows changed.
        coalesce(bool_or(r.other_maps), false) AS other_maps,
        coalesce(bool_or(r.other_vocabulary), false) AS other_vocabulary
    FROM version AS v
    LEFT JOIN remapped AS r
        ON v.known_1 <> v.known_2 AND r.run = CASE WHEN v.known_2 THEN v._run_from ELSE v.run_to END
    GROUP BY ALL
    HAVING bool_or(v.known_1 <> v.known_2)
),
classed AS (
    SELECT
        c.resource_key,
        CASE
            WHEN n.resource_key IS NULL AND c.other_vocabulary THEN 'vocabulary'
            WHEN n.resource_key IS NULL AND c.other_maps THEN 'mapping'
            WHEN NOT c.after THEN 'deletion'
            WHEN NOT c.before THEN CASE WHEN c.happened THEN 'late' ELSE 'new' END
            WHEN n.resource_key IS NULL AND c.open_stay THEN 'new'
            ELSE 'correction'
        END AS cause
    FROM resource AS c LEFT JOIN (SELECT DISTINCT * FROM received) AS n USING (resource_key)
),
changed AS (SELECT * FROM ({changed}) SEMI JOIN patient ON subject_id = person_id),
-- A resource is of each person whose rows changed: a merge of two records changes both.
found AS (
    SELECT DISTINCT t.cause, t.resource_key, v.person_id
    FROM classed AS t JOIN version AS v ON v._resource_key = t.resource_key AND v.known_1 <> v.known_2
    UNION ALL
    SELECT $unexplained, NULL, subject_id FROM changed WHERE subject_id NOT IN (
        SELECT person_id FROM version WHERE known_1 <> known_2
    )
)
"""

_BY_CAUSE = """
SELECT
    f.cause, count(DISTINCT f.resource_key) AS resources, count(DISTINCT f.person_id) AS patients,
    count(DISTINCT c.subject_id) AS results
FROM found AS f LEFT JOIN changed AS c ON c.subject_id = f.person_id
GROUP BY f.cause ORDER BY list_position($causes, f.cause)
"""
