"""The HTML page: one file without script or outside request, drawn only from the canonical document."""

import re
from collections.abc import Mapping
from functools import partial
from importlib import resources
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from onco_registry.bulletin.abbreviations import abbreviations
from onco_registry.bulletin.catalogue import Catalogue
from onco_registry.bulletin.crossed import by_group, by_rule
from onco_registry.bulletin.figures import kaplan_meier
from onco_registry.bulletin.figures.drawings import drawings
from onco_registry.bulletin.figures.swimmer import MOST_ROWS
from onco_registry.bulletin.sections.headline import FOLLOW_UP
from onco_registry.bulletin.sections.quality import FEWEST_FOR_PERCENTILE
from onco_registry.bulletin.sections.response import RATES, RESPONSES
from onco_registry.bulletin.sections.survival import FEWEST_AT_RISK
from onco_registry.bulletin.statement import said

SECTIONS = (
    "changes", "patients", "baseline", "response", "survival", "safety", "completeness", "checks", "methods",
    "worklist", "abbreviations",
)  # fmt: skip
# In a cohort with fewer patients the head of the page gives counts, no rates, medians or sentence on them.
FEWEST_FOR_ESTIMATES = 10
# So many numbers fit into the box at the head.
MOST_TILES = 5


def render(document: Mapping[str, Any], language: str = "en") -> str:
    """The page of a document that `document.build` made, in one language; equal documents give equal text."""
    public = document["bulletin"]["edition"] == "public"
    words = Catalogue(language, document["translations"].get(language, {}), withholds=public)
    environment = Environment(
        loader=FunctionLoader(_template), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    measures = document["headline"]["measures"]
    tiles = [name for name in _headline_order(document) if name != FOLLOW_UP][:MOST_TILES]
    return environment.get_template("page.html.j2").render(
        d=document, t=words, css=Markup(_template("page.css")), tiles=tiles,
        medians=[name for name in tiles if measures[name] and measures[name]["events"] is not None],
        measure_name=partial(measure_name, document, words), endpoint_name=partial(endpoint_name, document, words),
        said=partial(said, words),
        drawn=[entry["endpoint"] for entry in filter(kaplan_meier.drawn, document["survival"])],
        sections=_sections(document), abbreviations=partial(abbreviations, words=words),
        figures=drawings(document, words), finding=finding(document, words), most_rows=MOST_ROWS,
        responses=RESPONSES, fewest=FEWEST_AT_RISK, fewest_for_percentile=FEWEST_FOR_PERCENTILE, rate_label=_rate_label,
        declared=partial(_declared, document),
        by_rule=by_rule((document["response"] or {}).get("by_rule", [])), by_group=by_group(document["survival"], FEWEST_AT_RISK),
        undivided=_undivided(document, words), contrasts=_by_endpoint(document["contrasts"]),
        months_of=_months_of, declared_days=_declared_days,
        small=not public and document["headline"]["patients"] < FEWEST_FOR_ESTIMATES,
        failed=sum(check["status"] == "fail" for check in document["consistency_checks"]),
    )  # fmt: skip


def _sections(document: Mapping[str, Any]) -> list[str]:
    """Those that the document has; a registry that declares no baseline table has none."""
    absent = {name for name in SECTIONS if document.get(name, True) is None}
    return [name for name in SECTIONS if name not in absent and (name != "baseline" or document["baseline"])]


def _headline_order(document: Mapping[str, Any]) -> list[str]:
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
    medians = [name for name in _headline_order(document) if name.endswith("_median") and name != FOLLOW_UP]
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
    if not sentences and any(row and row.get("withheld") for row in measures.values()):
        return words("headline.finding_withheld")
    return words("list.sentence").join(sentences) or words("headline.finding_nothing")


def _responded(rate: Mapping[str, Any], words: Catalogue) -> str:
    return words(
        "headline.finding_response", x=rate["x"], n=rate["n"], rate=words.value(rate),
        level=words.level(rate), interval=words.interval(rate),
    )  # fmt: skip


def _rate_label(measure: str, words: Catalogue) -> str:
    """'pfs_rate_6m' -> 'Rate at 6 months'; 'pfs_median' -> 'Median'."""
    if found := re.search(r"_(rate|rmst)_(\d+)([mw])$", measure):
        return words(f"survival.{found[1]}_{found[3]}", time=found[2])
    return words("survival.median")


def _undivided(document: Mapping[str, Any], words: Catalogue) -> str:
    """The strata with one label, which are not drawn: 'Line: First'."""
    strata = (document["response"] or {}).get("strata", [])
    return words("list.comma").join(
        words("forest.label", stratum=words.name("stratum", one["variable"], one["label"]), label=words.together(row))
        for one in strata
        if len(one["rows"]) == 1
        for row in one["rows"]
    )


def _by_endpoint(contrasts: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The contrasts by endpoint, both in the order of the document."""
    endpoints = dict.fromkeys(group["endpoint"] for group in contrasts)
    return [(name, [group for group in contrasts if group["endpoint"] == name]) for name in endpoints]


def _months_of(measure: str) -> str:
    """'pfs_rmst_difference_12m' -> '12'."""
    return measure.rpartition("_")[2].removesuffix("m")


def _declared(document: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """The values of a statement that the registry's definition gave the checklist: 'response_days' -> its days."""
    answers = (row["answer"] or () for row in document["checklist"])
    return next((one["with"] for answer in answers for one in answer if one["say"] == name), None)


def _declared_days(measure: str) -> str:
    """'death_within_30d_of_last_dose' -> '30'."""
    found = re.search(r"_(\d+)d_", measure)
    return found[1] if found else ""


def _template(name: str) -> str:
    return resources.files("onco_registry.bulletin").joinpath("templates", name).read_text("utf-8")
