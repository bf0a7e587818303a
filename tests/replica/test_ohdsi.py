"""OHDSI's own tools on a copy of the published file: Achilles, and cohorts as ATLAS defines them (by duckcdm)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from replica.atlas import AFTER, BEFORE, above, concept, concept_set, days, entry, event, rule
from replica.nights import Demo

WHY = "duckcdm is not installed"
MALE, FEMALE = 8507, 8532
FATIGUE, HYPERTENSION, LUNG_METASTASIS = 4223659, 316866, 254591
SUM_OF_DIAMETERS, DRUG, OTHER_DRUG, INPATIENT = 2000000010, 2000000001, 1338512, 9201


@dataclass(frozen=True)
class Case:
    """A cohort definition, the same question in SQL, and how many persons both find."""

    definition: str
    sql: str
    persons: int


def _first(table: str, date: str, where: str) -> str:
    return f"SELECT person_id, min({date}) AS day FROM cdm.{table} WHERE {where} GROUP BY person_id"


_DRUG = _first("drug_exposure", "drug_exposure_start_date", f"drug_concept_id = {DRUG}")
_LUNG = _first("condition_occurrence", "condition_start_date", f"condition_concept_id = {LUNG_METASTASIS}")

CASES = {
    "a drug, ever": Case(
        entry(event("DrugExposure", CodesetId=0), sets=[concept_set(0, DRUG)]),
        f"SELECT DISTINCT person_id FROM cdm.drug_exposure WHERE drug_concept_id = {DRUG}",
        261,
    ),
    "a drug and its descendants, women": Case(
        entry(
            event("DrugExposure", CodesetId=0, Gender=[concept(FEMALE)]), sets=[concept_set(0, DRUG, descendants=True)]
        ),
        f"SELECT DISTINCT person_id FROM cdm.drug_exposure JOIN cdm.person USING (person_id) "
        f"WHERE drug_concept_id = {DRUG} AND gender_concept_id = {FEMALE}",
        138,
    ),
    "either of two conditions": Case(
        entry(
            event("ConditionOccurrence", CodesetId=0),
            event("ConditionOccurrence", CodesetId=1),
            sets=[concept_set(0, FATIGUE), concept_set(1, HYPERTENSION)],
        ),
        f"SELECT DISTINCT person_id FROM cdm.condition_occurrence "
        f"WHERE condition_concept_id IN ({FATIGUE}, {HYPERTENSION})",
        144,
    ),
    "a condition from the year of the sixtieth birthday": Case(
        entry(
            event("ConditionOccurrence", CodesetId=0, First=False, Age=above(60, "gte")),
            sets=[concept_set(0, HYPERTENSION)],
        ),
        f"SELECT DISTINCT person_id FROM cdm.condition_occurrence JOIN cdm.person USING (person_id) "
        f"WHERE condition_concept_id = {HYPERTENSION} AND year(condition_start_date) - year_of_birth >= 60",
        31,
    ),
    "a measurement above a value": Case(
        entry(
            event("Measurement", CodesetId=0, First=False, ValueAsNumber=above(150)),
            sets=[concept_set(0, SUM_OF_DIAMETERS)],
        ),
        f"SELECT DISTINCT person_id FROM cdm.measurement "
        f"WHERE measurement_concept_id = {SUM_OF_DIAMETERS} AND value_as_number > 150",
        32,
    ),
    "death of a man": Case(
        entry({"Death": {"Gender": [concept(MALE)]}}, sets=[]),
        f"SELECT person_id FROM cdm.death JOIN cdm.person USING (person_id) WHERE gender_concept_id = {MALE}",
        51,
    ),
    "a drug after another one": Case(
        entry(
            event("DrugExposure", CodesetId=0),
            sets=[concept_set(0, DRUG), concept_set(1, OTHER_DRUG)],
            InclusionRules=[
                rule({"DrugExposure": {"CodesetId": 1}}, at_least=1, start=BEFORE, end=days(1, BEFORE)),
            ],
        ),
        f"SELECT DISTINCT first.person_id FROM ({_DRUG}) AS first JOIN cdm.drug_exposure AS other USING (person_id) "
        f"WHERE other.drug_concept_id = {OTHER_DRUG} AND other.drug_exposure_start_date < first.day",
        145,
    ),
    "a condition without a stay in hospital in the month after it": Case(
        entry(
            event("ConditionOccurrence", CodesetId=0),
            sets=[concept_set(0, LUNG_METASTASIS), concept_set(1, INPATIENT)],
            InclusionRules=[
                rule({"VisitOccurrence": {"CodesetId": 1}}, exactly=0, start=days(0, BEFORE), end=days(30, AFTER)),
            ],
        ),
        f"SELECT person_id FROM ({_LUNG}) AS first WHERE NOT EXISTS ("
        f"FROM cdm.visit_occurrence AS stay WHERE stay.person_id = first.person_id "
        f"AND visit_concept_id = {INPATIENT} AND visit_start_date BETWEEN first.day AND first.day + 30)",
        9,
    ),
}


@pytest.fixture(name="copy", scope="module")
def _copy(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy of the published file, for tools that write beside what they read."""
    file = tmp_path_factory.mktemp("ohdsi") / "copy.duckdb"
    shutil.copyfile(Path(demo.site.published), file)
    with duckdb.connect(file) as con:
        con.execute("CREATE SCHEMA atlas")
        con.execute(
            "CREATE TABLE atlas.cohort (cohort_definition_id BIGINT, subject_id BIGINT, cohort_start_date DATE, "
            "cohort_end_date DATE)"
        )
        yield con


def test_every_analysis_of_achilles_runs(copy: duckdb.DuckDBPyConnection) -> None:
    achilles: Any = pytest.importorskip("duckcdm.achilles", reason=WHY)
    done, failed = achilles.run_achilles(
        copy, cdm_schema="cdm", results_schema="achilles", cdm_version="5.4", small_cell_count=None, log=None
    )
    assert failed == []
    assert done == achilles.available()
    assert len(done) == 110
    # 1: persons; 2: by sex; 400: persons by condition; 700: persons by drug.
    found = copy.execute(
        """
        SELECT analysis_id, stratum_1, count_value FROM achilles.achilles_results
        WHERE analysis_id IN (1, 2) OR (analysis_id, stratum_1) IN ((400, $1), (700, $2)) ORDER BY ALL
        """,
        [str(FATIGUE), str(DRUG)],
    ).fetchall()
    assert found == [
        (1, None, 388),
        (2, "8507", 188),
        (2, "8532", 200),
        (400, "4223659", 111),
        (700, "2000000001", 261),
    ]


@pytest.mark.parametrize("name", CASES)
def test_a_cohort_of_atlas_has_the_persons_that_sql_finds(copy: duckdb.DuckDBPyConnection, name: str) -> None:
    circe: Any = pytest.importorskip("duckcdm.circe", reason=WHY)
    sqlrender: Any = pytest.importorskip("duckcdm.sqlrender", reason=WHY)
    case, number = CASES[name], list(CASES).index(name)
    query = circe.build_cohort_query(
        case.definition,
        cdm_schema="cdm",
        vocabulary_schema="cdm",
        target_table="atlas.cohort",
        result_schema="atlas",
        cohort_id=number,
        generate_stats=False,
    )
    for statement in sqlrender.split_sql(sqlrender.translate(sqlrender.render(query), "duckdb")):
        copy.execute(statement)
    found = copy.execute("SELECT DISTINCT subject_id FROM atlas.cohort WHERE cohort_definition_id = $1", [number])
    persons = {person for (person,) in found.fetchall()}
    assert persons == {person for (person,) in copy.execute(case.sql).fetchall()}
    assert len(persons) == case.persons
