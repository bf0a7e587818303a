"""The benchmark's input: deterministic, varied, valid FHIR R4, in the declared shares."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from bench.generator import SHARES, Hospital, resource, write

OF = Hospital(100_000).counts
# One of every combination of optional elements, twice over.
SAMPLE = 64


def pattern(value: Any) -> Any:
    """The elements of a resource and how they nest, without their values; two lists of one shape are one pattern."""
    if isinstance(value, dict):
        return tuple((key, pattern(inner)) for key, inner in sorted(value.items()))
    return tuple(sorted({repr(pattern(inner)) for inner in value})) if isinstance(value, list) else ""


def test_shares_are_a_hospital() -> None:
    assert sum(OF.values()) == 100_000
    assert OF["Observation"] == 60_000
    assert (OF["Patient"], OF["Encounter"], OF["AdverseEvent"], OF["Medication"]) == (1_500, 10_000, 2_000, 500)


@pytest.mark.parametrize("resource_type", SHARES)
def test_at_least_20_patterns_per_type(resource_type: str) -> None:
    made = [resource(resource_type, number, OF) for number in range(SAMPLE)]
    assert len({pattern(one) for one in made}) >= 20


@pytest.mark.parametrize("resource_type", SHARES)
def test_every_pattern_is_valid_fhir(resource_type: str) -> None:
    model = get_fhir_model_class(resource_type)
    for number in range(SAMPLE):
        model.model_validate(resource(resource_type, number, OF))


def test_the_same_parameters_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write(tmp_path / name, Hospital(500, seed=7))
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()


def test_bad_lines_are_added_to_the_good_ones(tmp_path: Path) -> None:
    write(tmp_path / "bad", Hospital(500), bad_lines=2)
    lines = (tmp_path / "bad" / "Observation.ndjson").read_text(encoding="utf-8").splitlines()
    assert len(lines) == Hospital(500).counts["Observation"] + 2

    def readable(line: str) -> bool:
        try:
            return bool(json.loads(line))
        except ValueError:
            return False

    assert [number for number, line in enumerate(lines, start=1) if not readable(line)] == [101, 202]


def test_a_lean_hospital_keeps_what_is_read(tmp_path: Path) -> None:
    write(tmp_path / "lean", Hospital(2_000, lean=True))
    written = [line for file in (tmp_path / "lean").iterdir() for line in file.read_text("utf-8").splitlines()]
    assert 600 < sum(map(len, written)) / len(written) < 900
    for line in written[:: len(written) // 64]:
        made = json.loads(line)
        get_fhir_model_class(made["resourceType"]).model_validate(made)
        assert not {"text", "identifier", "extension", "name"} & made.keys()


def test_a_night_changes_one_in_a_hundred(tmp_path: Path) -> None:
    def observations(night: int) -> dict[str, Any]:
        write(tmp_path / str(night), Hospital(2_000, night=night))
        lines = (tmp_path / str(night) / "Observation.ndjson").read_text(encoding="utf-8").splitlines()
        return {made["id"]: made for made in map(json.loads, lines)}

    before, first, second = map(observations, range(3))
    assert (len(before), len(first), len(second)) == (1_200, 12, 12)
    assert first.keys() < before.keys()
    assert not first.keys() & second.keys()
    assert {made["meta"]["versionId"] for made in second.values()} == {"3"}
    assert all(made != before[name] for name, made in first.items())
