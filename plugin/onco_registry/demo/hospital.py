"""The fictional hospital: builds every chart and writes the two nights as NDJSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random

from fhir.resources.R4B import get_fhir_model_class

from onco_registry.demo.catalogue import Catalogue, Json, load_catalogue, replica_plans
from onco_registry.demo.chart import DATA_CUT, FIRST_NIGHT, TIMEZONE, Chart
from onco_registry.demo.others import other_chart
from onco_registry.demo.replica import replica_chart
from onco_registry.demo.therapy import medication

REPLICA = "replica"


@dataclass(frozen=True)
class HospitalSummary:
    """What was written.

    ``initial`` and ``corrections`` are the folders of the two nights. ``patients`` counts patients by group:
    ``replica``, and the groups of groups.yaml, each named after what it fails. ``resources`` and ``corrected`` count
    the lines of the two nights by resource type.
    """

    initial: Path
    corrections: Path
    patients: Mapping[str, int]
    resources: Mapping[str, int]
    corrected: Mapping[str, int]
    timezone: str = TIMEZONE
    data_cut: date = DATA_CUT


def build_hospital(out: Path, *, seed: int = 20220531) -> HospitalSummary:
    """Write ``out/initial/<Type>.ndjson`` and ``out/corrections/<Type>.ndjson``; the same seed gives the same bytes.

    Every resource is checked against its fhir.resources R4B model before it is written.
    """
    catalogue = load_catalogue()
    charts = list(_charts(catalogue, seed))
    first = [*_medications(catalogue, seed), *(resource for _, chart in charts for resource in chart.first)]
    second = [resource for _, chart in charts for resource in chart.second]
    return HospitalSummary(
        initial=out / "initial",
        corrections=out / "corrections",
        patients=dict(Counter(group for group, _ in charts)),
        resources=write_ndjson(out / "initial", first),
        corrected=write_ndjson(out / "corrections", second),
    )


def _charts(catalogue: Catalogue, seed: int) -> Iterator[tuple[str, Chart]]:
    """(group, chart) of every patient: the replica patients p001 to p032 first."""
    turn = 0
    for turn, plan in enumerate(replica_plans(), start=1):
        chart = _chart(catalogue, turn, seed)
        replica_chart(plan, chart)
        yield REPLICA, chart
    usual = catalogue.groups["usual"]
    for group, spelling in catalogue.groups["groups"].items():
        for number in range(spelling["count"]):
            turn += 1
            chart = _chart(catalogue, turn, seed)
            variants = spelling["variants"]
            other_chart({**usual, **variants[number % len(variants)]}, chart)
            yield group, chart


def _chart(catalogue: Catalogue, turn: int, seed: int) -> Chart:
    patient = f"p{turn:03d}"
    # Seeded per patient, so that a change in one chart leaves the others as they are.
    return Chart(patient, turn, Random(f"{seed}/{patient}"), catalogue)


def _medications(catalogue: Catalogue, seed: int) -> Iterator[Json]:
    """The hospital's Medication resources, which some infusions refer to."""
    chart = _chart(catalogue, 0, seed)
    for drug in catalogue.drugs["drugs"]:
        shared = medication(chart, drug)
        body = {"status": "active", "code": catalogue.drug_concept(drug, 0)}
        yield chart.add("Medication", "med", FIRST_NIGHT, body) | {"id": shared["id"]}


def write_ndjson(folder: Path, resources: Iterable[Json]) -> dict[str, int]:
    """Write one file per resource type, one checked resource per line; returns the number of lines by type."""
    lines: dict[str, list[str]] = {}
    for resource in resources:
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)
        text = json.dumps(resource, ensure_ascii=False, separators=(",", ":"))
        lines.setdefault(resource["resourceType"], []).append(text)
    folder.mkdir(parents=True, exist_ok=True)
    for resource_type, texts in lines.items():
        (folder / f"{resource_type}.ndjson").write_text("\n".join(texts) + "\n", encoding="utf-8")
    return {resource_type: len(lines[resource_type]) for resource_type in sorted(lines)}
