"""Figures: the geometry that carries numbers."""

from itertools import pairwise
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from onco_registry.bulletin.svg import FORMATS, Format, Svg, step_path, wrap

from onco_registry.bulletin import attrition_flow, forest, kaplan_meier, response_strip, waterfall
from onco_registry.bulletin.catalogue import Catalogue

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
    svg = kaplan_meier.draw(document["survival"][0], words, form)
    columns = [[int(count) for count in texts(svg, f"risk-{name}")] for name in kaplan_meier.TABLE_ROWS]
    at_risk = columns[0]
    # A tick each month; of the 5 at risk at day 190 one has the event, so 4 are left at 7 months (day 213).
    assert at_risk == [8, 8, 7, 7, 5, 5, 5, 4]
    assert [sum(column) for column in zip(*columns, strict=True)] == [8] * len(at_risk)


def test_curve_stops_where_fewer_than_five_are_at_risk(document: dict[str, Any]) -> None:
    svg = kaplan_meier.draw(document["survival"][0], words, WIDE)
    (curve,) = marked(svg, "path", "curve")
    last_x = float((curve.get("d") or "").rpartition("H")[2].partition("V")[0])
    plot = 720 - kaplan_meier.RIGHT - 84
    assert last_x == pytest.approx(84 + plot * 190 / (7 * 30.4375), abs=0.01)
    assert len(marked(svg, "line", "censor")) == 1


def test_band_is_drawn_where_somebody_was_censored_before_the_first_event(document: dict[str, Any]) -> None:
    pfs = document["survival"][0]
    common = {"survival": 1.0, "events": 0, "censored": 1, "at_risk": 9}
    pfs["curve"]["points"].insert(0, {"time_days": 30, "lower": None, "upper": None, **common})
    markup = kaplan_meier.draw(pfs, Catalogue("en"), FORMATS[0]).markup()
    assert markup.count('class="band band-pfs"') == 1


@pytest.mark.parametrize(
    ("months", "wide", "narrow"),
    [
        (0.4, [0, 1], [0, 1]),
        (6.0, [0, 1, 2, 3, 4, 5, 6], [0, 1, 2, 3, 4, 5, 6]),
        (6.2, [0, 1, 2, 3, 4, 5, 6, 7], [0, 1, 2, 3, 4, 5, 6, 7]),
        (14.1, [0, 3, 6, 9, 12, 15], [0, 3, 6, 9, 12, 15]),
        (22, [0, 3, 6, 9, 12, 15, 18, 21, 24], [0, 6, 12, 18, 24]),
    ],
)
def test_axis_ends_at_the_first_tick_after_the_curve(months: float, wide: list[int], narrow: list[int]) -> None:
    assert kaplan_meier.ticks_until(months, WIDE) == wide
    assert kaplan_meier.ticks_until(months, NARROW) == narrow


def test_events_until_a_time_include_its_day(document: dict[str, Any]) -> None:
    pfs = document["survival"][0]
    assert [kaplan_meier.events_until(pfs, days) for days in (59, 60, 182.6, 365.25)] == [0, 1, 2, 5]
    assert kaplan_meier.events_until({"curve": {"points": []}}, 60) is None


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
def test_who_entered_stands_in_the_first_box_and_is_no_exit(document: dict[str, Any], form: Format) -> None:
    entered = {"step": 0, "criterion": "entered", "label": "Any record of the disease", "excluded": 0, "remaining": 32}
    svg = attrition_flow.draw([entered, *document["attrition"]], 1, words, form)
    assert " ".join(texts(svg, "flow-start-text")) == "32 patients with any record of the disease"
    assert texts(svg, "flow-count") == ["−12", "−12", "0"]
    assert texts(svg, "flow-end-text")[1] == "patient in the cohort"


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
