"""An independent reader of the generated NDJSON: RECIST, survival times and eligibility from first principles.

It imports nothing of the pipeline or the generator; of the generator's data it takes only the lists of drug spellings
and histologies. Everything here is small enough to check by eye.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import yaml

Json = dict[str, Any]
DATA = Path(__file__).resolve().parents[2] / "plugin" / "onco_registry" / "demo"
DATA_CUT = date(2022, 5, 31)
HOSPITAL_TIME = ZoneInfo("Asia/Shanghai")
CUSTOM = "urn:onco-registry:concept"
SUM = (CUSTOM, "target-lesion-sum")
RESPONSE_QUESTIONS = {("http://loinc.org", "88040-1"), ("http://loinc.org", "21976-6"), (CUSTOM, "overall-response")}
ANSWERS = {
    "LA28369-9": "PR", "LA28371-5": "SD", "LA28370-7": "PD", "C18058": "PR", "C18213": "SD", "C35571": "PD",
    "部分缓解": "PR", "疾病稳定": "SD", "疾病进展": "PD",
}  # fmt: skip
SPREAD = {"94391008", "94381002", "128462008", "399409002", "M1", "IV期"}
GIVEN = {"completed", "stopped", "in-progress", "active", "on-hold"}
Scan = tuple[date, Any]


class Outcome(NamedTuple):
    """What the registry should find for one patient; times count end - start + 1 days."""

    response: str
    pfs_days: int
    pfs_event: bool
    os_days: int
    os_event: bool
    index_date: date


class Era(NamedTuple):
    """Days covered without a gap."""

    start: date
    until: date


@cache
def spellings(name: str) -> Json:
    loaded: Json = yaml.safe_load((DATA / f"{name}.yaml").read_text(encoding="utf-8"))
    return loaded


def day(text: str) -> date:
    """The local day of a FHIR date or dateTime; a partial one is the first day of its period."""
    if "T" in text:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(HOSPITAL_TIME).date()
    return date.fromisoformat((text + "-01-01")[:10])


def keys(concept: Json) -> set[str]:
    """Codes and text of a CodeableConcept."""
    return {coding["code"] for coding in concept.get("coding", [])} | (
        {concept["text"]} if "text" in concept else set()
    )


def coded(concept: Json) -> set[tuple[str, str]]:
    return {(coding["system"], coding["code"]) for coding in concept.get("coding", [])}


@cache
def drug_keys(drug: str) -> frozenset[str]:
    systems = ("codings", "text")
    found: set[str] = set()
    for spelling in spellings("drugs")["drugs"][drug]["spellings"]:
        found |= {coding[1] for coding in spelling.get(systems[0], [])}
        found |= {spelling[systems[1]]} if systems[1] in spelling else set()
    return frozenset(found)


@dataclass(frozen=True)
class Chart:
    """The current resources of one patient, by type, and the hospital's Medications."""

    patient: Json
    resources: dict[str, list[Json]]
    medications: dict[str, Json]

    def of(self, resource_type: str) -> list[Json]:
        return self.resources.get(resource_type, [])

    def drug_of(self, resource: Json) -> set[str]:
        if "medicationCodeableConcept" in resource:
            return keys(resource["medicationCodeableConcept"])
        target = resource["medicationReference"]["reference"]
        inside = {"#" + contained["id"]: contained for contained in resource.get("contained", [])}
        return keys((inside.get(target) or self.medications[target])["code"])

    def exposures(self, drugs: list[str]) -> list[tuple[date, date]]:
        """(first day, last day) of every administration, dispense and statement that was really given."""
        wanted = frozenset().union(*(drug_keys(drug) for drug in drugs))
        types = ("MedicationAdministration", "MedicationDispense", "MedicationStatement")
        given = [r for t in types for r in self.of(t) if r["status"] in GIVEN and self.drug_of(r) & wanted]
        return sorted(taken_days(resource) for resource in given)

    def sums(self) -> list[Scan]:
        """(day, mm) of the sums of target-lesion diameters, own Observations and components alike."""
        return sorted((day(o["effectiveDateTime"]), mm) for o in self.final_observations() for mm in sums_in(o))

    def responses(self) -> list[Scan]:
        """(day, PR, SD or PD) of the recorded overall responses."""
        return sorted(
            (day(o["effectiveDateTime"]), ANSWERS[(keys(o["valueCodeableConcept"]) & set(ANSWERS)).pop()])
            for o in self.final_observations()
            if coded(o["code"]) & RESPONSE_QUESTIONS
        )

    def final_observations(self) -> Iterator[Json]:
        return (o for o in self.of("Observation") if o["status"] in {"final", "amended", "corrected"})

    def contacts(self) -> set[date]:
        """Days of clinical events up to the cut: visits to their end, everything else by its start."""
        days = {d for e in self.of("Encounter") if e["status"] == "finished" for d in period_days(e["period"])}
        days |= {day(o["effectiveDateTime"]) for o in self.final_observations()}
        days |= {first for first, _ in self.exposures(list(spellings("drugs")["drugs"]))}
        days |= {day(c["onsetDateTime"]) for c in self.of("Condition")}
        days |= {
            day(next(e[k] for k in ("date", "detected", "recordedDate") if k in e)) for e in self.of("AdverseEvent")
        }
        return {d for d in days if d <= DATA_CUT}

    def death(self) -> date | None:
        return day(self.patient["deceasedDateTime"]) if "deceasedDateTime" in self.patient else None


def period_days(period: Json) -> tuple[date, date]:
    return day(period["start"]), day(period["end"])


def taken_days(resource: Json) -> tuple[date, date]:
    if "effectivePeriod" in resource:
        return period_days(resource["effectivePeriod"])
    if "whenHandedOver" in resource:
        start = day(resource["whenHandedOver"])
        return start, start + timedelta(days=resource["daysSupply"]["value"] - 1)
    return (day(resource["effectiveDateTime"]),) * 2


def sums_in(observation: Json) -> list[float]:
    parts = [observation, *observation.get("component", [])]
    found = [part["valueQuantity"] for part in parts if SUM in coded(part["code"])]
    return [round(q["value"] * {"mm": 1, "cm": 10}[q["code"]], 3) for q in found]


def read(*folders: Path) -> dict[str, Chart]:
    """The current state after the folders: of each resource the highest version."""
    current: dict[tuple[str, str], Json] = {}
    for file in (file for folder in folders for file in sorted(folder.glob("*.ndjson"))):
        for resource in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
            key = (resource["resourceType"], resource["id"])
            known = current.get(key)
            if known is None or int(resource["meta"]["versionId"]) >= int(known["meta"]["versionId"]):
                current[key] = resource
    medications = {f"Medication/{name}": r for (kind, name), r in current.items() if kind == "Medication"}
    charts = {name: Chart(r, {}, medications) for (kind, name), r in current.items() if kind == "Patient"}
    for resource in current.values():
        if "subject" in resource:
            chart = charts[resource["subject"]["reference"].removeprefix("Patient/")]
            chart.resources.setdefault(resource["resourceType"], []).append(resource)
    return charts


def responses_from_sums(sums: list[Scan], index: date) -> list[Scan]:
    """RECIST 1.1 target responses after index; baseline is the latest sum within 28 days up to index."""
    baseline = max(day for day, _ in sums if timedelta() <= index - day <= timedelta(days=28))
    measured = [mm for day, mm in sums if day == baseline]
    found = []
    for scan_day, mm in (scan for scan in sums if scan[0] > index):
        nadir = min(measured)
        progressed = 5 * mm >= 6 * nadir and mm >= nadir + 5
        found.append((scan_day, "PD" if progressed else "PR" if 10 * mm <= 7 * measured[0] else "SD"))
        measured.append(mm)
    return found


def best(assessed: list[Scan], index: date) -> str:
    """Best overall response up to the first progression; stable disease needs 42 days."""
    seen = []
    for scan_day, response in assessed:
        if response != "SD" or scan_day - index >= timedelta(days=42):
            seen.append(response)
        if response == "PD":
            break
    return next((r for r in ("PR", "SD", "PD") if r in seen), "NE")


def eras(taken: list[tuple[date, date]], cycle: int, persistence: int) -> list[Era]:
    """Exposure eras: each record covers its days, at least a cycle, and the persistence."""
    found: list[Era] = []
    for first, last in taken:
        until = max(last, first + timedelta(days=cycle - 1)) + timedelta(days=persistence)
        if found and first <= found[-1].until + timedelta(days=1):
            found[-1] = Era(found[-1].start, max(until, found[-1].until))
        else:
            found.append(Era(first, until))
    return found


def component_eras(chart: Chart) -> tuple[list[Era], list[Era]]:
    """Eras of the oral component and of the infused class."""
    drugs = spellings("drugs")
    return eras(chart.exposures([drugs["oral"]["drug"]]), 14, 7), eras(chart.exposures(drugs["infusions"]), 21, 21)


def failed(chart: Chart) -> set[str]:
    """The criteria of the cohort that the patient fails: empty for a member."""
    oral, infused = component_eras(chart)
    missing = ({"oral"} if not oral else set()) | ({"infusion"} if not infused else set())
    pairs = [(a, b) for a in oral for b in infused]
    close = [pair for pair in pairs if abs(pair[0].start - pair[1].start) <= timedelta(days=42)]
    concurrent = [pair for pair in pairs if min(e.until for e in pair) >= max(e.start for e in pair)]
    both = [pair for pair in close if pair in concurrent]
    if pairs and not both:
        return ({"close"} if not close else set()) | ({"concurrent"} if not concurrent else set())
    first, index = (min(e.start for e in both[0]), max(e.start for e in both[0])) if both else (date.max, date.max)
    return missing | _failed_at(chart, first, index)


def _failed_at(chart: Chart, first: date, index: date) -> set[str]:
    drugs = spellings("drugs")
    other = {drug for line in drugs["prior_lines"] for drug in line}
    conditions = [c for c in chart.of("Condition") if day(c["onsetDateTime"]) <= index and is_confirmed(c)]
    born = day(chart.patient["birthDate"])
    holds = {
        "diagnosis": any(is_sarcoma(condition) for condition in conditions),
        "metastatic": any(SPREAD & facts(condition) for condition in conditions),
        "adult": (born.year + 18, born.month, born.day) <= (index.year, index.month, index.day),
        "prior_line": any(start < first for start, _ in chart.exposures(sorted(other))),
    }
    return {criterion for criterion, held in holds.items() if not held}


def is_confirmed(condition: Json) -> bool:
    return "confirmed" in keys(condition["verificationStatus"])


def facts(condition: Json) -> set[str]:
    found = keys(condition["code"])
    return found.union(*(keys(stage["summary"]) for stage in condition.get("stage", [])))


def is_sarcoma(condition: Json) -> bool:
    subtypes = spellings("diagnoses")["subtypes"].values()
    histology = {c for e in condition.get("extension", []) for c in keys(e["valueCodeableConcept"])}
    own_code = {coding[1] for subtype in subtypes for coding in subtype.get("code", {}).get("codings", [])}
    return bool(histology & {s.get("morphology") for s in subtypes} or keys(condition["code"]) & own_code)


def index_date(chart: Chart) -> date:
    oral, infused = component_eras(chart)
    return min(
        max(a.start, b.start)
        for a in oral
        for b in infused
        if abs(a.start - b.start) <= timedelta(days=42) and min(a.until, b.until) >= max(a.start, b.start)
    )


def outcome(chart: Chart, assessed: list[Scan] | None = None) -> Outcome:
    """Response, PFS and OS; assessed: recorded responses where there are any, else responses from the sums."""
    index = index_date(chart)
    recorded = [scan for scan in chart.responses() if scan[0] > index]
    scans = assessed or recorded or responses_from_sums(chart.sums(), index)
    death = chart.death()
    progression = next((scan_day for scan_day, response in scans if response == "PD"), None)
    ends = [end for end in (progression, death) if end is not None and end <= DATA_CUT]
    pfs_end = min(ends) if ends else max(scan_day for scan_day, _ in scans)
    os_end = death or max(chart.contacts())
    return Outcome(
        best(scans, index), (pfs_end - index).days + 1, bool(ends), (os_end - index).days + 1, death is not None, index
    )
