"""Results of a recompute: pandas frames, and tables of the same names in schema `results`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import duckdb
import pandas as pd

from onco_etl.errors import StateError
from onco_registry.registry_model import RegistryDefinition

# Frame -> its columns with their DuckDB types. INTEGER and BIGINT may be missing (Int64); dates are datetime.date.
FRAMES: Mapping[str, Mapping[str, str]] = {
    "estimate": {
        "cohort": "VARCHAR", "stratum": "VARCHAR", "measure": "VARCHAR", "estimate": "DOUBLE", "lower": "DOUBLE",
        "upper": "DOUBLE", "ci_level": "DOUBLE", "ci_method": "VARCHAR", "x": "INTEGER", "n": "INTEGER",
        "events": "INTEGER", "unit": "VARCHAR",
    },
    "attrition": {
        "cohort": "VARCHAR", "step": "INTEGER", "criterion": "VARCHAR", "label": "VARCHAR", "excluded": "INTEGER",
        "remaining": "INTEGER",
    },
    "best_response": {
        "subject_id": "BIGINT", "response": "VARCHAR", "response_date": "DATE", "source": "VARCHAR",
        "best_change": "DOUBLE", "subtype": "VARCHAR",
    },
    "target_sum": {
        "subject_id": "BIGINT", "assessment_date": "DATE", "sum_mm": "DOUBLE", "change_from_baseline": "DOUBLE",
        "change_from_nadir": "DOUBLE",
    },
    "assessment": {
        "subject_id": "BIGINT", "source": "VARCHAR", "assessment_date": "DATE", "chosen": "BOOLEAN",
        "target_response": "VARCHAR", "non_target_response": "VARCHAR", "response": "VARCHAR",
        "new_lesion": "BOOLEAN",
    },
    "best_by_source": {
        "subject_id": "BIGINT", "source": "VARCHAR", "chosen": "BOOLEAN", "response": "VARCHAR",
        "response_date": "DATE", "confirmed": "VARCHAR", "confirmed_date": "DATE",
    },
    "response_query": {
        "subject_id": "BIGINT", "source": "VARCHAR", "query": "VARCHAR", "query_date": "DATE",
    },
    "immune_assessment": {
        "subject_id": "BIGINT", "source": "VARCHAR", "assessment_date": "DATE", "chosen": "BOOLEAN",
        "response": "VARCHAR", "unconfirmed_since": "DATE", "not_confirmed": "VARCHAR", "sum_mm": "DOUBLE",
        "new_lesions": "INTEGER", "new_sum_mm": "DOUBLE",
    },
    "best_immune_response": {
        "subject_id": "BIGINT", "source": "VARCHAR", "chosen": "BOOLEAN", "response": "VARCHAR",
        "response_date": "DATE", "unconfirmed_date": "DATE", "confirmed_date": "DATE", "progression_date": "DATE",
        "closed_runs": "INTEGER", "confirmation": "VARCHAR",
    },
    "endpoint": {
        "subject_id": "BIGINT", "endpoint": "VARCHAR", "start_date": "DATE", "time_days": "INTEGER",
        "event": "BOOLEAN", "decided_by": "VARCHAR", "decided_on": "DATE", "cdm_table": "VARCHAR",
        "cdm_row_id": "BIGINT", "entry_days": "INTEGER", "date_precision": "VARCHAR",
    },
    "comparison": {
        "cohort_definition_id": "INTEGER", "arm": "VARCHAR", "subject_id": "BIGINT", "endpoint": "VARCHAR",
        "start_date": "DATE", "time_days": "INTEGER", "event": "BOOLEAN", "decided_by": "VARCHAR",
        "decided_on": "DATE", "cdm_table": "VARCHAR", "cdm_row_id": "BIGINT", "entry_days": "INTEGER",
        "date_precision": "VARCHAR",
    },
    "added_later": {
        "cohort_definition_id": "INTEGER", "subject_id": "BIGINT", "endpoint": "VARCHAR", "start_date": "DATE",
        "time_days": "INTEGER", "event": "BOOLEAN", "decided_by": "VARCHAR", "decided_on": "DATE",
        "cdm_table": "VARCHAR", "cdm_row_id": "BIGINT", "entry_days": "INTEGER", "date_precision": "VARCHAR",
    },
    "growth_modulation": {
        "subject_id": "BIGINT", "time_days": "INTEGER", "event": "BOOLEAN", "previous_time_days": "INTEGER",
        "previous_decided_by": "VARCHAR", "ratio": "DOUBLE",
    },
    "curve": {
        "endpoint": "VARCHAR", "stratum": "VARCHAR", "time_days": "INTEGER", "at_risk": "INTEGER",
        "events": "INTEGER", "censored": "INTEGER", "survival": "DOUBLE", "lower": "DOUBLE", "upper": "DOUBLE",
    },
    "adverse_event": {
        "subject_id": "BIGINT", "term_concept_id": "BIGINT", "term": "VARCHAR", "worst_grade": "INTEGER",
        "related": "BOOLEAN", "worst_related_grade": "INTEGER", "onset_date": "DATE", "cdm_table": "VARCHAR",
        "cdm_row_id": "BIGINT", "ae_class": "VARCHAR", "serious": "BOOLEAN", "emergence": "VARCHAR",
        "outcome": "VARCHAR",
    },
    "ae_table": {
        "term": "VARCHAR", "related_only": "BOOLEAN", "grade": "INTEGER", "x": "INTEGER", "n": "INTEGER",
    },
    "safety_table": {
        "kind": "VARCHAR", "item": "VARCHAR", "related_only": "BOOLEAN", "x": "INTEGER", "x_grade_1_2": "INTEGER",
        "x_grade_3_4": "INTEGER", "x_grade_5": "INTEGER", "x_not_graded": "INTEGER", "n": "INTEGER",
    },
    "ae_rate": {
        "kind": "VARCHAR", "item": "VARCHAR", "related_only": "BOOLEAN", "n": "INTEGER", "events": "INTEGER",
        "person_days": "INTEGER", "rate": "DOUBLE", "lower": "DOUBLE", "upper": "DOUBLE",
        "first_median_days": "DOUBLE", "first_minimum_days": "INTEGER", "first_maximum_days": "INTEGER",
    },
    "ae_incidence": {
        "kind": "VARCHAR", "item": "VARCHAR", "related_only": "BOOLEAN", "time_days": "INTEGER",
        "at_risk": "INTEGER", "events": "INTEGER", "competing": "INTEGER", "censored": "INTEGER",
        "incidence": "DOUBLE", "lower": "DOUBLE", "upper": "DOUBLE", "from_day": "INTEGER",
    },
    "immune_event": {
        "subject_id": "BIGINT", "term": "VARCHAR", "worst_grade": "INTEGER", "related": "BOOLEAN",
        "serious": "BOOLEAN", "onset_date": "DATE", "steroids": "VARCHAR", "steroid_date": "DATE",
        "outcome": "VARCHAR",
    },
    "laboratory_grade": {
        "subject_id": "BIGINT", "term": "VARCHAR", "baseline_grade": "INTEGER", "worst_grade": "INTEGER",
        "emergent_grade": "INTEGER", "emergence": "VARCHAR", "worst_date": "DATE", "cdm_row_id": "BIGINT",
        "results_graded": "INTEGER", "results_not_evaluable": "INTEGER",
    },
    "laboratory_table": {
        "term": "VARCHAR", "baseline_grade": "INTEGER", "worst_grade": "INTEGER", "x": "INTEGER",
        "x_not_evaluable": "INTEGER", "n": "INTEGER",
    },
    "laboratory_not_evaluable": {"term": "VARCHAR", "reason": "VARCHAR", "x": "INTEGER", "n": "INTEGER"},
    "safety_query": {
        "subject_id": "BIGINT", "source": "VARCHAR", "query": "VARCHAR", "term": "VARCHAR", "query_date": "DATE",
    },
    "treatment_window": {
        "subject_id": "BIGINT", "first_dose_date": "DATE", "last_dose_date": "DATE", "window_end": "DATE",
        "extended_window_end": "DATE", "new_therapy_date": "DATE", "death_date": "DATE", "died_in_window": "BOOLEAN",
    },
    "dose": {
        "subject_id": "BIGINT", "component": "VARCHAR", "agent": "VARCHAR", "doses": "INTEGER",
        "first_dose_date": "DATE", "last_dose_date": "DATE", "starting_dose": "DOUBLE", "planned_dose": "DOUBLE",
        "unit": "VARCHAR", "relative_dose_intensity": "DOUBLE", "reductions": "INTEGER",
        "first_reduction_date": "DATE", "interruptions": "INTEGER", "status": "VARCHAR", "reason": "VARCHAR",
    },
    "baseline": {
        "variable": "VARCHAR", "level": "VARCHAR", "kind": "VARCHAR", "x": "INTEGER", "n": "INTEGER",
        "median": "DOUBLE", "lower_quartile": "DOUBLE", "upper_quartile": "DOUBLE", "minimum": "DOUBLE",
        "maximum": "DOUBLE", "unit": "VARCHAR",
    },
    "completeness": {"item": "VARCHAR", "x": "INTEGER", "n": "INTEGER"},
    "timeliness": {
        "item": "VARCHAR", "n": "INTEGER", "median_days": "DOUBLE", "p90_days": "DOUBLE", "x_late": "INTEGER",
        "late_after_days": "INTEGER",
    },
    "on_treatment": {
        "subject_id": "BIGINT", "components": "VARCHAR", "first_dose_date": "DATE", "last_dose_date": "DATE",
        "last_contact_date": "DATE", "progression_date": "DATE", "days_on_treatment": "INTEGER",
    },
    "overdue_scan": {
        "subject_id": "BIGINT", "last_assessment_date": "DATE", "due_date": "DATE", "days_overdue": "INTEGER",
        "last_contact_date": "DATE",
    },
    "not_adjudicated": {
        "subject_id": "BIGINT", "assessment_date": "DATE", "source": "VARCHAR", "response": "VARCHAR",
        "reason": "VARCHAR", "other_source": "VARCHAR", "other_response": "VARCHAR",
    },
    "consistency_check": {"check_name": "VARCHAR", "status": "VARCHAR", "detail": "VARCHAR"},
    "cohort": {
        "cohort_definition_id": "INTEGER", "subject_id": "BIGINT", "cohort_start_date": "DATE",
        "cohort_end_date": "DATE", "seen_at_index": "BOOLEAN",
    },
    "cohort_definition": {
        "cohort_definition_id": "INTEGER", "cohort_definition_name": "VARCHAR",
        "cohort_definition_description": "VARCHAR", "definition_type_concept_id": "INTEGER",
        "cohort_definition_syntax": "VARCHAR", "subject_concept_id": "INTEGER", "cohort_initiation_date": "DATE",
    },
}  # fmt: skip
KEY: Mapping[str, str] = {
    "registry": "VARCHAR",
    "data_cut": "DATE",
    "as_of_run": "INTEGER",
    "hash": "VARCHAR",
}
_PANDAS_TYPES = {"INTEGER": "Int64", "BIGINT": "Int64", "DOUBLE": "float64", "BOOLEAN": "bool"}


@dataclass(frozen=True)
class Results:
    """All frames of one recompute under its key; two recomputes of one hash have equal frames."""

    registry: str
    data_cut: date
    as_of_run: int
    hash: str
    estimate: pd.DataFrame
    attrition: pd.DataFrame
    best_response: pd.DataFrame
    target_sum: pd.DataFrame
    assessment: pd.DataFrame
    best_by_source: pd.DataFrame
    response_query: pd.DataFrame
    immune_assessment: pd.DataFrame
    best_immune_response: pd.DataFrame
    endpoint: pd.DataFrame
    comparison: pd.DataFrame
    added_later: pd.DataFrame
    growth_modulation: pd.DataFrame
    curve: pd.DataFrame
    adverse_event: pd.DataFrame
    ae_table: pd.DataFrame
    safety_table: pd.DataFrame
    ae_rate: pd.DataFrame
    ae_incidence: pd.DataFrame
    immune_event: pd.DataFrame
    laboratory_grade: pd.DataFrame
    laboratory_table: pd.DataFrame
    laboratory_not_evaluable: pd.DataFrame
    safety_query: pd.DataFrame
    treatment_window: pd.DataFrame
    dose: pd.DataFrame
    baseline: pd.DataFrame
    completeness: pd.DataFrame
    timeliness: pd.DataFrame
    on_treatment: pd.DataFrame
    overdue_scan: pd.DataFrame
    not_adjudicated: pd.DataFrame
    consistency_check: pd.DataFrame
    cohort: pd.DataFrame
    cohort_definition: pd.DataFrame

    @property
    def patients(self) -> int:
        """How many are in the registry's own cohort, which is defined first; the arms of comparisons come after it."""
        own = self.cohort_definition["cohort_definition_id"].iloc[0]
        return int((self.cohort["cohort_definition_id"] == own).sum())

    @property
    def entered(self) -> int:
        """How many have any record of the registry's disease or drugs."""
        own = self.attrition[self.attrition["cohort"] == self.attrition["cohort"].iloc[0]]
        return int(own.loc[own["step"] == 0, ["excluded", "remaining"]].to_numpy().sum())

    def frames(self) -> dict[str, pd.DataFrame]:
        """Frame name -> frame, in the order of FRAMES."""
        return {name: getattr(self, name) for name in FRAMES}


def shape(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """A frame with exactly its declared columns and types, missing text and dates as None."""
    columns = FRAMES[name]
    shaped = frame.loc[:, list(columns)].reset_index(drop=True)
    for column, kind in columns.items():
        if kind in _PANDAS_TYPES:
            shaped[column] = shaped[column].astype(_PANDAS_TYPES[kind])  # type: ignore[call-overload]
        else:
            shaped[column] = shaped[column].astype(object).where(shaped[column].notna(), None)
    return shaped


def cohort_definition_frame(registry: RegistryDefinition) -> pd.DataFrame:
    """The OMOP cohort_definition rows of a registry."""
    rows = [
        {
            "cohort_definition_id": cohort.id,
            "cohort_definition_name": cohort.label,
            "cohort_definition_description": cohort.population,
            "definition_type_concept_id": 0,
            "cohort_definition_syntax": f"{registry.name} {registry.version} sha256 {registry.digest}",
            "subject_concept_id": 0,
            "cohort_initiation_date": None,
        }
        for cohort in registry.cohorts
    ]
    return pd.DataFrame(rows)


def write(con: duckdb.DuckDBPyConnection, results: Results) -> bool:
    """Append results to schema `results` of `con`; False, changing nothing, if their key is already there.

    Rows are never changed or removed. Runs in the transaction of the caller, if there is one.
    """
    _create_tables(con)
    key = (results.registry, results.data_cut, results.as_of_run, results.hash)
    match = " AND ".join(f"{name} = ?" for name in KEY)
    known = con.execute(f"SELECT count(*) FROM results.estimate WHERE {match}", key).fetchone()
    if known and known[0]:
        return False
    for name, frame in results.frames().items():
        columns = ", ".join(f"CAST({column} AS {kind}) AS {column}" for column, kind in FRAMES[name].items())
        con.register("results_frame", frame)
        keyed = ", ".join(f"CAST(? AS {kind}) AS {column}" for column, kind in KEY.items())
        con.execute(f"INSERT INTO results.{name} BY NAME SELECT {keyed}, {columns} FROM results_frame", key)
        con.unregister("results_frame")
    return True


def read(
    con: duckdb.DuckDBPyConnection,
    registry: str,
    *,
    data_cut: date | None = None,
    as_of_run: int | None = None,
) -> Results:
    """The latest results of a registry (of one cut, of one run). Raises StateError if there are none."""
    found = None
    if _has_results(con):
        found = con.execute(
            "SELECT registry, data_cut, as_of_run, hash FROM results.estimate WHERE registry = $registry"
            " AND data_cut = coalesce($data_cut, data_cut) AND as_of_run = coalesce($as_of_run, as_of_run)"
            " ORDER BY as_of_run DESC, data_cut DESC, rowid DESC LIMIT 1",
            {"registry": registry, "data_cut": data_cut, "as_of_run": as_of_run},
        ).fetchone()
    if found is None:
        raise StateError(f"no results of registry {registry!r} yet: run recompute")
    match = " AND ".join(f"{name} = ?" for name in KEY)
    frames = {
        name: shape(
            name,
            con.execute(f"SELECT * FROM results.{name} WHERE {match} ORDER BY rowid", found).df(date_as_object=True),
        )
        for name in FRAMES
    }
    return Results(found[0], found[1], found[2], found[3], **frames)


def _create_tables(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("CREATE SCHEMA IF NOT EXISTS results")
    for name, columns in FRAMES.items():
        fields = ", ".join(f"{column} {kind}" for column, kind in {**KEY, **columns}.items())
        con.execute(f"CREATE TABLE IF NOT EXISTS results.{name} ({fields})")
    # Results of an earlier release stay, without what it did not compute.
    known = {
        (table, column)
        for table, column in con.execute(
            "SELECT table_name, column_name FROM duckdb_columns()"
            " WHERE database_name = current_database() AND schema_name = 'results'"
        ).fetchall()
    }
    for name, columns in FRAMES.items():
        for column in (column for column in columns if (name, column) not in known):
            con.execute(f"ALTER TABLE results.{name} ADD COLUMN {column} {columns[column]}")


def _has_results(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether every frame of this release has its table."""
    found = con.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'results'").fetchall()
    return set(FRAMES) <= {name for (name,) in found}
