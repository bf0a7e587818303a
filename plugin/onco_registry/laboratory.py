"""Laboratory results graded by the numbers of CTCAE v5.0: the rules of mappings/laboratory_grades.csv."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from onco_etl.errors import ConfigurationError
from onco_registry.relations import Relations
from onco_registry.safety_model import Laboratory
from onco_registry.units import unit_concepts

RULES = "laboratory_grades.csv"
# What the baseline must be for a row to apply: normal or abnormal in the term's direction, or only known.
BASELINES = ("", "normal", "abnormal", "known")
_COMPARATORS = {"high": (">", ">=", "="), "low": ("<", "<=", "=")}


@dataclass(frozen=True, slots=True)
class GradeRule:
    """A result is at least of `grade` where it is beyond factor x reference (uln, lln, baseline; None: a number),
    or where its answer is `answer`. No unit: any, for the reference is in the result's own.
    """

    term: str
    concept_set: str
    baseline: str
    unit_concept_id: int | None
    grade: int
    comparator: str
    factor: Decimal | None = None
    reference: str | None = None
    answer_set: str | None = None
    answer: str | None = None


@cache
def grade_rules() -> tuple[GradeRule, ...]:
    """The rules that come with the engine. Raises ConfigurationError with file, line and column."""
    with as_file(files("onco_mappings").joinpath(RULES)) as path:
        return read_rules(path)


def read_rules(path: Path) -> tuple[GradeRule, ...]:
    """The rules of a CSV file, in its order. Raises ConfigurationError with file, line and column."""
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        return tuple(rule for row in reader for rule in _rules(row, f"{path.name} line {reader.line_num}"))


def measurements() -> Collection[str]:
    """The concept sets that have rules."""
    return dict.fromkeys(rule.concept_set for rule in grade_rules())


def _rules(row: Mapping[str, str], place: str) -> Iterator[GradeRule]:
    if row["direction"] not in _COMPARATORS:
        raise ConfigurationError(f"{place}: direction: expected high or low, found {row['direction']!r}")
    if row["baseline"] not in BASELINES:
        raise ConfigurationError(f"{place}: baseline: unknown {row['baseline']!r}")
    for grade in range(1, 5):
        text = row[f"grade_{grade}"]
        for unit in _units(row["unit"], place) if text else ():
            common = (row["term"], row["concept_set"], row["baseline"], unit, grade)
            for condition in _conditions(text, row, f"{place}: grade_{grade}"):
                yield GradeRule(*common, **condition)


def _units(codes: str, place: str) -> list[int | None]:
    unknown = [code for code in codes.split() if code not in unit_concepts()]
    if unknown:
        raise ConfigurationError(f"{place}: unit: {unknown[0]!r} is not in units.csv")
    return [unit_concepts()[code] for code in codes.split()] or [None]


def _conditions(text: str, row: Mapping[str, str], place: str) -> list[dict[str, Any]]:
    """'> 3 ULN' is one condition; '= 2+ 3+' is one for each answer."""
    comparator, _, rest = text.partition(" ")
    if comparator not in _COMPARATORS[row["direction"]]:
        raise ConfigurationError(f"{place}: {text!r} does not begin as direction {row['direction']} does")
    if comparator == "=":
        return [{"comparator": "=", "answer_set": row["answers"], "answer": answer} for answer in rest.split()]
    match = re.fullmatch(r"(\d+(?:\.\d+)?)? ?(ULN|LLN|baseline)?", rest)
    if match is None or not rest:
        raise ConfigurationError(f"{place}: {text!r} is no threshold such as '> 3 ULN'")
    return [{"comparator": comparator, "factor": Decimal(match[1] or 1), "reference": match[2] and match[2].lower()}]


def grade_laboratory(relations: Relations, rules: Laboratory | None) -> None:
    """Make `laboratory_result`, `laboratory_graded`, `laboratory_grade`; empty without rules."""
    chosen = [rule for rule in grade_rules() if rules and rule.concept_set in rules.measurements]
    relations.declare(
        "laboratory_rule",
        {
            "term": "VARCHAR",
            "concept_set": "VARCHAR",
            "baseline": "VARCHAR",
            "unit_concept_id": "INTEGER",
            "grade": "INTEGER",
            "comparator": "VARCHAR",
            "factor": "DECIMAL(12, 4)",
            "reference": "VARCHAR",
            "answer_set": "VARCHAR",
            "answer": "VARCHAR",
        },
        [
            (
                rule.term, rule.concept_set, rule.baseline, rule.unit_concept_id, rule.grade, rule.comparator,
                rule.factor, rule.reference, rule.answer_set, rule.answer,
            )
            for rule in chosen
        ],
    )  # fmt: skip
    for name in ("laboratory_result", "laboratory_graded", "laboratory_grade"):
        relations.create(name)
