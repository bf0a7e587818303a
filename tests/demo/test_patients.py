"""patients.yaml of a registry: templates and values -> FHIR resources."""

from __future__ import annotations

from pathlib import Path

import pytest

from onco_etl.errors import ConfigurationError
from onco_registry.demo.patients import read_patients

TEMPLATES = """
templates:
  person: {resourceType: Patient, birthDate: $born, deceasedDateTime: $died}
  pack: {resourceType: MedicationDispense, status: completed, subject: $patient, whenHandedOver: $date, note: [$text]}
  course: {resourceType: MedicationStatement, status: active, subject: $patient, period: {start: $date, end: $end}}
patients:
"""


def _read(folder: Path, patients: str, templates: str = TEMPLATES) -> list[dict[str, object]]:
    folder.joinpath("patients.yaml").write_text(templates + patients, encoding="utf-8")
    return list(read_patients(folder).resources())


def test_templates_are_filled(tmp_path: Path) -> None:
    assert _read(
        tmp_path,
        "  a:\n"
        "    person: {born: 1970-01-02}\n"
        "    pack: [{date: 2020-01-01, every: 28, times: 2, text: first}, {date: 2020-06-01, text: second}]\n"
        "    course: 2020-01-01\n",
    ) == [
        {"resourceType": "Patient", "birthDate": "1970-01-02", "id": "a"},
        *(
            {
                "resourceType": "MedicationDispense",
                "status": "completed",
                "subject": {"reference": "Patient/a"},
                "whenHandedOver": day,
                "note": [text],
                "id": f"a-pack-{number}",
            }
            for number, (day, text) in enumerate(
                [("2020-01-01", "first"), ("2020-01-29", "first"), ("2020-06-01", "second")], start=1
            )
        ),
        {
            "resourceType": "MedicationStatement",
            "status": "active",
            "subject": {"reference": "Patient/a"},
            "period": {"start": "2020-01-01"},
            "id": "a-course-1",
        },
    ]


@pytest.mark.parametrize(
    ("patients", "templates", "refusal"),
    [
        ("  a: {pills: 2020-01-01}", TEMPLATES, "patients.yaml: patients.a: no template 'pills'"),
        ("  a: {pack: {every: 28, times: 2}}", TEMPLATES, "patients.yaml: patients.a.pack: 'times' needs a 'date'"),
        ("  a: {}\nmore: 1", TEMPLATES, "patients.yaml: expected 'templates', 'patients' and, if wanted, 'data_cut'"),
        ("  a: {", TEMPLATES, "patients.yaml: not YAML: "),
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path: Path, patients: str, templates: str, refusal: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{refusal}"):
        _read(tmp_path, patients, templates)


def test_a_registry_without_patients_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r" brings no fictional patients \(patients.yaml\)$"):
        read_patients(tmp_path)
