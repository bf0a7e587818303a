"""docs/analysts.md: each question's SQL gives what it says, on the demo's published file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import pytest

from replica.nights import Demo
from support.repository import ROOT

DOCUMENT = (ROOT / "docs/analysts.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"### ([^\n]+)\n(?:(?!###).)*?```sql\n(.*?)```", DOCUMENT, re.DOTALL))


@dataclass(frozen=True)
class Answer:
    """Columns of an answer, how many rows it has (None: some), and the first, cut to what tells; to 3 places."""

    columns: str
    count: int | None
    rows: list[tuple[Any, ...]]


ANSWERS = {
    "Which drugs did a cohort take in the regimen that it is about?": Answer(
        "registry cohort drug patients exposures first_taken last_taken",
        29,
        [
            ("Anlotinib plus PD-1 inhibitor", "anlotinib", 32, 255, date(2018, 9, 7)),
            ("Anlotinib plus PD-1 inhibitor", "sintilimab", 17, 200, date(2018, 11, 26)),
        ],
    ),
    "How many responded (ORR, DCR)?": Answer(
        "registry measure x n estimate lower upper ci_level ci_method",
        2,
        [("orr", 11, 32, 0.344, 0.186, 0.532, 0.95), ("dcr", 27, 32, 0.844, 0.672, 0.947, 0.95)],
    ),
    "What does the curve of progression-free survival look like?": Answer(
        "registry time_days at_risk events censored survival lower upper",
        31,
        [(0, 32, 0, 0, 1, 1, 1), (46, 32, 1, 0, 0.969, 0.798, 0.996)],
    ),
    "Which adverse events, and how bad?": Answer(
        "registry term grade_1_2 grade_3_or_more patients", 13, [("Fatigue", 19, 4, 32), ("Diarrhea", 8, 3, 32)]
    ),
    "How did the cohort come about?": Answer(
        "registry cohort step label excluded remaining",
        39,
        [
            ("anlotinib_pd1", 0, "Any record of the registry's disease or drugs", 0, 368),
            ("anlotinib_pd1", 1, "No anlotinib taken", 107, 261),
        ],
    ),
    "What is not mapped?": Answer(
        "cdm_table field source_value row_count", None, [("drug_exposure", "route_concept_id", "47625008", 2571)]
    ),
    "Where does this row come from?": Answer(
        "resource_type resource_key version_no received_run slot derivation mapping_file run_from vocabulary_release",
        1,
        [("Condition",)],
    ),
    "What was measured of one person, over time?": Answer(
        "measurement_date measured value_as_number answer unit", 56, [(date(2018, 3, 21), "metastasis to lung", None)]
    ),
}


def _ask(demo: Demo, question: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    with duckdb.connect(demo.site.published, read_only=True) as con:
        found = con.execute(BLOCKS[question])
        return [column[0] for column in found.description], found.fetchall()


def test_the_document_answers_ten_questions() -> None:
    assert len(BLOCKS) == DOCUMENT.count("```sql") == 10
    assert set(ANSWERS) < set(BLOCKS)


@pytest.mark.parametrize("question", ANSWERS)
def test_an_answer_has_the_columns_and_rows_that_it_had(demo: Demo, question: str) -> None:
    expected = ANSWERS[question]
    columns, rows = _ask(demo, question)
    assert columns == expected.columns.split()
    assert len(rows) == (expected.count or len(rows)) > 0
    # The registry's name stands first where there are registries.
    skip = int(columns[0] == "registry")
    shown = [tuple(round(v, 3) if isinstance(v, float) else v for v in row[skip:]) for row in rows]
    assert [row[: len(told)] for row, told in zip(shown, expected.rows, strict=False)] == expected.rows


def test_patients_by_sex_and_age_are_all_patients(demo: Demo) -> None:
    columns, rows = _ask(demo, "How many patients, by sex and age?")
    assert columns == ["sex", "age_from", "patients"]
    by_sex = {sex: sum(row[2] for row in rows if row[0] == sex) for sex in ("female", "male")}
    assert by_sex == {"female": 200, "male": 188}
    assert {age % 10 for _, age, _ in rows} == {0}


def test_the_file_says_of_which_day_and_run_it_is(demo: Demo) -> None:
    columns, rows = _ask(demo, "Of which day and which run is this?")
    assert columns == [
        "published_run", "received_until", "registry", "data_cut", "known_at_run", "vocabulary_version", "software",
    ]  # fmt: skip
    ((run, received, _, cut, known, vocabulary, software),) = rows
    assert (run, cut, known, vocabulary) == (3, date(2022, 5, 31), 2, "starter maps")
    assert isinstance(received, date)
    assert software.startswith("onco-registry ")
