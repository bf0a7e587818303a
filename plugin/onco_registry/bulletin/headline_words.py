"""The headline in words: what its measures are called, and its numbers as a sentence or two."""

from collections.abc import Mapping
from typing import Any

from onco_registry.bulletin.catalogue import Catalogue
from onco_registry.bulletin.sections.headline import FOLLOW_UP
from onco_registry.bulletin.sections.response import RATES

# In a cohort with fewer patients the head of the page gives counts, no rates, medians or sentence on them.
FEWEST_FOR_ESTIMATES = 10


def in_order(document: Mapping[str, Any]) -> list[str]:
    """The headline measures as they are read: rates, medians in the order of the endpoints, others."""
    found = document["headline"]["measures"]
    ordered = [*RATES, *(f"{entry['endpoint']}_median" for entry in document["survival"])]
    return [name for name in [*ordered, *sorted(set(found) - set(ordered))] if name in found]


def measure_name(document: Mapping[str, Any], words: Catalogue, measure: str) -> str:
    """The reader's words for a headline measure; of an endpoint without words of its own those of its label."""
    median = words("measure.median", endpoint=words.inside(endpoint_name(document, words, measure)))
    return words.name("measure", measure, median)


def endpoint_name(document: Mapping[str, Any], words: Catalogue, measure: str) -> str:
    """The reader's words for the endpoint that a median is of."""
    labels = {f"{entry['endpoint']}_median": entry["label"] for entry in document["survival"]}
    return words.text(labels.get(measure, measure))


def finding(document: Mapping[str, Any], words: Catalogue) -> str:
    """The bulletin in one or two sentences, from the headline numbers."""
    measures, patients = document["headline"]["measures"], document["headline"]["patients"]
    if patients is None:
        return words("disclosure.nothing", k=document["bulletin"]["minimum_cell"])
    if not patients:
        return words("headline.finding_none")
    if patients < FEWEST_FOR_ESTIMATES and document["bulletin"]["edition"] == "internal":
        return words("headline.too_few", n=patients)
    medians = [name for name in in_order(document) if name.endswith("_median") and name != FOLLOW_UP]
    reached = [name for name in medians[:2] if measures[name] and measures[name]["estimate"] is not None]
    rate = measures.get("orr")
    sentences = [_responded(rate, words)] if rate and not rate.get("withheld") else []
    sentences += [
        words(
            "headline.finding_median", measure=measure_name(document, words, name),
            value=words.value(measures[name]), level=words.level(measures[name]),
            interval=words.interval(measures[name]),
        )
        for name in reached
    ]  # fmt: skip
    if not sentences and words.withholds:
        return words("headline.finding_withheld")
    return words("list.sentence").join(sentences) or words("headline.finding_nothing")


def _responded(rate: Mapping[str, Any], words: Catalogue) -> str:
    return words(
        "headline.finding_response", x=rate["x"], n=rate["n"], rate=words.value(rate),
        level=words.level(rate), interval=words.interval(rate),
    )  # fmt: skip
