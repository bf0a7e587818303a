"""Element names in YAML -> DuckDB column types."""

from __future__ import annotations

from typing import Any

import pytest

from onco_etl import fhir_schema
from onco_etl.errors import ConfigurationError

CODEABLE = 'STRUCT("coding" STRUCT("system" VARCHAR, "code" VARCHAR, "display" VARCHAR)[], "text" VARCHAR)'


def test_resource_types() -> None:
    assert fhir_schema.resource_types() == (
        "AdverseEvent",
        "Condition",
        "Consent",
        "Encounter",
        "Location",
        "Medication",
        "MedicationAdministration",
        "MedicationDispense",
        "MedicationRequest",
        "MedicationStatement",
        "Observation",
        "Organization",
        "Patient",
        "Practitioner",
        "PractitionerRole",
        "Procedure",
    )


def test_table_name() -> None:
    assert fhir_schema.table_name("MedicationStatement") == "medication_statement"
    assert fhir_schema.table_name("Patient") == "patient"


@pytest.mark.parametrize("resource_type", fhir_schema.resource_types())
def test_every_type_has_the_elements_that_all_resources_are_judged_by(resource_type: str) -> None:
    columns = fhir_schema.columns(resource_type)
    assert list(columns)[:5] == ["resourceType", "id", "meta", "implicitRules", "modifierExtension"]
    assert columns["meta"].startswith('STRUCT("versionId" VARCHAR, "lastUpdated" VARCHAR, "tag"')


def test_shapes_come_from_the_models() -> None:
    columns = fhir_schema.columns("Observation")
    assert columns["status"] == "VARCHAR"
    assert columns["code"] == CODEABLE
    assert columns["category"] == f"{CODEABLE}[]"
    assert columns["valueBoolean"] == "JSON"
    assert columns["valueInteger"] == "VARCHAR"
    assert columns["valueQuantity"].startswith('STRUCT("value" DOUBLE, "comparator" VARCHAR')
    assert fhir_schema.columns("MedicationRequest")["contained"] == "JSON[]"


def test_an_extension_is_read_as_deep_as_its_yaml_says() -> None:
    extension = fhir_schema.columns("AdverseEvent")["extension"]
    assert extension.count('"extension" STRUCT') == 2
    assert extension.endswith("[]")


@pytest.mark.parametrize(
    ("elements", "message"),
    [
        ({"valueQuantty": None}, r"Observation\.yaml: Observation\.valueQuantty: no such element"),
        (
            {"component": {"cod": None}},
            r"Observation\.yaml: Observation\.component\.cod: no such element",
        ),
        ({"status": {"code": None}}, r"Observation\.status: a primitive element has no elements"),
        ({"specimen": None, "note": None}, r"Observation\.note: name its elements here"),
    ],
)
def test_a_wrong_element_is_named(monkeypatch: pytest.MonkeyPatch, elements: dict[str, Any], message: str) -> None:
    read = fhir_schema._read
    monkeypatch.setattr(fhir_schema, "_read", lambda name: elements if name == "Observation.yaml" else read(name))
    with pytest.raises(ConfigurationError, match=message):
        fhir_schema.columns.__wrapped__("Observation")
