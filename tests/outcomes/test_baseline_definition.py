"""The sections `baseline` and `imaging`: what is declared wrong is refused with file, line and key path."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from onco_etl.errors import ConfigurationError
from onco_registry.baseline_model import BaselineItem, Imaging
from onco_registry.definition import load_registry
from onco_registry.registry_model import RegistryDefinition

Amended = Callable[..., RegistryDefinition]


@pytest.mark.parametrize(
    ("keys", "refusal"),
    [
        ("name: a, label: A, kind: ages", "baseline[0].kind: unknown kind 'ages'; did you mean 'age'?"),
        ("name: a, kind: age", "baseline[0]: key 'label' is missing"),
        ("name: a, label: A, kind: age, bin: {1: b}", "baseline[0].bin: unknown key 'bin'; did you mean 'bins'?"),
        ("name: a, label: A, kind: age, concept_set: sites", "baseline[0].concept_set: unknown key 'concept_set'"),
        ("name: a, label: A, kind: age, bins: {young: b}", "baseline[0].bins.young: expected the lowest whole number"),
        ("name: a, label: A, kind: age, bins: {1: b, 2: b}", "baseline[0].bins.2: the label of another bin"),
        ("name: a, label: A, kind: age, bins: {1: missing}", "baseline[0]: a level may not be called 'missing'"),
        ("name: a, label: A, kind: category", "baseline[0]: key 'concept_set' is missing"),
        (
            "name: a, label: A, kind: category, concept_set: site",
            "baseline[0].concept_set: unknown concept set 'site'; did you mean 'sites'?",
        ),
        (
            "name: a, label: A, kind: interval, from: sites, to: spreads",
            "baseline[0].to: unknown concept set 'spreads'; did you mean 'spread'?",
        ),
        (
            "name: a, label: A, kind: answer, question: marker, answers: marks",
            "baseline[0].answers: unknown concept set 'marks'",
        ),
        ("name: a, label: A, kind: stratum, stratum: type", "baseline[0].stratum: unknown stratum 'type'"),
        (
            "name: a, label: A, kind: measurement, concept_set: weight, within_days: 28, unit: stone",
            "baseline[0].unit: unknown unit 'stone'",
        ),
        (
            "name: a, label: A, kind: measurement, concept_set: weight, within_days: -1",
            "baseline[0].within_days: expected at least 0, found -1",
        ),
        (
            "name: a, label: A, kind: ordinal, concept_set: weight, within_days: 28",
            "baseline[0]: key 'bins' is missing",
        ),
    ],
)
def test_refused_with_place(folder: Path, keys: str, refusal: str) -> None:
    path = folder / "registry.yaml"
    text = path.read_text(encoding="utf-8") + "\nbaseline:\n"
    line = len(text.splitlines()) + 1
    path.write_text(f"{text}  - {{{keys}}}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError) as refused:
        load_registry(folder)
    assert str(refused.value).startswith(f"registry.yaml line {line}: {refusal}")


def test_a_variable_given_twice(amended: Amended) -> None:
    more = "\nbaseline:\n  - {name: a, label: A, kind: age}\n  - {name: a, label: B, kind: age}\n"
    with pytest.raises(ConfigurationError, match=r"baseline\[1\]: variable 'a' given twice"):
        amended(more=more)


def test_what_is_declared(amended: Amended) -> None:
    more = """
baseline:
  - {name: a, label: A, kind: age, bins: {65: old, 18: young}}
  - {name: b, label: B, kind: stratum, stratum: agent}
  - {name: c, label: C, kind: answer, question: marker, answers: marker_answers, within_days: 90}
  - {name: d, label: D, kind: measurement, concept_set: weight, within_days: 28, unit: mg}
imaging: {interval_days: 56, tolerance_days: 28}
"""
    found = amended(more=more)
    assert found.baseline == (
        BaselineItem("a", "age", "A", {"young": 18, "old": 65}, unit="years"),
        BaselineItem(
            "b", "stratum", "B", {"Beta one": None, "Beta two": None}, "agent", shows_empty=False, recorded=True
        ),
        BaselineItem(
            "c", "answer", "C", {"Negative": None, "Positive": None}, "marker", "marker_answers", within_days=90
        ),
        BaselineItem("d", "measurement", "D", {}, "weight", within_days=28, unit="mg", unit_concept_id=8576),
    )
    assert found.imaging == Imaging(interval_days=56, tolerance_days=28)


def test_the_schedule_is_that_of_the_missed_assessments(amended: Amended) -> None:
    refusal = (
        r"imaging: two intervals and the tolerance are 141 days, but endpoint 'pfs_missed_assessments' has"
        r" maximum_gap_days 140"
    )
    with pytest.raises(ConfigurationError, match=refusal):
        amended(more="\nimaging: {interval_days: 56, tolerance_days: 29}\n")
