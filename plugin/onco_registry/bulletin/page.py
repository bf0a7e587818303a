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
from onco_registry.bulletin.figures import kaplan_meier
from onco_registry.bulletin.figures.drawings import drawings
from onco_registry.bulletin.figures.swimmer import MOST_ROWS
from onco_registry.bulletin.headline_words import FEWEST_FOR_ESTIMATES, endpoint_name, finding, in_order, measure_name
from onco_registry.bulletin.layout import by_endpoint, by_group, by_reason, by_rule, by_source, told
from onco_registry.bulletin.sections.at_risk import FEWEST_AT_RISK, few_at_risk
from onco_registry.bulletin.sections.headline import FOLLOW_UP
from onco_registry.bulletin.sections.quality import FEWEST_FOR_PERCENTILE
from onco_registry.bulletin.sections.response import RESPONSES
from onco_registry.bulletin.statement import said
from onco_registry.bulletin.unbroken import unbroken

SECTIONS = (
    "changes", "patients", "baseline", "response", "survival", "safety", "completeness", "checks", "methods",
    "worklist", "abbreviations",
)  # fmt: skip
# So many numbers fit into the box at the head.
MOST_TILES = 5


def render(document: Mapping[str, Any], language: str = "en") -> str:
    """The page of a document that `document.build` made, in one language; equal documents give equal text."""
    public = document["bulletin"]["edition"] == "public"
    words = Catalogue(language, document["translations"].get(language, {}), withholds=public)
    environment = Environment(
        loader=FunctionLoader(_template), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, finalize=unbroken,
    )  # fmt: skip
    measures = document["headline"]["measures"]
    tiles = [name for name in in_order(document) if name != FOLLOW_UP][:MOST_TILES]
    return environment.get_template("page.html.j2").render(
        d=document, t=words, css=Markup(_template("page.css")), tiles=tiles,
        medians=[name for name in tiles if measures[name] and measures[name]["events"] is not None],
        measure_name=partial(measure_name, document, words), endpoint_name=partial(endpoint_name, document, words),
        said=partial(said, words), joined=partial(_joined, document, words),
        drawn=[entry["endpoint"] for entry in filter(kaplan_meier.drawn, document["survival"])],
        sections=_sections(document), abbreviations=partial(abbreviations, words=words),
        figures=drawings(document, words), finding=finding(document, words), most_rows=MOST_ROWS,
        responses=RESPONSES, fewest=FEWEST_AT_RISK, fewest_for_percentile=FEWEST_FOR_PERCENTILE,
        rate_label=_rate_label, few_at_risk=few_at_risk,
        declared=partial(_declared, document), told=told(document["survival"]),
        by_rule=by_rule(document["response"]["by_rule"] if document["response"] else []),
        judged_by=by_source(document["response"]["by_source"] if document["response"] else []),
        by_reason=by_reason(document["further_flows"]),
        by_group=by_group(document["survival"], FEWEST_AT_RISK),
        undivided=_undivided(document, words), contrasts=by_endpoint(document["contrasts"]),
        months_of=_months_of, declared_days=_declared_days,
        small=not public and document["headline"]["patients"] < FEWEST_FOR_ESTIMATES,
        failed=sum(check["status"] == "fail" for check in document["consistency_checks"]),
    )  # fmt: skip


def _sections(document: Mapping[str, Any]) -> list[str]:
    """Those that the document has; a registry that declares no baseline table has none."""
    absent = {name for name in SECTIONS if document.get(name, True) is None}
    return [name for name in SECTIONS if name not in absent and (name != "baseline" or document["baseline"])]


def _rate_label(measure: str, words: Catalogue) -> str:
    """'pfs_rate_6m' -> 'Alive without progression at 6 months'; 'pfs_median' -> 'Median'."""
    if found := re.search(r"_(rate|rmst)_(\d+)([mw])$", measure):
        state = words.name("state", measure[: found.start()], words("state.other"))
        return words(f"survival.{found[1]}_{found[3]}", time=found[2], what=state)
    return words("survival.median")


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


def _undivided(document: Mapping[str, Any], words: Catalogue) -> str:
    """The strata with one label, which are not drawn: 'Line: First'."""
    strata = (document["response"] or {}).get("strata", [])
    return words("list.comma").join(
        words("forest.label", stratum=words.name("stratum", one["variable"], one["label"]), label=words.together(row))
        for one in strata
        if len(one["rows"]) == 1
        for row in one["rows"]
    )


def _joined(document: Mapping[str, Any], words: Catalogue, measures: list[str]) -> str:
    """The names of headline measures within a sentence."""
    return words("list.comma").join(words.inside(measure_name(document, words, name)) for name in measures)
