"""One fictional patient's chart: collects FHIR resources for the first night and their corrections for the second."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from onco_registry.demo.catalogue import Catalogue, Json

TIMEZONE = "Asia/Shanghai"
OFFSET = "+08:00"
DATA_CUT = date(2022, 5, 31)
FIRST_NIGHT = date(2022, 6, 20)
SECOND_NIGHT = date(2022, 7, 5)


@dataclass
class Chart:
    """The resources of one patient.

    ``turn`` numbers the patient: spellings are taken in turn by it. ``first`` and ``second`` are the resources of the
    two nights, in the order they were written.
    """

    patient: str
    turn: int
    random: Random
    catalogue: Catalogue
    first: list[Json] = field(default_factory=list)
    second: list[Json] = field(default_factory=list)
    counters: Counter[str] = field(default_factory=Counter)

    @property
    def subject(self) -> Json:
        """The reference to the patient."""
        return {"reference": f"Patient/{self.patient}"}

    def add(self, resource_type: str, kind: str, on: date, body: Json, *, late: bool = False) -> Json:
        """Write a resource known on the day after ``on``; ``late``: it arrives on the second night only."""
        self.counters[kind] += 1
        resource = {
            "resourceType": resource_type,
            "id": f"{self.patient}-{kind}-{self.counters[kind]}",
            "meta": self._meta(1, SECOND_NIGHT if late else min(on + timedelta(days=1), FIRST_NIGHT)),
            **body,
        }
        (self.second if late else self.first).append(resource)
        return resource

    def add_patient(self, body: Json, on: date) -> Json:
        """Write the Patient resource itself."""
        meta = self._meta(1, min(on + timedelta(days=1), FIRST_NIGHT))
        resource = {"resourceType": "Patient", "id": self.patient, "meta": meta, **body}
        self.first.append(resource)
        return resource

    def amend(self, resource: Json, **changes: object) -> Json:
        """Write the resource's second version, which arrives on the second night."""
        amended = {**resource, "meta": self._meta(2, SECOND_NIGHT), **changes}
        self.second.append(amended)
        return amended

    def resend(self, resource: Json) -> None:
        """Send the same version again on the second night."""
        self.second.append(resource)

    def moment(self, day: date) -> str:
        """The day as this patient's ward writes it: bare date, local time, or the UTC instant of that local morning."""
        match self.turn % 4:
            case 2:
                return f"{day}T09:30:00{OFFSET}"
            case 3:
                return f"{day - timedelta(days=1)}T23:40:00Z"
            case _:
                return day.isoformat()

    def _meta(self, version: int, day: date) -> Json:
        return {
            "versionId": str(version),
            "lastUpdated": f"{day}T02:00:00{OFFSET}",
            "tag": self.catalogue.concept(self.catalogue.codes["tag"])["coding"],
        }


def reference(resource: Json) -> Json:
    """A FHIR Reference to a resource."""
    return {"reference": f"{resource['resourceType']}/{resource['id']}"}
