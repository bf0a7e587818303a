"""The MeasureReports: valid FHIR R4, the document's numbers, and nobody named."""

from __future__ import annotations

import json
from typing import Any

from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.measurereport import MeasureReport

from onco_registry.bulletin.measure_reports import ABSENT, INTERVAL, bundle, render


def reports(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Measure -> its report, each accepted by the FHIR models."""
    entries = [entry["resource"] for entry in bundle(document)["entry"]]
    for resource in entries:
        MeasureReport.model_validate(resource)
    return {resource["measure"].rpartition(":")[2]: resource for resource in entries}


def populations(report: dict[str, Any]) -> dict[str, int | None]:
    """Population -> its count."""
    (group,) = report["group"]
    return {
        population["code"].get("text") or population["code"]["coding"][0]["code"]: population.get("count")
        for population in group["population"]
    }


def score(report: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = report["group"][0]["measureScore"]
    return found


def reasons(node: Any) -> list[str]:
    """Every data-absent-reason in a resource."""
    inner = list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else []
    own = [node["valueCode"]] if isinstance(node, dict) and node.get("url") == ABSENT else []
    return own + [reason for each in inner for reason in reasons(each)]


def test_the_bundle_is_valid_and_of_the_edition(document: dict[str, Any]) -> None:
    found: Any = Bundle.model_validate_json(render(document))
    assert (found.type, found.timestamp.isoformat()) == ("collection", "2022-07-01T08:30:00+00:00")
    assert found.identifier.value == "two_drugs/both/2022-05-31/internal"
    assert [tag.code for tag in found.meta.tag] == ["HTEST"]
    assert [entry.resource.id for entry in found.entry] == [
        "orr", "dcr", "os-median", "pfs-median", "follow-up-median", "ae-any", "ae-grade-3-4",
    ]  # fmt: skip
    assert len({entry.fullUrl for entry in found.entry}) == 7


def test_a_proportion(document: dict[str, Any]) -> None:
    report = reports(document)["orr"]
    assert report["measure"] == "urn:onco-registry:measure:orr"
    assert (report["status"], report["type"], report["period"]) == ("complete", "summary", {"end": "2022-05-31"})
    assert report["date"] == "2022-07-01T08:30:00+00:00"
    assert report["group"][0]["code"]["text"] == "Objective response rate"
    assert populations(report) == {"initial-population": 8, "denominator": 8, "numerator": 3}
    assert score(report) == {
        "extension": [
            {
                "url": "urn:onco-registry:extension:confidence-interval",
                "extension": [
                    {
                        "url": "interval",
                        "valueRange": {
                            "low": {"value": 0.0852, "unit": "1", "system": "http://unitsofmeasure.org", "code": "1"},
                            "high": {"value": 0.7551, "unit": "1", "system": "http://unitsofmeasure.org", "code": "1"},
                        },
                    },
                    {"url": "level", "valueDecimal": 0.95},
                    {"url": "method", "valueString": "clopper-pearson"},
                ],
            }
        ],
        "value": 0.375,
        "unit": "1",
        "system": "http://unitsofmeasure.org",
        "code": "1",
    }


def test_a_median_in_months_with_an_open_limit(document: dict[str, Any]) -> None:
    report = reports(document)["pfs_median"]
    assert populations(report) == {"initial-population": 8, "measure-population": 8, "with the event": 5}
    assert {key: value for key, value in score(report).items() if key != "extension"} == {
        "value": 6.25,
        "unit": "months",
        "system": "http://unitsofmeasure.org",
        "code": "mo",
    }
    (interval,) = score(report)["extension"]
    assert interval["extension"][0] == {
        "url": "interval",
        "valueRange": {"low": {"value": 2.04, "unit": "months", "system": "http://unitsofmeasure.org", "code": "mo"}},
    }


def test_a_median_that_was_not_reached_is_unknown(document: dict[str, Any]) -> None:
    report = reports(document)["os_median"]
    assert reasons(report) == ["unknown"]
    assert [each["url"] for each in score(report)["extension"]] == [ABSENT, INTERVAL]
    assert "value" not in score(report)


def test_adverse_events(document: dict[str, Any]) -> None:
    found = reports(document)
    assert populations(found["ae_any"]) == {"initial-population": 8, "denominator": 8, "numerator": 7}
    assert populations(found["ae_grade_3_4"]) == {"initial-population": 8, "denominator": 8, "numerator": 2}
    assert (score(found["ae_any"])["value"], score(found["ae_grade_3_4"])["value"]) == (0.875, 0.25)


def test_what_disclosure_control_took_is_masked(document: dict[str, Any]) -> None:
    hidden = dict.fromkeys(["x", "n", "events", "estimate", "lower", "upper"])
    for measure in ("orr", "pfs_median"):
        document["headline"]["measures"][measure].update(hidden, withheld=True)
    found = reports(document)
    assert populations(found["orr"]) == {"initial-population": 8, "denominator": None, "numerator": None}
    for measure in ("orr", "pfs_median"):
        assert reasons(found[measure]) == ["masked"] * 3
        assert score(found[measure]) == {"extension": [{"url": ABSENT, "valueCode": "masked"}]}
    # Nothing was taken from it: it was not reached.
    assert reasons(found["os_median"]) == ["unknown"]


def test_what_the_document_does_not_have_has_no_report(document: dict[str, Any]) -> None:
    document["headline"]["measures"]["follow_up_median"] = None
    del document["headline"]["measures"]["orr"]
    document["safety"] = None
    assert list(reports(document)) == ["dcr", "os_median", "pfs_median"]


def test_an_endpoint_of_the_registry_has_its_own_words(document: dict[str, Any]) -> None:
    survival, measures = document["survival"], document["headline"]["measures"]
    survival.append({**survival[0], "endpoint": "relapse", "label": "Time to relapse"})
    measures["relapse_median"] = measures["pfs_median"] | {"measure": "relapse_median"}
    report = reports(document)["relapse_median"]
    assert report["measure"] == "urn:onco-registry:measure:relapse_median"
    assert report["group"][0]["code"]["text"] == "Median time to relapse"


def test_nobody_is_named(document: dict[str, Any]) -> None:
    for report in reports(document).values():
        assert report["reporter"] == {"display": "Two drugs in a rare disease"}
        assert '"reference"' not in json.dumps(report)
        assert "subject" not in report
        assert "evaluatedResource" not in report
        assert "start" not in report["period"]
