"""The fictional patients that a registry brings: patients.yaml of its folder -> FHIR resources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from onco_etl.errors import ConfigurationError

FILE = "patients.yaml"
Json = dict[str, Any]


@dataclass(frozen=True)
class FictionalPatients:
    """FHIR resource templates by name, and by patient the values of each template that is written for them.

    data_cut: until when events count; None: the registry's usual one.
    """

    templates: Mapping[str, Json]
    patients: Mapping[str, Mapping[str, Any]]
    data_cut: date | None = None

    def resources(self) -> Iterator[Json]:
        """Every resource, patient by patient; the same file gives the same. Raises ConfigurationError."""
        for patient, record in self.patients.items():
            counters: Counter[str] = Counter()
            for template, values in record.items():
                if template not in self.templates:
                    raise ConfigurationError(f"{FILE}: patients.{patient}: no template {template!r}")
                for one in _times(values, f"{FILE}: patients.{patient}.{template}"):
                    counters[template] += 1
                    yield self._resource(patient, template, counters[template], one)

    def _resource(self, patient: str, template: str, number: int, values: Json) -> Json:
        shape = self.templates[template]
        own = shape.get("resourceType") == "Patient"
        known = {**values, "patient": {"reference": f"Patient/{patient}"}}
        return {**_filled(shape, known), "id": patient if own else f"{patient}-{template}-{number}"}


def read_patients(folder: Path) -> FictionalPatients:
    """The patients of a registry's folder. Raises ConfigurationError where it brings none, or none that can be read."""
    path = folder / FILE
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(f"registry {folder.name!r} brings no fictional patients ({FILE})") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{FILE}: not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(found, dict) or not {"templates", "patients"} <= set(found) <= {
        "templates",
        "patients",
        "data_cut",
    }:
        raise ConfigurationError(f"{FILE}: expected 'templates', 'patients' and, if wanted, 'data_cut'")
    return FictionalPatients(found["templates"], found["patients"], found.get("data_cut"))


def _times(values: Any, place: str) -> Iterator[Json]:
    """The values of each resource of a template: one, several, or one again and again."""
    for value in values if isinstance(values, list) else [values]:
        one = dict(value) if isinstance(value, dict) else {"date": value}
        times, every = one.pop("times", 1), timedelta(days=one.pop("every", 0))
        if times > 1 and not isinstance(one.get("date"), date):
            raise ConfigurationError(f"{place}: 'times' needs a 'date'")
        for turn in range(times):
            yield {**one, "date": one["date"] + turn * every} if turn else one


def _filled(shape: Any, values: Json) -> Any:
    """A template with its values; None, and left out of what holds it, where a value is missing."""
    if isinstance(shape, dict):
        filled = {key: _filled(part, values) for key, part in shape.items()}
        return {key: part for key, part in filled.items() if part is not None}
    if isinstance(shape, list):
        return [_filled(part, values) for part in shape]
    if isinstance(shape, str) and shape.startswith("$"):
        value = values.get(shape[1:])
        return value.isoformat() if isinstance(value, date) else value
    return shape
