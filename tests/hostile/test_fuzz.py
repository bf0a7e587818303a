"""Resources mutated at random (a fixed seed), synced among unharmed ones: one fate each, no neighbour suffers."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from etl.site import Resource, Rows, Site, patient, visit, weight
from hostile.received import raw
from onco_etl import cdm, fhir_schema, pipeline
from onco_etl.workspace import CLINICAL_TABLES
from support.real_input import DATA

GROUPS = 8
MUTANTS_OF_SAMPLES = 50
SAMPLES = ("r4-examples", "mcode-extraction-fixtures")
VALUES: tuple[Any, ...] = (None, True, 7, -1e300, "", "x" * 5000, "\u0000", [], {}, [None], {"a": "b"}, "2023-02-30")


def a_little_of_each(person: str) -> list[Resource]:
    """A few resources of each supported type, whose ids and references begin with the person's."""
    subject = {"subject": {"reference": f"Patient/{person}"}}
    lung = {"coding": [{"system": "http://snomed.info/sct", "code": "94391008", "display": "肺转移"}], "text": "肺转移"}
    drug = {"medicationCodeableConcept": {"coding": [{"code": "al3818"}], "text": "盐酸安罗替尼胶囊"}}
    dose = {"text": "每日一次", "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}}
    day, period = "2021-03-01", {"start": "2021-03-01", "end": "2021-03-20T10:00:00+08:00"}
    found: dict[str, Resource] = {
        "Condition": {"code": lung, "onsetDateTime": day, "stage": [{"summary": lung}]},
        "Procedure": {"status": "completed", "code": lung, "performedPeriod": period},
        "AdverseEvent": {"actuality": "actual", "event": lung, "date": day},
        "Medication": {"status": "active", "code": drug["medicationCodeableConcept"]},
        "MedicationRequest": {"status": "active", "intent": "order", "authoredOn": day, "dosageInstruction": [dose]},
        "MedicationStatement": {"status": "active", "effectivePeriod": period, "dosage": [dose]},
        "MedicationAdministration": {"status": "completed", "effectiveDateTime": day, "dosage": {"text": "10 mg"}},
        "MedicationDispense": {"status": "completed", "whenHandedOver": day, "quantity": {"value": 7, "code": "1"}},
        "Practitioner": {"identifier": [{"system": "urn:staff", "value": "1"}]},
        "PractitionerRole": {"organization": {"reference": "Organization/x"}, "specialty": [lung]},
        "Organization": {"type": [{"text": "医院"}]},
        "Location": {"status": "active", "mode": "instance", "type": [{"text": "病房"}]},
    }
    for name, resource in found.items():
        resource |= {"resourceType": name, "id": f"{person}-{name}", **subject}
        if name.startswith("Medication"):
            resource |= drug
    who = patient(person, address=[{"state": "重庆", "country": "CN"}], deceasedDateTime="2022-05-01")
    parts = [{"code": lung, "valueQuantity": {"value": 1.5, "unit": "cm"}}, {"code": lung, "valueString": "阳性"}]
    measured = weight(f"{person}-o", person, component=parts, meta={"lastUpdated": "2021-03-02T00:00:00Z"})
    return [who, visit(f"{person}-e", person, meta={"versionId": "1"}), measured, *found.values()]


class Mutator:
    """Spoils one thing of a resource, or of the line it is written on; which one is up to `chance`."""

    def __init__(self, chance: random.Random, lines: list[bytes]) -> None:
        self.chance, self.lines = chance, lines

    def mutated(self, line: bytes) -> bytes:
        kind = self.chance.randrange(12)
        if kind == 0:
            return line[: self.chance.randrange(1, len(line))]
        if kind == 1:
            at, other = self.chance.randrange(len(line)), self.chance.choice(self.lines)
            spliced = other[at : at + 20] if at % 2 else self.chance.randbytes(3)
            return (line[:at] + spliced + line[at + at % 5 :]).replace(b"\n", b" ")
        resource = json.loads(line)
        for _ in range(self.chance.choice((1, 1, 1, 3))):
            self.change(resource)
        return raw(resource)

    def change(self, resource: Resource) -> None:
        """Drop, copy, swap, retype or nest one element, at any depth."""
        places = list(self.places(resource))
        (holder, key), (other, other_key) = self.chance.choice(places), self.chance.choice(places)
        kind = self.chance.randrange(6)
        one, another = json.loads(json.dumps([holder[key], other[other_key]]))
        if kind == 0:
            holder.pop(key)
        elif kind <= 2:
            other[other_key] = one
            holder[key] = another if kind == 2 else one
        elif kind == 3:
            holder[key] = self.chance.choice(VALUES)
        elif kind == 4 or isinstance(holder, list):
            holder[key] = self.chance.choice(([holder[key]], {"extension": holder[key]}, [holder[key]] * 3))
        else:
            holder[self.chance.choice(("extension", "id", "value", "coding", "_" + key))] = holder[key]

    def places(self, value: Any) -> Iterator[tuple[Any, Any]]:
        for key in range(len(value)) if isinstance(value, list) else value:
            yield value, key
            if isinstance(value[key], dict | list):
                yield from self.places(value[key])


def mutants(chance: random.Random) -> list[bytes]:
    """Each from a resource of our own, or of the public samples where they are there."""
    own = [raw(resource) for n in range(GROUPS) for resource in a_little_of_each(f"m{n}")]
    mutator = Mutator(chance, own)
    found = [mutator.mutated(line) for line in own]
    for place in chance.sample(range(len(own)), 5):
        resource = json.loads(own[place])
        mutator.change(resource)
        entries = [{"resource": resource}, chance.choice(VALUES), {"request": {"method": "DELETE"}}]
        found.append(raw({"resourceType": "Bundle", "type": "batch", "entry": entries}))
    if not DATA.is_dir():
        print("the samples are not there: only resources of our own are mutated")
        return found
    supported = fhir_schema.resource_types()
    files = [file for name in SAMPLES for file in sorted((DATA / name).iterdir()) if file.stem in supported]
    samples = [line for file in files for line in file.read_bytes().splitlines() if len(line) < 10_000]
    return found + [mutator.mutated(line) for line in chance.sample(samples, MUTANTS_OF_SAMPLES)]


def of_neighbours(site: Site) -> dict[str, Rows]:
    """Fates and CDM rows of the resources that nobody touched, in natural keys."""
    fates = "SELECT resource, fate, reason FROM state.ledger WHERE resource LIKE '%/own%' ORDER BY 1"
    found = {"ledger": site.workspace(fates)}
    for table in CLINICAL_TABLES:
        told = [name for name in cdm.columns(table) if name.endswith("_concept_id") or not name.endswith("_id")]
        found[table] = site.workspace(
            f"""
            SELECT k.row_key, r._slot, {", ".join(f"r.{name}" for name in told)}
            FROM cdm.{table} AS r JOIN keys.resource AS k ON k.id = r._resource_key
            WHERE k.row_key LIKE '%/own%' ORDER BY ALL
            """
        )
    return found


def received(folder: Path, lines: list[bytes]) -> Site:
    folder.joinpath("in").mkdir(parents=True)
    site = Site(folder)
    # Texts of people are published as hashes with a secret key, which the two sites share to be compared.
    site.settings.data.joinpath("secret").write_bytes(b"0" * 64)
    folder.joinpath("in/all.ndjson").write_bytes(b"\n".join(lines))
    pipeline.sync(site.settings, folder / "in")
    return site


def test_mutants_have_one_fate_and_harm_nobody(tmp_path: Path) -> None:
    chance = random.Random(20261124)
    own = [raw(resource) for resource in a_little_of_each("own")]
    alone = of_neighbours(received(tmp_path / "alone", own))
    assert [len(alone[table]) for table in ("ledger", "drug_exposure", "measurement")] == [15, 4, 2]
    assert {(fate, reason) for _, fate, reason in alone["ledger"]} == {("mapped", "rows"), ("mapped", "looked-up")}

    lines = own + mutants(chance)
    # The first line stays: it says that this is NDJSON.
    lines[1:] = chance.sample(lines[1:], len(lines) - 1)
    site = received(tmp_path / "among", lines)
    bundles = [b'"Bundle"' in line for line in lines]
    filled = [(n, entry) for n, has in enumerate(bundles, 1) for entry in (range(1, 4) if has else (0,))]
    assert site.workspace("SELECT line, entry FROM state.ledger ORDER BY ALL") == filled
    assert of_neighbours(site) == alone
