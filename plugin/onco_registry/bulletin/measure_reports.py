"""The headline measures as FHIR R4 MeasureReports of type summary, in one Bundle; nothing in it is about one patient.

Each measure is known by `urn:onco-registry:measure:<name>` (docs/bulletin.md lists them). A proportion has the
populations initial-population, denominator and numerator, a median initial-population, measure-population and those
with the event. What is not there carries FHIR's data-absent-reason: `masked` where disclosure control took it away,
`unknown` where the data do not give it, as a median that was not reached.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from onco_registry.bulletin.catalogue import Catalogue
from onco_registry.bulletin.headline_words import measure_name
from onco_registry.bulletin.sections.headline import FOLLOW_UP
from onco_registry.bulletin.sections.response import RATES

MEASURE = "urn:onco-registry:measure"
INTERVAL = "urn:onco-registry:extension:confidence-interval"
ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
POPULATION = "http://terminology.hl7.org/CodeSystem/measure-population"
UCUM = "http://unitsofmeasure.org"
# Test health data: what generated patients gave.
FICTIONAL = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}
# Unit of an estimate -> its name and code in UCUM.
UNITS = {"proportion": ("1", "1"), "months": ("months", "mo")}
# Of the adverse events of any cause: measure -> its title.
SAFETY = {
    "ae_any": "Patients with an adverse event",
    "ae_grade_3_4": "Patients with an adverse event of worst grade 3 or 4",
}

Json = dict[str, Any]


def render(document: Mapping[str, Any]) -> bytes:
    """The Bundle as JSON; equal documents give equal bytes."""
    return f"{json.dumps(bundle(document), ensure_ascii=False, indent=2, allow_nan=False)}\n".encode()


def bundle(document: Mapping[str, Any]) -> Json:
    """A Bundle of type collection with a report for each measure that the document has."""
    about, registry = document["bulletin"], document["registry"]
    edition = f"{registry['name']}/{registry['cohort']}/{about['data_cut']}/{about['edition']}"
    return {
        "resourceType": "Bundle",
        **({"meta": {"tag": [FICTIONAL]}} if about["fictional"] else {}),
        "identifier": {"system": "urn:onco-registry:bulletin", "value": edition},
        "type": "collection",
        "timestamp": about["computed"],
        "entry": [
            {"fullUrl": uuid5(NAMESPACE_OID, f"{edition}/{about['hash']}/{measure}").urn, "resource": report}
            for measure, report in _reports(document)
        ],
    }


def _reports(document: Mapping[str, Any]) -> Iterator[tuple[str, Json]]:
    """(measure, report), response rates first, then medians by name, that of follow-up and safety last."""
    measures = document["headline"]["measures"]
    words = Catalogue("en")
    last = [FOLLOW_UP] if FOLLOW_UP in measures else []
    for name in [*(rate for rate in RATES if rate in measures), *sorted({*measures} - {*RATES, *last}), *last]:
        if measures[name] is not None:
            title = measure_name(document, words, name)
            yield name, _report(document, measures[name], title)
    for row in (document["safety"] or {}).get("any", []):
        if row["measure"] in SAFETY:
            yield row["measure"], _report(document, row, SAFETY[row["measure"]])


def _report(document: Mapping[str, Any], row: Json, title: str) -> Json:
    about, measure = document["bulletin"], row["measure"]
    reason = "masked" if row.get("withheld") else "unknown"
    populations = _of_proportion(row) if row["unit"] == "proportion" else _of_median(row)
    return {
        "resourceType": "MeasureReport",
        "id": measure.replace("_", "-"),
        "status": "complete",
        "type": "summary",
        "measure": f"{MEASURE}:{measure}",
        "date": about["computed"],
        "reporter": {"display": document["registry"]["title"]},
        # When the first patient entered is not in the document.
        "period": {"end": about["data_cut"]},
        "group": [
            {
                "code": {"coding": [{"system": MEASURE, "code": measure}], "text": title},
                "population": [
                    {"code": _coded("initial-population"), **_count(document["headline"]["patients"], "masked")},
                    *({"code": code, **_count(count, reason)} for code, count in populations),
                ],
                "measureScore": _score(row, reason),
            }
        ],
    }


def _of_proportion(row: Json) -> list[tuple[Json, int | None]]:
    return [(_coded("denominator"), row["n"]), (_coded("numerator"), row["x"])]


def _of_median(row: Json) -> list[tuple[Json, int | None]]:
    return [(_coded("measure-population"), row["n"]), ({"text": "with the event"}, row["events"])]


def _coded(code: str) -> Json:
    return {"coding": [{"system": POPULATION, "code": code}]}


def _count(count: int | None, reason: str) -> Json:
    return {"_count": _absent(reason)} if count is None else {"count": count}


def _absent(reason: str) -> Json:
    return {"extension": [{"url": ABSENT, "valueCode": reason}]}


def _score(row: Json, reason: str) -> Json:
    """The estimate with its interval, or why there is none."""
    interval = _interval(row)
    absent = [] if row["estimate"] is not None else _absent(reason)["extension"]
    extensions = [*absent, *([interval] if interval else [])]
    return {
        **({"extension": extensions} if extensions else {}),
        **(_quantity(row["estimate"], row["unit"]) if not absent else {}),
    }


def _interval(row: Json) -> Json | None:
    """Level, method and limits of an interval; a limit that was not reached is not there."""
    limits = {end: row[name] for end, name in (("low", "lower"), ("high", "upper"))}
    known = {end: _quantity(value, row["unit"]) for end, value in limits.items() if value is not None}
    if not known:
        return None
    parts = [{"url": "interval", "valueRange": known}]
    if row["ci_level"] is not None:
        parts.append({"url": "level", "valueDecimal": row["ci_level"]})
    if row["ci_method"] is not None:
        parts.append({"url": "method", "valueString": row["ci_method"]})
    return {"url": INTERVAL, "extension": parts}


def _quantity(value: float, unit: str) -> Json:
    name, code = UNITS[unit]
    return {"value": value, "unit": name, "system": UCUM, "code": code}
