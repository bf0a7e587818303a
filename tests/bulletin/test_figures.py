"""Figures: the geometry that carries numbers."""

import re
from itertools import pairwise
from typing import Any

import pytest

from onco_registry.bulletin.catalogue import Catalogue
from onco_registry.bulletin.figures import (
    attrition_flow,
    completeness,
    forest,
    response_strip,
)
from onco_registry.bulletin.figures.drawings import drawings
from onco_registry.bulletin.figures.marks import MARKS
from onco_registry.bulletin.figures.svg import FORMATS, Format, step_path
from support import bulletins
from support.drawing import marked, number, texts

words, chinese = Catalogue("en"), Catalogue("zh")
WIDE, NARROW = FORMATS


def test_step_path_is_level_until_the_next_time() -> None:
    assert step_path([(0, 10), (5, 20), (8, 25.5)]) == "M0 10H5V20H8V25.5"


@pytest.mark.parametrize("language", [words, chinese])
@pytest.mark.parametrize("make", [bulletins.one, bulletins.many, bulletins.few])
def test_every_mark_has_its_look_and_nothing_that_some_renderers_lack(make: Any, language: Catalogue) -> None:
    for svgs in drawings(make(), language).values():
        for svg in svgs:
            classes = {name for element in svg.root.iter() for name in (element.get("class") or "").split()}
            endpoint = {name for name in classes if name.startswith(("curve-", "band-", "censor-"))}
            forest_plain = {"forest-label", "forest-numbers"}
            assert classes - endpoint - forest_plain - set(MARKS) == set()
            markup = str(svg.markup())
            assert not re.search(r"var\(|foreignObject|<style|paint-order|http", markup)
            assert [element.tag for element in svg.root][:2] == ["title", "desc"]
            assert all(element.text for element in list(svg.root)[:2])


def test_without_data_there_is_no_figure() -> None:
    assert drawings(bulletins.document(), words) == {}
    assert drawings(bulletins.document(response=None, safety=None), words) == {}


def test_figures_of_every_section_in_both_formats() -> None:
    found = drawings(bulletins.many(), words)
    assert list(found) == [
        "attrition", "strip", "waterfall", "swimmer", "spider", "forest", "km-pfs", "km-os", "km-dor",
        "adverse-events", "incidence", "completeness",
    ]  # fmt: skip
    assert [svg.name for svg in found["swimmer"]] == ["swimmer-wide", "swimmer-narrow"]


def test_flow_gives_every_count(document: dict[str, Any]) -> None:
    svg = attrition_flow.draw(document["attrition"], 8, words, WIDE)
    assert texts(svg.root, "flow-big") == ["32", "8"]
    assert texts(svg.root, "flow-count") == ["−12", "−12", "0"]
    assert texts(svg.root, "flow-pill-text") == ["20", "8"]


@pytest.mark.parametrize("form", FORMATS)
def test_who_entered_stands_in_the_first_box_and_is_no_exit(document: dict[str, Any], form: Format) -> None:
    entered = {"step": 0, "criterion": "entered", "label": "Any record of the disease", "excluded": 0, "remaining": 32}
    svg = attrition_flow.draw([entered, *document["attrition"]], 1, words, form)
    assert " ".join(texts(svg.root, "flow-start-text")) == "32 patients with any record of the disease"
    assert texts(svg.root, "flow-count") == ["−12", "−12", "0"]
    assert texts(svg.root, "flow-end-text")[1] == "patient in the cohort"


def test_flow_without_counts_has_dashes() -> None:
    svg = attrition_flow.draw(bulletins.few()["attrition"], 31, words, NARROW)
    assert texts(svg.root, "flow-big") == ["–", "31"]
    assert texts(svg.root, "flow-count") == ["–"]


@pytest.mark.parametrize("form", FORMATS)
def test_forest_has_no_p_values(document: dict[str, Any], form: Format) -> None:
    svg = forest.draw(document["response"]["strata"], document["headline"]["measures"]["orr"], words, form)
    text = " ".join(svg.root.itertext())
    assert "40.0% (5.3–85.3)" in text
    assert "37.5% (8.5–75.5)" in text
    assert "p =" not in text.lower()


def test_forest_says_what_is_withheld_and_speaks_the_words_of_the_registry() -> None:
    strata = [{"variable": "a", "label": "Grade", "rows": [bulletins.rate(None, None, "Low")]}]
    svg = forest.draw(strata, None, Catalogue("zh", {"Grade": "分级", "Low": "低级别"}), WIDE)
    assert texts(svg.root, "forest-group") == ["分级"]
    assert texts(svg.root, "forest-label") == ["低级别"]
    assert texts(svg.root, "forest-numbers") == ["", "不予公布"]


def test_strip_labels_stay_apart_and_inside() -> None:
    svg = response_strip.draw({"CR": 1, "PR": 1, "SD": 60, "PD": 1, "NE": 1}, words, NARROW)
    labels = marked(svg.root, "text", "legend")
    assert [label.text for label in labels] == ["CR 1", "PR 1", "SD 60", "PD 1", "NE 1"]
    starts = [float(label.get("x") or 0) for label in labels]
    assert all(after - before > 30 for before, after in pairwise(starts))
    assert starts[-1] < 350 - 30


def test_completeness_draws_shares() -> None:
    items: list[dict[str, Any]] = [
        {"item": "a", "label": "A", "x": 3, "n": 4},
        {"item": "b", "label": "B", "x": 0, "n": 0},
        {"item": "c", "label": "C", "x": None, "n": None},
    ]
    svg = completeness.draw(items, words, WIDE)
    assert texts(svg.root, "row-number") == ["3/4\u200275%", "0/0\u2002–", "withheld"]
    track, *_ = marked(svg.root, "rect", "track")
    (known,) = marked(svg.root, "rect", "known")
    assert number(known, "width") == pytest.approx(0.75 * number(track, "width"))
