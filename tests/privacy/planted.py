"""Resources of every supported type, with something that names a person planted in each text field in turn."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from duckdb.sqltypes import DuckDBPyType

from onco_etl import elements, fhir_schema

Resource = dict[str, Any]

# What hospitals know people by. The identity-card number has a right check digit (GB 11643-1999).
TOKENS = {
    "name": "Zephyrine Quillfeather",
    "word": "Quillfeather",
    "chinese name": "欧阳种植",
    "telephone": "13987654321",
    "landline": "+86 21 5558 7743",
    "record number": "MRN7744210",
    "identity card": "11010519491231002X",
    "e-mail": "zq@quill.example",
    "address": "88 Quill Street",
    "chinese address": "种植路八十八号",
}
# Whatever of a token comes out, even a part of it; logical ids begin with `zqid`.
TRACES = (
    "uillfe",
    "Quill",
    "Zephyrine",
    "种植",
    "欧阳",
    "八十八",
    "13987654321",
    "5558 7743",
    "7744210",
    "19491231002",
    "zqid",
)

_PERSON = {"reference": "Patient/zqid-p"}
_CODE = {"coding": [{"system": "http://loinc.org", "code": "33728-7"}]}
_DRUG = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "1597876"}]}
_DAY = "2021-03-01"
# Valid and mapped, each by itself.
VALID: dict[str, Resource] = {
    "Patient": {"birthDate": "1970-02-03", "gender": "male"},
    "Encounter": {"status": "finished", "class": {"code": "AMB"}, "subject": _PERSON, "period": {"start": _DAY}},
    "Condition": {"code": {"coding": [{"system": "http://snomed.info/sct", "code": "38341003"}]}, "subject": _PERSON}
    | {"onsetDateTime": _DAY},
    "Procedure": {"status": "completed", "code": _CODE, "subject": _PERSON, "performedDateTime": _DAY},
    "Observation": {"status": "final", "code": _CODE, "subject": _PERSON, "effectiveDateTime": _DAY},
    "AdverseEvent": {"actuality": "actual", "event": {"text": "hypertension"}, "subject": _PERSON, "date": _DAY},
    "Medication": {"code": _DRUG},
    "MedicationAdministration": {"status": "completed", "medicationCodeableConcept": _DRUG, "subject": _PERSON}
    | {"effectiveDateTime": _DAY},
    "MedicationDispense": {"status": "completed", "medicationCodeableConcept": _DRUG, "subject": _PERSON}
    | {"whenHandedOver": _DAY},
    "MedicationRequest": {"status": "active", "intent": "order", "medicationCodeableConcept": _DRUG}
    | {"subject": _PERSON, "authoredOn": _DAY},
    "MedicationStatement": {"status": "active", "medicationCodeableConcept": _DRUG, "subject": _PERSON}
    | {"effectiveDateTime": _DAY},
    # Of nobody else here: whom a Consent opts out has no rows in which anything could be found.
    "Consent": {"status": "active", "patient": {"reference": "Patient/zqid-consenting"}},
    "Location": {"status": "active"},
    "Organization": {"active": True},
    "Practitioner": {"active": True},
    "PractitionerRole": {"active": True},
}


def valid(resource_type: str, name: str) -> Resource:
    """The valid resource of a type, with what is not read full of names."""
    unread = {
        "text": {"status": "generated", "div": f"<div>{TOKENS['name']} {TOKENS['telephone']}</div>"},
        "identifier": [{"value": TOKENS["record number"]}, {"value": TOKENS["identity card"]}],
        "note": [{"text": TOKENS["chinese name"]}],
        "name": [{"text": TOKENS["name"], "family": TOKENS["word"]}],
        "telecom": [{"value": TOKENS["telephone"]}, {"value": TOKENS["e-mail"]}],
        "address": [{"line": [TOKENS["address"]], "city": TOKENS["word"], "text": TOKENS["chinese address"]}],
    }
    if resource_type != "Patient":
        unread = {"text": unread["text"], "note": unread["note"]}
    return {"resourceType": resource_type, "id": f"zqid-{name}", **unread, **copy.deepcopy(VALID[resource_type])}


def everywhere() -> Iterator[Resource]:
    """Tokens of two kinds in each text that is read, of every type, each in a resource of its own."""
    for resource_type in fhir_schema.resource_types():
        paths = [path for name, kind in fhir_schema.columns(resource_type).items() for path in _texts(name, kind)]
        for number, path in enumerate(paths):
            for turn in range(2):
                token = list(TOKENS.values())[(number + 5 * turn) % len(TOKENS)]
                resource = valid(resource_type, f"{resource_type}-{number}-{turn}")
                _put(resource, path, token)
                yield resource


def _texts(name: str, kind: str) -> Iterator[tuple[str, ...]]:
    """The paths of the texts below a column; '[]' stands for the first item of a list."""
    import duckdb

    yield from _below((name,), duckdb.sqltype(kind))


def _below(path: tuple[str, ...], kind: DuckDBPyType) -> Iterator[tuple[str, ...]]:
    if kind.id == "list":
        yield from _below((*path, "[]"), elements.item(kind))
    elif kind.id == "struct":
        for name, inner in elements.members(kind).items():
            yield from _below((*path, name), inner)
    elif kind.id == "varchar":
        yield path


def _put(resource: Resource, path: tuple[str, ...], token: str) -> None:
    """Set the text at `path`, beside what is there."""
    here: Any = resource
    for step, following in zip(path, (*path[1:], None), strict=True):
        key = 0 if step == "[]" else step
        if following is None:
            empty: Any = token
        else:
            empty = [] if following == "[]" else {}
        if isinstance(here, list):
            if not here:
                here.append(empty)
        elif following is None or key not in here:
            here[key] = empty
        if following is None:
            here[key] = token
        here = here[key]
