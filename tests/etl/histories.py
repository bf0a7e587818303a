"""Histories of a small hospital: what arrives night by night, in any order, and what is left in the end.

Every id holds an `@`, which `lines` replaces, so that many histories fit into one workspace without meeting.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

Resource = dict[str, Any]

NIGHTS = 4
RECORD = "urn:oid:1.2.3"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
IDS = [
    ("Patient", "@p1"),
    ("Patient", "@p2"),
    ("Organization", "@g1"),
    ("Encounter", "@e1"),
    ("Medication", "@m1"),
    ("MedicationStatement", "@s1"),
    ("Condition", "@c1"),
    ("AdverseEvent", "@a1"),
    ("Observation", "@o1"),
    ("Observation", "@o2"),
    ("Consent", "@k1"),
]
# Observations by a known code, by an unknown one, and by a code of the hospital whose map changes its domain.
CODES = [("http://loinc.org", "89247-1"), ("http://loinc.org", "unknown"), ("urn:local", "moves")]


@dataclass(frozen=True)
class History:
    """nights: what arrives in each. final: the newest version of each resource that is left."""

    nights: list[list[Resource]]
    final: list[Resource]


def lines(resources: list[Resource], name: str) -> str:
    """The resources as NDJSON, with `name` in their ids instead of the `@`."""
    return "".join(json.dumps(resource) + "\n" for resource in resources).replace("@", name)


def numbered(value: str) -> Resource:
    return {"system": RECORD, "value": f"@{value}"}


def _named(value: str) -> Resource:
    return {"type": "Patient", "identifier": numbered(value)}


RESEARCH = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "research"}]}
SUBJECTS = st.sampled_from(
    [
        *[{"reference": f"Patient/@p{n}"} for n in (1, 1, 2)],
        *map(_named, ("N1", "N2")),
    ]
)


@st.composite
def contents(draw: st.DrawFn, resource_type: str, name: str) -> Resource:
    """One state of a resource, without its id and version."""
    subject = {"subject": draw(SUBJECTS)}
    visit = {"encounter": {"reference": "Encounter/@e1"}}
    match resource_type:
        case "Patient":
            link = draw(st.sampled_from([None, None, None, "replaced-by", "replaces", "seealso"]))
            other = "@p2" if name == "@p1" else "@p1"
            number = draw(st.sampled_from([None, "N1", "N2"]))
            return {
                "birthDate": draw(st.sampled_from(["1970", "1971-05", "1972-01-02", None])),
                **({"deceasedDateTime": "2022-05"} if draw(st.booleans()) else {}),
                **({"link": [{"type": link, "other": {"reference": f"Patient/{other}"}}]} if link else {}),
                **({"identifier": [numbered(number)]} if number else {}),
            }
        case "Organization":
            return {"active": draw(st.booleans()), "name": "a ward"}
        case "Encounter":
            status = draw(st.sampled_from(["finished", "in-progress", "planned", "entered-in-error"]))
            code = draw(st.sampled_from(["AMB", "IMP"]))
            place = {"serviceProvider": {"reference": "Organization/@g1"}}
            return {"status": status, "class": {"code": code}, "period": {"start": "2021-01-01"}, **place, **subject}
        case "Consent":
            about = draw(st.sampled_from([*[{"reference": f"Patient/@p{n}"} for n in (1, 2)], _named("N1")]))
            kind = draw(st.sampled_from(["permit", "permit", "deny"]))
            status = draw(st.sampled_from(["active", "active", "inactive"]))
            return {"status": status, "scope": RESEARCH, "patient": about, "provision": {"type": kind}}
        case "Medication":
            code = draw(st.sampled_from(["1597876", "1547545"]))
            return {"code": {"coding": [{"system": RXNORM, "code": code}]}, "identifier": [numbered("drug")]}
        case "MedicationStatement":
            medication = draw(st.sampled_from([{"reference": "Medication/@m1"}, {"identifier": numbered("drug")}]))
            status = draw(st.sampled_from(["active", "completed", "not-taken"]))
            dated = {"effectiveDateTime": draw(st.sampled_from(["2021-01-02", "2021-03-04"]))}
            return {"status": status, "medicationReference": medication, **dated, **subject}
        case "Condition":
            diagnosis = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "C49.9"}]}
            return {"code": diagnosis, "recordedDate": "2021-01-01", **visit, **subject}
        case "AdverseEvent":
            actuality = draw(st.sampled_from(["actual", "actual", "potential"]))
            suspect = {"suspectEntity": [{"instance": {"reference": "MedicationStatement/@s1"}}]}
            return {
                "actuality": actuality,
                "event": {"text": "乏力"},
                "date": "2021-02-01",
                **suspect,
                **visit,
                **subject,
            }
        case _:
            system, code = draw(st.sampled_from(CODES))
            status = draw(st.sampled_from(["final", "final", "entered-in-error", "preliminary"]))
            value = {} if draw(st.booleans()) else {"valueInteger": draw(st.integers(0, 2))}
            dated = {"status": status, "effectiveDateTime": "2021-01-03"}
            return {"code": {"coding": [{"system": system, "code": code}]}, **value, **dated, **visit, **subject}


def deletion(resource_type: str, name: str, when: str) -> Resource:
    """As Bulk Data tells it: a Bundle with an entry that was deleted."""
    entry = {"request": {"method": "DELETE", "url": f"{resource_type}/{name}"}, "response": {"lastModified": when}}
    return {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Up to three dated versions of each resource, deletions among them, each arriving in any night."""
    nights: list[list[Resource]] = [[] for _ in range(NIGHTS)]
    final = []
    for resource_type, name in IDS:
        newest: Resource | None = None
        for number in range(1, draw(st.integers(0, 3)) + 1):
            when = f"2021-02-0{number}T00:00:00Z"
            if number > 1 and draw(st.integers(0, 4)) == 0:
                arrived, newest = deletion(resource_type, name, when), None
            else:
                meta = {"versionId": str(number), "lastUpdated": when}
                content = draw(contents(resource_type, name))
                arrived = newest = {"resourceType": resource_type, "id": name, "meta": meta, **content}
            nights[draw(st.integers(0, NIGHTS - 1))].append(arrived)
        final += [newest] if newest else []
    return History(nights, final)
