"""Writes FHIR R4 resources as a hospital's server exports them, with the many elements that the mapping does not read.

Deterministic: the same parameters give the same bytes. One type per NDJSON file. Codes come from codes.yaml;
which optional elements a resource has follows from its number, 32 combinations in turn.
"""

from __future__ import annotations

import itertools
import json
import os
import random
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
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
# What a lean resource goes without, below any of its elements: about 0.7 kB are left of 2.1 kB.
_UNREAD = {
    *("text", "extension", "identifier", "note", "performer", "participant", "interpretation", "specimen", "method"),
    *("device", "basedOn", "recorder", "photo", "contact", "telecom", "name", "serviceType", "serviceProvider"),
    *("location", "length", "display", "source", "tag", "requester", "userSelected", "maritalStatus"),
    *("managingOrganization", "priority"),
}
# Resources per piece of work of a process.
_CHUNK = 10_000


@dataclass(frozen=True)
class Hospital:
    """What is generated: so many resources; `lean` ones have little that is not read; `night` 1, 2, ... changes 1 %."""

    total: int
    seed: int = 0
    lean: bool = False
    night: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """Resources of each type; what rounding leaves goes to the largest."""
        of = {name: int(self.total * share) for name, share in SHARES.items()}
        of["Observation"] += self.total - sum(of.values())
        return of

    def at(self, night: int) -> Hospital:
        """The same hospital in a night after the full load."""
        return replace(self, night=night)

    def numbers(self, resource_type: str) -> range:
        """Which resources of a type are written: all of them, or those that change in a night."""
        count = self.counts[resource_type]
        return range(self.night * 37 % 100, count, 100) if self.night else range(count)


def resource(resource_type: str, number: int, of: dict[str, int], seed: int | str = 0) -> dict[str, Any]:
    """The number-th resource of a type, in a hospital with so many of each."""
    draw = Draw(random.Random(f"{seed} {resource_type} {number}"), resource_type, number, of)
    return {"resourceType": resource_type, **draw.common(), **BUILDERS[resource_type](draw)}


def write(folder: Path, hospital: Hospital, bad_lines: int = 0) -> None:
    """One `<Type>.ndjson` per type; bad_lines truncated lines are spread over the largest file."""
    folder.mkdir(parents=True)
    with ProcessPoolExecutor(os.cpu_count()) as processes:
        for resource_type, count in hospital.counts.items():
            bad = _spread(bad_lines, count) if resource_type == "Observation" else set()
            numbers = hospital.numbers(resource_type)
            pieces = [numbers[first : first + _CHUNK] for first in range(0, len(numbers), _CHUNK)]
            made = processes.map(_lines, itertools.repeat(hospital), itertools.repeat(resource_type), pieces)
            with (folder / f"{resource_type}.ndjson").open("w", encoding="utf-8", newline="\n") as file:
                file.writelines(_spoiled(itertools.chain.from_iterable(made), bad))


def _lines(hospital: Hospital, resource_type: str, numbers: Iterable[int]) -> list[str]:
    of = hospital.counts
    return [_line(hospital, resource_type, number, of) for number in numbers]


def _line(hospital: Hospital, resource_type: str, number: int, of: dict[str, int]) -> str:
    seed = f"{hospital.seed} night {hospital.night}" if hospital.night else hospital.seed
    made = resource(resource_type, number, of, seed)
    if hospital.night:
        made["meta"] |= {"versionId": str(hospital.night + 1), "lastUpdated": f"2030-01-{hospital.night:02d}T01:00:00Z"}
    if hospital.lean:
        return json.dumps(_lean(made), ensure_ascii=False, separators=(",", ":")) + "\n"
    return json.dumps(made, ensure_ascii=False) + "\n"


def _lean(value: Any) -> Any:
    """Without what is not read, and with one coding of each CodeableConcept."""
    if isinstance(value, dict):
        # What no code stands for is said in words.
        unread = _UNREAD - {"text"} if value.keys() == {"text"} else _UNREAD
        return {
            name: _lean(inner[:1] if name == "coding" else inner) for name, inner in value.items() if name not in unread
        }
    return [_lean(inner) for inner in value] if isinstance(value, list) else value


def _spoiled(lines: Iterable[str], bad: set[int]) -> Iterator[str]:
    """The lines, with the first half of some of them before them."""
    for number, line in enumerate(lines):
        if number in bad:
            yield line[: len(line) // 2] + "\n"
        yield line


def _spread(some: int, count: int) -> set[int]:
    return {(i + 1) * count // (some + 1) for i in range(some)}
