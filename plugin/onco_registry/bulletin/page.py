"""The HTML page: one file without script or outside request, drawn only from the canonical document."""

from collections.abc import Callable, Mapping
from functools import partial
from importlib import resources
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from onco_registry.bulletin import attrition_flow, forest, kaplan_meier, response_strip, waterfall
from onco_registry.bulletin.catalogue import Catalogue
from onco_registry.bulletin.content import DAYS_PER, FEWEST_AT_RISK, FEWEST_FOR_ESTIMATES, RESPONSES
from onco_registry.bulletin.svg import FORMATS, Format, Svg

SECTIONS = ("patients", "response", "survival", "safety", "completeness", "checks", "methods")


def render(document: Mapping[str, Any]) -> str:
    """The page of a document that `document.build` made; equal documents give equal text."""
    words = Catalogue(document["bulletin"]["language"])
    environment = Environment(
        loader=FunctionLoader(_resource), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("page.html.j2").render(
        d=document, t=words, css=Markup(_resource("page.css")),
        drawn=[entry["endpoint"] for entry in filter(kaplan_meier.drawn, document["survival"])],
        sections=SECTIONS, figures=_figures(document, words), finding=finding(document, words),
        responses=RESPONSES, fewest=FEWEST_AT_RISK, rate_label=_rate_label, events=_events,
        small=document["headline"]["patients"] < FEWEST_FOR_ESTIMATES,
        failed=sum(check["status"] == "fail" for check in document["consistency_checks"]),
    )  # fmt: skip


def finding(document: Mapping[str, Any], words: Catalogue) -> str:
    """The bulletin in one or two sentences, from the headline numbers."""
    measures = document["headline"]["measures"]
    rate, pfs, os = measures["orr"], measures["pfs_median"], measures["os_median"]
    patients = document["headline"]["patients"]
    if not patients:
        return words("headline.finding_none")
    if rate is None:
        return words("response.none")
    if patients < FEWEST_FOR_ESTIMATES:
        return words("headline.too_few", n=patients)
    sentences = [
        words(
            "headline.finding_response", x=rate["x"], n=rate["n"], rate=words.value(rate),
            level=words.level(rate), interval=words.interval(rate),
        )
    ]  # fmt: skip
    if pfs and os and pfs["estimate"] is not None and os["estimate"] is not None:
        sentences.append(words("headline.finding_survival", pfs=words.value(pfs), os=words.value(os)))
    return " ".join(sentences)


def _figures(document: Mapping[str, Any], words: Catalogue) -> dict[str, list[Svg]]:
    """The drawings of each figure that has data, one per format."""
    response, survival = document["response"], document["survival"]
    counts = response_strip.response_counts(response["estimates"])
    overall = document["headline"]["measures"]["orr"]
    patients = document["headline"]["patients"]
    figures: dict[str, Callable[[Format], Svg]] = {}
    if document["attrition"]:
        figures["attrition"] = partial(attrition_flow.draw, document["attrition"], patients, words)
    if any(counts.values()):
        figures["strip"] = partial(response_strip.draw, counts, words)
    if response["waterfall"]:
        figures["waterfall"] = partial(waterfall.draw, response["waterfall"], words)
    if response["strata"]:
        figures["forest"] = partial(forest.draw, response["strata"], overall, words)
    for entry in filter(kaplan_meier.drawn, survival):
        figures[f"km-{entry['endpoint']}"] = partial(kaplan_meier.draw, entry, words)
    return {name: [draw(form) for form in FORMATS] for name, draw in figures.items()}


def _rate_label(measure: str, words: Catalogue) -> str:
    """'pfs_rate_6m' -> 'Rate at 6 months'; 'pfs_median' -> 'Median'."""
    kind, time = _kind(measure)
    return words(f"survival.rate_{time[-1]}", time=time[:-1]) if kind == "rate" else words("survival.median")


def _events(entry: dict[str, Any], row: dict[str, Any]) -> int | None:
    """The events behind a row of estimates: of a rate those up to its time, by the curve of the endpoint."""
    kind, time = _kind(row["measure"])
    if kind != "rate":
        found: int | None = row["events"]
        return found
    return kaplan_meier.events_until(entry, int(time[:-1]) * DAYS_PER[time[-1]])


def _kind(measure: str) -> tuple[str, str]:
    """'pfs_rate_6m' -> ('rate', '6m'); 'pfs_median' -> ('median', '')."""
    kind, _, time = measure.split("_", 1)[1].partition("_")
    return kind, time


def _resource(name: str) -> str:
    return resources.files("onco_registry.bulletin").joinpath(name).read_text("utf-8")
