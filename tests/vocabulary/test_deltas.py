"""Nights and releases in any order leave what one load of everything under the last release leaves."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from onco_etl import cdm, pipeline, vocabulary, workspace
from onco_etl.settings import EtlSettings
from support.athena import concept, related, write

SNOMED, RXNORM = "http://snomed.info/sct", "http://www.nlm.nih.gov/research/umls/rxnorm"
CODED = {
    "measurement": "measurement",
    "observation": "observation",
    "condition_occurrence": "condition",
    "drug_exposure": "drug",
}


def download(folder: Path, release: str) -> Path:
    """Codes move between domains, lose and gain targets and values from one release to the other."""
    old = release == "old"
    concepts = [
        concept(9001, "a", domain="Condition" if old else "Measurement"),
        concept(9002, "b", standard="S" if old else "", invalid="" if old else "U"),
        concept(9003, "c", domain="Observation"),
        concept(9004, "d", standard="", domain="Observation"),
        concept(9005, "yes", domain="Meas Value"),
        concept(9101, "77", vocabulary="RxNorm", domain="Drug", kind="Clinical Drug"),
        concept(9102, "78", vocabulary="RxNorm", domain="Drug", kind="Ingredient"),
    ]
    relations = [related(9002, 9002 if old else 9001), related(9004, 9003)]
    if not old:
        relations += [related(9004, 9001), related(9004, 9005, "Maps to value")]
    ancestors = [(9101, 9101, 0, 0), (9102, 9101, 1, 1)]
    return write(
        folder / release,
        release=release,
        concept=concepts,
        concept_relationship=relations,
        concept_ancestor=ancestors[:1] if old else ancestors,
    )


def finding(name: str, code: str, version: int = 1) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": name,
        "meta": {"versionId": str(version), "lastUpdated": f"2024-02-0{version}T00:00:00Z"},
        "status": "final",
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2024-01-01",
        "code": {"coding": [{"system": SNOMED, "code": code}]},
    }


NIGHTS = [
    [{"resourceType": "Patient", "id": "p1", "birthDate": "1970"}, finding("o1", "a"), finding("o2", "b")],
    [
        finding("o1", "c", version=2),
        finding("o3", "d"),
        {
            "resourceType": "MedicationAdministration",
            "id": "m1",
            "status": "completed",
            "subject": {"reference": "Patient/p1"},
            "effectiveDateTime": "2024-01-01",
            "medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": "77"}]},
        },
    ],
    [finding("o4", "a"), finding("o5", "unknown")],
]


def left(folder: Path, steps: list[Any]) -> dict[str, list[tuple[Any, ...]]]:
    """Take the steps (a release to load, a night to receive) in a new site; its rows and its vocabulary."""
    folder.mkdir()
    settings = EtlSettings(data=folder / "data", validation_sample=0)
    pipeline.init(settings)
    for number, step in enumerate(steps):
        if isinstance(step, str):
            vocabulary.load(settings.data, download(folder, step))
            pipeline.remap(settings)
        else:
            batch = folder / f"{number}.ndjson"
            batch.write_text("\n".join(json.dumps(resource) for resource in step), encoding="utf-8")
            pipeline.sync(settings, batch)
    with workspace.connect(settings.data, read_only=True) as con:
        rows = {
            # LIKE takes the columns of that name: values and source values.
            table: con.execute(
                f"""
                SELECT r.resource, t._slot, {name}_concept_id, {name}_source_concept_id, t.* LIKE '%value%'
                FROM cdm.{table} AS t JOIN state.resource AS r ON r.resource_key = t._resource_key ORDER BY ALL
                """
            ).fetchall()
            for table, name in CODED.items()
        }
        eras = con.execute("SELECT drug_concept_id, drug_era_start_date FROM cdm.drug_era ORDER BY ALL").fetchall()
        known = {
            table: con.execute(f"SELECT * FROM cdm.{table} ORDER BY ALL").fetchall() for table in cdm.VOCABULARY_TABLES
        }
        worklist = con.execute("FROM state.unmapped_code ORDER BY ALL").fetchall()
    return {**rows, **known, "drug_era": eras, "unmapped": worklist}


@pytest.fixture(scope="module")
def at_once(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[Any, ...]]]:
    newest = {resource["id"]: resource for resource in itertools.chain(*NIGHTS)}
    return left(tmp_path_factory.mktemp("deltas") / "at_once", ["new", list(newest.values())])


def test_releases_and_nights_leave_what_one_load_leaves(tmp_path: Path, at_once: Any) -> None:
    found = left(tmp_path / "site", [NIGHTS[0], "old", NIGHTS[1], "new", NIGHTS[2], "old", "new"])
    for table, rows in at_once.items():
        assert (table, found[table]) == (table, rows)


def test_what_that_is(at_once: Any) -> None:
    assert {table: [row[:4] for row in at_once[table]] for table in CODED} == {
        "measurement": [
            ("main/Observation/o2", "", 9001, 9002),
            ("main/Observation/o3", "", 9001, 9004),
            ("main/Observation/o4", "", 9001, 9001),
        ],
        "observation": [
            ("main/Observation/o1", "", 9003, 9003),
            ("main/Observation/o3", "target2", 9003, 9004),
            ("main/Observation/o5", "", 0, 0),
        ],
        "condition_occurrence": [],
        "drug_exposure": [("main/MedicationAdministration/m1", "", 9101, 9101)],
    }
    assert [era[0] for era in at_once["drug_era"]] == [9102]
