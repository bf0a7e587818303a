"""What is measured at visits: performance status, blood counts and chemistry, blood pressure with components."""

from __future__ import annotations

from datetime import date

from onco_registry.demo.catalogue import Json
from onco_registry.demo.chart import Chart
from onco_registry.demo.imaging import observation
from onco_registry.demo.person import in_visit


def performance_status(chart: Chart, day: date, during: Json | None = None) -> Json:
    """ECOG performance status 0 to 2."""
    body = {**in_visit(during), "valueInteger": chart.random.choice((0, 1, 1, 2))}
    if chart.turn % 2:
        body = {**in_visit(during), "valueQuantity": {"value": body["valueInteger"]}}
    return observation(chart, "ecog", chart.catalogue.codes["performance_status"], day, body, category="exam")


def blood_pressure(chart: Chart, day: date, during: Json | None = None) -> Json:
    """Blood pressure: one Observation, two components."""
    spelling = chart.catalogue.codes["blood_pressure"]
    components = [
        {
            "code": chart.catalogue.concept(part["concept"]),
            "valueQuantity": chart.catalogue.quantity(_draw(chart, part), part["unit"]),
        }
        for part in spelling["parts"]
    ]
    body = {**in_visit(during), "component": components}
    return observation(chart, "bp", spelling["panel"], day, body, category="vital-signs")


def laboratory(chart: Chart, day: date, during: Json | None = None) -> list[Json]:
    """The laboratory panel of one visit, each with its reference range."""
    return [_laboratory_value(chart, test, day, during) for test in chart.catalogue.codes["labs"]]


def _laboratory_value(chart: Chart, test: Json, day: date, during: Json | None) -> Json:
    quantity = chart.catalogue.quantity
    body = {
        **in_visit(during),
        "valueQuantity": quantity(_draw(chart, test), test["unit"]),
        "referenceRange": [{"low": quantity(test["low"], test["unit"]), "high": quantity(test["high"], test["unit"])}],
    }
    return observation(chart, "lab", test["concept"], day, body, category="laboratory")


def _draw(chart: Chart, test: Json) -> float:
    mean, digits = float(test["mean"]), int(test.get("digits", 0))
    positive = max(chart.random.gauss(mean, test["spread"]), mean / 10)
    return round(positive, digits) if digits else round(positive)
