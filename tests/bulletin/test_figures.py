"""Figures: the geometry that carries numbers."""

from itertools import pairwise
from typing import Any
from xml.etree.ElementTree import Element

import pytest

from onco_registry.bulletin import attrition_flow, forest, kaplan_meier, response_strip, waterfall
from onco_registry.bulletin.catalogue import Catalogue
from onco_registry.bulletin.svg import FORMATS, Format, Svg, step_path, wrap

words = Catalogue("en")
WIDE, NARROW = FORMATS


def texts(svg: Svg, mark: str) -> list[str]:
    return [element.text or "" for element in marked(svg, "text", mark)]


def marked(svg: Svg, tag: str, mark: str) -> list[Element]:
    return [element for element in svg.root.iter(tag) if mark in (element.get("class") or "").split()]


def test_step_path_is_level_until_the_next_time() -> None:
    assert step_path([(0, 10), (5, 20), (8, 25.5)]) == "M0 10H5V20H8V25.5"


def test_wrap_keeps_words_whole() -> None:
    assert wrap("at least one prior line", 80, 12) == ["at least one", "prior line"]


@pytest.mark.parametrize("form", FORMATS)
def test_numbers_at_risk_add_up_to_all_patients(document: dict[str, Any], form: Format) -> None:
    svg = kaplan_meier.draw(document["survival"][0], 15, words, form)
    columns = [[int(count) for count in texts(svg, f"risk-{name}")] for name in kaplan_meier.TABLE_ROWS]
    at_risk = columns[0]
    assert at_risk[:2] == [8, 7]
    # Two leave at day 300 and two at day 400, so none is at risk at 15 months (day 457).
    assert at_risk[-1] == 0
    assert [sum(column) for column in zip(*columns, strict=True)] == [8] * len(at_risk)


def test_curve_stops_where_fewer_than_five_are_at_risk(document: dict[str, Any]) -> None:
    svg = kaplan_meier.draw(document["survival"][0], 15, words, WIDE)
    (curve,) = marked(svg, "path", "curve")
    last_x = float((curve.get("d") or "").rpartition("H")[2].partition("V")[0])
    plot = 720 - kaplan_meier.RIGHT - 84
    assert last_x == pytest.approx(84 + plot * 190 / (15 * 30.4375), abs=0.01)
    assert len(marked(svg, "line", "censor")) == 1


def test_axis_is_shared_and_covers_the_longest_curve(document: dict[str, Any]) -> None:
    assert kaplan_meier.axis_months(document["survival"]) == 15
    assert kaplan_meier.axis_months([]) == 6


def test_waterfall_draws_thresholds_and_cuts_beyond_a_hundred(document: dict[str, Any]) -> None:
    svg = waterfall.draw(document["response"]["waterfall"], words, WIDE)
    assert texts(svg, "threshold-text") == ["+20%", "−30%"]
    assert texts(svg, "bar-label") == ["PD", "SD", "SD", "SD", "PR", "PR", "PR"]
    assert texts(svg, "legend") == ["Partial response 3", "Stable disease 3", "Progressive disease 1"]
    assert "1 cut at +100%, largest +134%" in texts(svg, "tick")


def test_flow_gives_every_count(document: dict[str, Any]) -> None:
    svg = attrition_flow.draw(document["attrition"], 8, words, WIDE)
    assert texts(svg, "flow-big") == ["32", "8"]
    assert texts(svg, "flow-count") == ["−12", "−12", "0"]
    assert texts(svg, "flow-pill-text") == ["20", "8"]


@pytest.mark.parametrize("form", FORMATS)
def test_forest_has_no_p_values(document: dict[str, Any], form: Format) -> None:
    svg = forest.draw(document["response"]["strata"], document["headline"]["measures"]["orr"], words, form)
    text = " ".join(svg.root.itertext())
    assert "40.0% (5.3–85.3)" in text
    assert "37.5% (8.5–75.5)" in text
    assert "p =" not in text.lower()


def test_strip_labels_stay_apart_and_inside() -> None:
    svg = response_strip.draw({"CR": 1, "PR": 1, "SD": 60, "PD": 1, "NE": 1}, words, NARROW)
    labels = marked(svg, "text", "legend")
    assert [label.text for label in labels] == ["CR 1", "PR 1", "SD 60", "PD 1", "NE 1"]
    starts = [float(label.get("x") or 0) for label in labels]
    assert all(after - before > 30 for before, after in pairwise(starts))
    assert starts[-1] < 350 - 30
