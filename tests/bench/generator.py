"""Writes FHIR R4 resources as a hospital's server exports them, with the many elements that the mapping does not read.

Deterministic: the same count and seed give the same bytes. One type per NDJSON file. Codes come from codes.yaml;
which optional elements a resource has follows from its number, 32 combinations in turn.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import builders, medication_builders
from bench.draw import Draw

# Share of each resource type, as a hospital's oncology wards produce them.
SHARES = {
    "Observation": 0.600,
    "Encounter": 0.100,
    "MedicationRequest": 0.060,
    "MedicationAdministration": 0.060,
    "Condition": 0.040,
    "Procedure": 0.040,
    "MedicationDispense": 0.030,
    "MedicationStatement": 0.030,
    "AdverseEvent": 0.020,
    "Patient": 0.015,
    "Medication": 0.005,
}

BUILDERS: dict[str, Callable[[Draw], dict[str, Any]]] = {
    "Observation": builders.observation,
    "Encounter": builders.encounter,
    "MedicationRequest": medication_builders.medication_request,
    "MedicationAdministration": medication_builders.medication_administration,
    "Condition": builders.condition,
    "Procedure": builders.procedure,
    "MedicationDispense": medication_builders.medication_dispense,
    "MedicationStatement": medication_builders.medication_statement,
    "AdverseEvent": builders.adverse_event,
    "Patient": builders.patient,
    "Medication": medication_builders.medication,
}


def counts(total: int) -> dict[str, int]:
    """Resources of each type; what rounding leaves goes to the largest."""
    of = {name: int(total * share) for name, share in SHARES.items()}
    of["Observation"] += total - sum(of.values())
    return of


def resource(resource_type: str, number: int, of: dict[str, int], seed: int = 0) -> dict[str, Any]:
    """The number-th resource of a type, in a hospital with so many of each."""
    draw = Draw(random.Random(f"{seed} {resource_type} {number}"), resource_type, number, of)
    return {"resourceType": resource_type, **draw.common(), **BUILDERS[resource_type](draw)}


def write(folder: Path, total: int, seed: int = 0, bad_lines: int = 0) -> None:
    """One `<Type>.ndjson` per type; bad_lines truncated lines are spread over the largest file."""
    of = counts(total)
    folder.mkdir(parents=True)
    for resource_type, count in of.items():
        bad = _spread(bad_lines, count) if resource_type == "Observation" else set()
        with (folder / f"{resource_type}.ndjson").open("w", encoding="utf-8", newline="\n") as file:
            for number in range(count):
                line = json.dumps(resource(resource_type, number, of, seed), ensure_ascii=False)
                if number in bad:
                    file.write(line[: len(line) // 2] + "\n")
                file.write(line + "\n")


def _spread(some: int, count: int) -> set[int]:
    return {(i + 1) * count // (some + 1) for i in range(some)}
