"""A fictional patient record, written straight into CDM tables; days count from INDEX (day 0)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pandas as pd

from onco_etl import cdm
from onco_registry.cohort import establish_cohort
from onco_registry.comparison import compare
from onco_registry.recompute import derive, recompute, recompute_parameters
from onco_registry.registry_model import RegistryDefinition
from onco_registry.relations import Relations
from onco_registry.results import Results

INDEX = date(2020, 3, 1)
CUT = date(2022, 12, 31)
DRUGS = {"alpha": 101, "beta": 102, "beta two": 103, "gamma": 111, "delta": 112}
SOURCES = {"administration": 32818, "dispense": 32825, "statement": 32830, "prescription": 32838}
RESPONSES = {"CR": 301, "PR": 302, "SD": 303, "PD": 304, "NE": 305, "NON-CR/NON-PD": 306}
TRENDS = {"improved": 391, "stable": 392, "worsened": 393, "undetermined": 394}
ROLES = {"target": 334, "non-target": 335, "new": 336}
STATES = {"present": 341, "absent": 342, "too small": 343, "progressed": 344, "equivocal": 345, "not evaluable": 346}
TERMS = {"tired": 501, "inflamed": 502, "unlabelled": 503, "transaminases": 504, "platelets": 505, "unmapped": 0}
UNITS = {"mm": 8588, "cm": 8582, None: 0}
_CONDITION_FIELD = 1147127
LESS, GREATER = 4171756, 4172704
_MEASUREMENT_FIELD = 1147138


def on(day: int) -> date:
    """The date of a day counted from INDEX."""
    return INDEX + timedelta(days=day)


class Record:
    """CDM tables on a connection, empty at first; row ids count up from 1 within each table."""

    def __init__(self, con: duckdb.DuckDBPyConnection, registry: RegistryDefinition) -> None:
        self.con = con
        self.registry = registry
        for table in cdm.fields():
            con.execute(f"TRUNCATE cdm.{table}")
        self._rows: dict[str, int] = {}

    def insert(self, table: str, **values: Any) -> int:
        """One row, with 0 or a date for required columns not given; returns its id."""
        key = cdm.primary_key(table)
        self._rows[table] = self._rows.get(table, 0) + 1
        if key is not None:
            values = {key: self._rows[table], **values}
        for field in cdm.fields()[table]:
            if field.required and field.name not in values:
                values[field.name] = INDEX if field.type == "date" else 0
        marks = ", ".join("?" for _ in values)
        self.con.execute(f"INSERT INTO cdm.{table} ({', '.join(values)}) VALUES ({marks})", list(values.values()))
        return self._rows[table]

    def person(self, person: int, born: tuple[int | None, ...] = (1970, 1, 1)) -> None:
        year, month, day = born
        self.insert("person", person_id=person, year_of_birth=year, month_of_birth=month, day_of_birth=day)

    def drug(self, person: int, name: str, start: int, end: int | None = None, source: str = "statement") -> int:
        return self.insert(
            "drug_exposure",
            person_id=person,
            drug_concept_id=DRUGS[name],
            drug_type_concept_id=SOURCES[source],
            drug_exposure_start_date=on(start),
            drug_exposure_end_date=on(start if end is None else end),
        )

    def condition(self, person: int, concept_id: int, day: int, **values: Any) -> int:
        return self.insert(
            "condition_occurrence",
            person_id=person,
            condition_concept_id=concept_id,
            condition_start_date=on(day),
            **values,
        )

    def measurement(self, person: int, concept_id: int, day: int, **values: Any) -> int:
        return self.insert(
            "measurement", person_id=person, measurement_concept_id=concept_id, measurement_date=on(day), **values
        )

    def sum(self, person: int, day: int, value: float, unit: str | None = "mm", **values: Any) -> int:
        return self.measurement(person, 310, day, value_as_number=value, unit_concept_id=UNITS[unit], **values)

    def response(self, person: int, day: int, value: str) -> int:
        return self.measurement(person, 300, day, value_as_concept_id=RESPONSES[value])

    def trend(self, person: int, day: int, value: str) -> int:
        return self.measurement(person, 390, day, value_as_concept_id=TRENDS[value])

    def non_target(self, person: int, day: int, value: str) -> int:
        return self.measurement(person, 380, day, value_as_concept_id=RESPONSES[value])

    def new_lesion(self, person: int, day: int, value: bool) -> int:
        return self.measurement(person, 381, day, value_as_concept_id=382 if value else 383)

    def procedure(self, person: int, day: int, concept_id: int = 350) -> int:
        return self.insert(
            "procedure_occurrence", person_id=person, procedure_concept_id=concept_id, procedure_date=on(day)
        )

    def lesion(
        self,
        person: int,
        day: int,
        name: str,
        size: float | None = None,
        *,
        axis: float | None = None,
        operator: int | None = None,
        role: str | None = None,
        state: str | None = None,
        at: datetime | None = None,
    ) -> int:
        """A lesion seen on a day: longest diameter (`size`) or short axis of a node (`axis`) in mm, or a bound of it
        (`operator`), part and state.
        """
        row = self.measurement(person, 330, day, measurement_datetime=at, value_source_value=name)
        for concept, length in ((331, size), (332, axis)):
            if length is not None:
                self.measurement(
                    person,
                    concept,
                    day,
                    measurement_datetime=at,
                    value_as_number=length,
                    operator_concept_id=operator,
                    unit_concept_id=8588,
                    measurement_event_id=row,
                    meas_event_field_concept_id=_MEASUREMENT_FIELD,
                )
        for concept, answer in ((333, ROLES.get(role or "")), (340, STATES.get(state or ""))):
            if answer is not None:
                self.insert(
                    "observation",
                    person_id=person,
                    observation_concept_id=concept,
                    observation_date=on(day),
                    observation_datetime=at,
                    value_as_concept_id=answer,
                    observation_event_id=row,
                    obs_event_field_concept_id=_MEASUREMENT_FIELD,
                )
        return row

    def death(self, person: int, day: int) -> None:
        self.insert("death", person_id=person, death_date=on(day))

    def visit(self, person: int, day: int, end: int | None = None) -> int:
        return self.insert(
            "visit_occurrence",
            person_id=person,
            visit_start_date=on(day),
            visit_end_date=on(day if end is None else end),
        )

    def adverse_event(
        self,
        person: int,
        term: str,
        day: int,
        grade: int | None = None,
        *,
        related: bool | None = None,
        serious: bool | None = None,
    ) -> int:
        row = self.condition(person, TERMS[term], day, condition_source_value=term)
        attributes = {
            400: None if grade is None else 400 + grade,
            410: None if related is None else 411 if related else 412,
            420: None if serious is None else 421 if serious else 422,
        }
        for concept, value in attributes.items():
            if value is not None:
                self.insert(
                    "observation",
                    person_id=person,
                    observation_concept_id=concept,
                    observation_date=on(day),
                    value_as_concept_id=value,
                    observation_event_id=row,
                    obs_event_field_concept_id=_CONDITION_FIELD,
                )
        return row

    def background(self, person: int, born: tuple[int | None, ...] = (1970, 1, 1)) -> None:
        """An adult, seen here, with the disease, spread, and one prior line: all that the combination needs."""
        self.newcomer(person, born)
        self.drug(person, "gamma", -180, -120)

    def newcomer(self, person: int, born: tuple[int | None, ...] = (1970, 1, 1)) -> None:
        """An adult, seen here, with the disease, spread, and no therapy yet."""
        self.person(person, born)
        self.visit(person, -200)
        self.condition(person, 201, -200)
        self.condition(person, 211, -190)

    def member(self, person: int, treated: int = 100) -> None:
        """A patient of the cohort with index on day 0, on both drugs until day `treated`."""
        self.background(person)
        self.drug(person, "alpha", 0, treated)
        self.drug(person, "beta", 0, treated)

    def results(self, cut: date = CUT) -> Results:
        return recompute(self.con, self.registry, data_cut=cut, as_of_run=1)

    def relation(self, name: str, cut: date = CUT) -> pd.DataFrame:
        """One relation about the patients, without the estimates."""
        with Relations(self.con, recompute_parameters(self.registry, cut)) as relations:
            derive(relations, self.registry)
            return relations.frame(name)

    def query(self, name: str, cut: date = CUT) -> pd.DataFrame:
        """The rows of one SELECT about the patients, without the estimates."""
        with Relations(self.con, recompute_parameters(self.registry, cut)) as relations:
            derive(relations, self.registry)
            return relations.query(name)

    def compared(self, cut: date = CUT) -> dict[str, pd.DataFrame]:
        """What the arms of the registry's comparison come to: frames comparison, attrition and cohort."""
        with Relations(self.con, recompute_parameters(self.registry, cut)) as relations:
            derive(relations, self.registry)
            return compare(relations, self.registry)

    def exclusion(self, person: int) -> str | None:
        """The criterion that excluded a person who is alone in the record; None for a member."""
        with Relations(self.con, recompute_parameters(self.registry, CUT)) as relations:
            establish_cohort(relations, self.registry)
            attrition, members = relations.frame("attrition"), relations.frame("cohort_member")
        assert list(members["person_id"]) in ([], [person])
        excluded = attrition.loc[attrition["excluded"] > 0, "criterion"]
        assert len(excluded) + len(members) == 1
        return None if excluded.empty else str(excluded.iloc[0])


def rows(frame: pd.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    """The rows of some columns as tuples, missing values as None."""
    plain = frame[list(columns)].astype(object)
    return list(plain.where(plain.notna(), None).itertuples(index=False, name=None))
