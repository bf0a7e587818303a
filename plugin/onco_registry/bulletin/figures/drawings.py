"""Which figures a document has, each drawn once per format."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from onco_registry.bulletin.catalogue import Catalogue
from onco_registry.bulletin.figures import (
    adverse_events,
    attrition_flow,
    completeness,
    forest,
    gridded_curve,
    incidence,
    kaplan_meier,
    response_strip,
    spider,
    swimmer,
    waterfall,
)
from onco_registry.bulletin.figures.svg import FORMATS, Format, Svg
from onco_registry.bulletin.sections.estimates import divided

Draw = Callable[[Format], Svg]


def drawings(document: Mapping[str, Any], words: Catalogue) -> dict[str, list[Svg]]:
    """By name, the drawings of each figure that has data; the others are absent."""
    figures = _patients(document, words) | _response(document, words) | _survival(document, words)
    figures |= _safety(document, words)
    if document["completeness"]:
        figures["completeness"] = partial(completeness.draw, document["completeness"], words)
    return {name: [draw(form) for form in FORMATS] for name, draw in figures.items()}


def _patients(document: Mapping[str, Any], words: Catalogue) -> dict[str, Draw]:
    if not document["attrition"]:
        return {}
    return {"attrition": partial(attrition_flow.draw, document["attrition"], document["headline"]["patients"], words)}


def _response(document: Mapping[str, Any], words: Catalogue) -> dict[str, Draw]:
    response = document["response"]
    if response is None:
        return {}
    figures: dict[str, Draw] = {}
    counts = response_strip.response_counts(response["estimates"])
    # A cell is a patient: the public edition has none.
    if any(counts.values()) and document["bulletin"]["edition"] == "internal":
        figures["strip"] = partial(response_strip.draw, counts, words)
    for name, draw in (("waterfall", waterfall.draw), ("swimmer", swimmer.draw), ("spider", spider.draw)):
        if response.get(name):
            figures[name] = partial(draw, response[name], words)
    if strata := divided(response["strata"]):
        overall = document["headline"]["measures"].get("orr")
        figures["forest"] = partial(forest.draw, strata, overall, words)
    return figures


def _survival(document: Mapping[str, Any], words: Catalogue) -> dict[str, Draw]:
    return {
        f"km-{entry['endpoint']}": partial(_curve(entry), entry, words)
        for entry in document["survival"]
        if kaplan_meier.drawn(entry)
    }


def _curve(entry: dict[str, Any]) -> Callable[..., Svg]:
    """How a curve is drawn: by each patient's time, or by the ends of intervals."""
    return gridded_curve.draw if entry["curve"]["grid_days"] else kaplan_meier.draw


def _safety(document: Mapping[str, Any], words: Catalogue) -> dict[str, Draw]:
    safety = document["safety"] or {}
    figures: dict[str, Draw] = {}
    if any(map(adverse_events.drawn, safety.get("terms", []))):
        figures["adverse-events"] = partial(adverse_events.draw, safety["terms"], words)
    if any(map(incidence.drawn, safety.get("incidence", []))):
        figures["incidence"] = partial(incidence.draw, safety["incidence"], words)
    return figures
