"""A release is loaded, then another: rows follow it, from what is staged; the maps are held against it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from onco_etl import changes, pipeline, runs, starter_check, vocabulary, workspace
from onco_etl.settings import EtlSettings
from support.athena import concept, related, write

SNOMED, RXNORM, LOCAL = (
    "http://snomed.info/sct",
    "http://www.nlm.nih.gov/research/umls/rxnorm",
    "http://example.org/lab",
)
FINDING, TABLET, INGREDIENT, CLASS = 9001, 9101, 9102, 9103
MILLIGRAM = 8576

DRUGS = [
    concept(TABLET, "77", vocabulary="RxNorm", domain="Drug", kind="Clinical Drug"),
    concept(INGREDIENT, "78", vocabulary="RxNorm", domain="Drug", kind="Ingredient", name="an ingredient"),
    concept(CLASS, "A01", vocabulary="ATC", domain="Drug", kind="ATC 1st", standard="C"),
    concept(MILLIGRAM, "mg", vocabulary="UCUM", domain="Unit", kind="Unit", name="milligram"),
    concept(8582, "cm", vocabulary="UCUM", domain="Unit", kind="Unit", standard="", invalid="D", name="centimeter"),
    # Planted: the starter maps say 3006923, Measurement.
    concept(3006923, "1742-6", vocabulary="LOINC", domain="Observation", name="alanine"),
    # Planted: the starter maps know another concept id for this code.
    concept(4444444, "1920-8", vocabulary="LOINC", domain="Measurement"),
    concept(44819096, "OMOP generated", vocabulary="Vocabulary", domain="Metadata", kind="Vocabulary"),
]
ANCESTORS = [
    (TABLET, TABLET, 0, 0),
    (INGREDIENT, TABLET, 1, 1),
    (CLASS, TABLET, 2, 2),
    (INGREDIENT, INGREDIENT, 0, 0),
    (CLASS, INGREDIENT, 1, 1),
    (CLASS, 9999, 1, 1),
]
STRENGTHS = [
    (TABLET, INGREDIENT, 12, MILLIGRAM, "", "", "", "", 30, "19700101", "20991231", ""),
    (9999, INGREDIENT, 8, MILLIGRAM, "", "", "", "", "", "19700101", "20991231", ""),
]


def release(folder: Path, name: str, domain: str) -> Path:
    """A download in which the finding is of a domain."""
    return write(
        folder / name,
        release=name,
        concept=[concept(FINDING, "f1", domain=domain, name="a finding"), *DRUGS],
        concept_relationship=[related(FINDING, FINDING), related(TABLET, INGREDIENT, "RxNorm has ing")],
        concept_ancestor=ANCESTORS,
        drug_strength=STRENGTHS,
    )


RESOURCES: list[dict[str, Any]] = [
    {"resourceType": "Patient", "id": "p1", "birthDate": "1970"},
    {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2024-01-01",
        "code": {"coding": [{"system": SNOMED, "code": "f1"}]},
        "category": [{"coding": [{"code": "laboratory"}]}],
    },
    {
        "resourceType": "MedicationAdministration",
        "id": "m1",
        "status": "completed",
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2024-01-01",
        "medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": "77"}]},
    },
    {
        "resourceType": "MedicationAdministration",
        "id": "m2",
        "status": "completed",
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2024-01-02",
        "medicationCodeableConcept": {"text": "福可维"},
    },
]


def batch(folder: Path, name: str, resources: list[dict[str, Any]]) -> Path:
    path = folder / f"{name}.ndjson"
    path.write_text("\n".join(json.dumps(resource) for resource in resources), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> EtlSettings:
    """Run 1 received the resources; run 2 mapped them by release A, run 3 by release B; run 4 received them again."""
    folder = tmp_path_factory.mktemp("site")
    settings = EtlSettings(data=folder / "data", validation_sample=0)
    pipeline.init(settings)
    pipeline.sync(settings, batch(folder, "first", RESOURCES))
    for name, domain in (("A", "Condition"), ("B", "Measurement")):
        vocabulary.load(settings.data, release(folder, name, domain))
        pipeline.remap(settings)
    pipeline.sync(settings, batch(folder, "again", RESOURCES))
    return settings


@pytest.fixture(scope="module")
def con(site: EtlSettings) -> Iterator[Any]:
    with workspace.connect(site.data, read_only=True) as con:
        yield con


def test_a_row_moves_with_the_domain_of_its_concept(con: Any) -> None:
    """HL7 FHIR to OMOP, statement 037; the rows that went are history."""
    resource = "(SELECT resource_key FROM state.resource WHERE resource = 'main/Observation/o1')"
    found = {
        table: con.execute(
            f"""
            SELECT {name}_concept_id, _run_from, NULL FROM cdm.{table} WHERE _resource_key = {resource}
            UNION ALL
            SELECT {name}_concept_id, _run_from, _run_to FROM history.{table} WHERE _resource_key = {resource}
            ORDER BY 2
            """
        ).fetchall()
        for table, name in (
            ("measurement", "measurement"),
            ("condition_occurrence", "condition"),
            ("observation", "observation"),
        )
    }
    assert found == {
        "measurement": [(0, 1, 2), (FINDING, 3, None)],
        "condition_occurrence": [(FINDING, 2, 3)],
        "observation": [],
    }


def test_what_a_release_changed_is_counted(con: Any) -> None:
    assert changes.moved(con, 3) == 1
    by_table = {row["table"]: (row["began"], row["ended"]) for row in changes.by_table(con, 3)}
    assert (by_table["measurement"], by_table["condition_occurrence"]) == ((1, 0), (0, 1))
    assert "drug_exposure" not in by_table


def test_runs_name_the_release(con: Any) -> None:
    assert con.execute("SELECT kind, received, vocabulary_release FROM state.run ORDER BY run").fetchall() == [
        ("sync", 4, runs.STARTER_MAPS),
        ("remap", 0, "A"),
        ("remap", 0, "B"),
        ("sync", 4, "B"),
    ]


def test_the_slice_has_the_concepts_in_use_and_their_ancestors(con: Any) -> None:
    found = con.execute(
        "SELECT concept_id, concept_name, concept_class_id, standard_concept FROM cdm.concept"
        f" WHERE concept_id IN ({FINDING}, {TABLET}, {INGREDIENT}, {CLASS}, 9999, 2000000001) ORDER BY 1"
    ).fetchall()
    assert found == [
        (FINDING, "a finding", "Clinical Finding", "S"),
        (TABLET, f"concept {TABLET}", "Clinical Drug", "S"),
        (INGREDIENT, "an ingredient", "Ingredient", "S"),
        (CLASS, f"concept {CLASS}", "ATC 1st", "C"),
        (2000000001, "anlotinib", "Ingredient", "S"),
    ]
    assert con.execute(
        f"SELECT ancestor_concept_id FROM cdm.concept_ancestor WHERE descendant_concept_id = {TABLET} ORDER BY 1"
    ).fetchall() == [(TABLET,), (INGREDIENT,), (CLASS,)]
    assert con.execute("SELECT drug_concept_id, amount_value, box_size FROM cdm.drug_strength").fetchall() == [
        (TABLET, 12.0, 30)
    ]
    assert con.execute(
        f"SELECT concept_id_2, relationship_id FROM cdm.concept_relationship WHERE concept_id_1 = {TABLET}"
    ).fetchall() == [(INGREDIENT, "RxNorm has ing")]


def test_the_vocabulary_wins_over_the_starter_descriptions(con: Any) -> None:
    assert con.execute(
        "SELECT concept_name, domain_id FROM cdm.concept WHERE concept_id IN (3006923, 44819096) ORDER BY concept_id"
    ).fetchall() == [("alanine", "Observation"), ("concept 44819096", "Metadata")]


@pytest.mark.parametrize(
    ("table", "column", "reference"),
    [
        ("concept", "domain_id", "domain"),
        ("concept", "vocabulary_id", "vocabulary"),
        ("concept", "concept_class_id", "concept_class"),
        ("concept_relationship", "relationship_id", "relationship"),
        ("concept_relationship", "concept_id_1", "concept"),
        ("concept_relationship", "concept_id_2", "concept"),
        ("concept_ancestor", "ancestor_concept_id", "concept"),
        ("concept_ancestor", "descendant_concept_id", "concept"),
        ("drug_strength", "amount_unit_concept_id", "concept"),
        ("source_to_concept_map", "target_concept_id", "concept"),
        ("source_to_concept_map", "source_vocabulary_id", "vocabulary"),
    ],
)
def test_the_slice_stands_alone(con: Any, table: str, column: str, reference: str) -> None:
    key = f"{reference}_id"
    assert (
        con.execute(
            f"SELECT count(*), count(*) FILTER ({column} IN (SELECT {key} FROM cdm.{reference})) FROM cdm.{table}"
        ).fetchall()
        == con.execute(f"SELECT count(*), count({column}) FROM cdm.{table}").fetchall()
    )
    assert con.execute(f"SELECT {key} FROM cdm.{reference} GROUP BY ALL HAVING count(*) > 1").fetchall() == []


def test_eras_are_of_ingredients_and_custom_concepts_stay(con: Any) -> None:
    assert con.execute("SELECT drug_concept_id FROM cdm.drug_era ORDER BY 1").fetchall() == [
        (INGREDIENT,),
        (2_000_000_001,),
    ]


def test_starter_maps_are_held_against_the_vocabulary(con: Any) -> None:
    found = {
        (row["vocabulary_id"], row["concept_code"], row["aspect"], row["starter"], row["vocabulary"])
        for row in starter_check.disagreements(con)
    }
    assert {
        ("LOINC", "1742-6", "domain", "Measurement", "Observation"),
        ("LOINC", "1920-8", "source concept", "3013721", "4444444"),
        ("LOINC", "1920-8", "target", "3013721", "4444444"),
        ("UCUM", "cm", "standard", "S", "not standard"),
        ("UCUM", "cm", "validity", "valid", "invalid: D"),
        ("LOINC", "89247-1", "code", "89247-1", "not in it"),
    } <= found
    # A vocabulary that is not loaded says nothing of its codes.
    assert {row[0] for row in found} <= {"LOINC", "RxNorm", "UCUM", "SNOMED", "ATC", "constants.csv"}
    assert ("UCUM", "mg") not in {row[:2] for row in found}
    # Names are our own words: information, on request.
    assert "name" not in {row[2] for row in found}
    assert "name" in {row["aspect"] for row in starter_check.disagreements(con, names=True)}


def test_a_night_without_new_maps_changes_nothing(con: Any) -> None:
    assert changes.by_table(con, 4) == []
