"""Survival curves: geometry, and the counts under them."""

from typing import Any

import pytest

from onco_registry.bulletin.catalogue import Catalogue
from onco_registry.bulletin.figures import gridded_curve, kaplan_meier
from onco_registry.bulletin.figures.axes import most_ticks, ticks_until
from onco_registry.bulletin.figures.drawings import drawings
from onco_registry.bulletin.figures.svg import FORMATS, Format
from support import bulletins
from support.drawing import marked, texts

words = Catalogue("en")
WIDE, NARROW = FORMATS
MONTH = 30.4375


@pytest.mark.parametrize("form", FORMATS)
def test_numbers_at_risk_add_up_to_all_patients(document: dict[str, Any], form: Format) -> None:
    svg = kaplan_meier.draw(document["survival"][0], words, form)
    columns = [[int(count) for count in texts(svg.root, f"risk-{name}")] for name in kaplan_meier.TABLE_ROWS]
    at_risk = columns[0]
    # A tick each month; of the 5 at risk at day 190 one has the event, so 4 are left at 7 months (day 213).
    assert at_risk == [8, 8, 7, 7, 5, 5, 5, 4]
    assert [sum(column) for column in zip(*columns, strict=True)] == [8] * len(at_risk)


def test_curve_stops_where_fewer_than_five_are_at_risk(document: dict[str, Any]) -> None:
    svg = kaplan_meier.draw(document["survival"][0], words, WIDE)
    (curve,) = marked(svg.root, "path", "curve")
    last_x = float((curve.get("d") or "").rpartition("H")[2].partition("V")[0])
    plot = 720 - kaplan_meier.RIGHT - 84
    assert last_x == pytest.approx(84 + plot * 190 / (7 * MONTH), abs=0.01)
    assert len(marked(svg.root, "line", "censor")) == 1


def test_band_is_drawn_where_somebody_was_censored_before_the_first_event(document: dict[str, Any]) -> None:
    pfs = document["survival"][0]
    common = {"survival": 1.0, "events": 0, "censored": 1, "at_risk": 9}
    pfs["curve"]["points"].insert(0, {"time_days": 30, "lower": None, "upper": None, **common})
    assert len(marked(kaplan_meier.draw(pfs, words, WIDE).root, "path", "band-pfs")) == 1


# Of 40 patients: 6 events in the first interval, 7 censored in the second, 5 and 5 in the third.
GRIDDED = [
    {"time_days": 0, "at_risk": 40, "events": 0, "censored": 0, "survival": 1.0, "lower": 1.0, "upper": 1.0},
    {"time_days": 30, "at_risk": 40, "events": 6, "censored": 0, "survival": 0.85, "lower": 0.698, "upper": 0.929},
    {"time_days": 60, "at_risk": 34, "events": 0, "censored": 7, "survival": 0.85, "lower": 0.698, "upper": 0.929},
    {"time_days": 120, "at_risk": 27, "events": 5, "censored": 5, "survival": 0.693, "lower": 0.51, "upper": 0.818},
]


def test_a_public_curve_has_a_point_per_interval_and_no_censor_ticks(document: dict[str, Any]) -> None:
    document["survival"][0]["curve"] = {"shown_until_days": 120, "grid_days": 30, "points": GRIDDED}
    svg = drawings(document, words)["km-pfs"][0].root
    assert (len(marked(svg, "circle", "point")), marked(svg, "line", "censor")) == (4, [])
    columns = [texts(svg, f"risk-{name}") for name in gridded_curve.TABLE_ROWS]
    assert columns == [["0", "30", "60", "120"], ["40", "34", "27", "17"], ["0", "6", "6", "11"], ["0", "0", "7", "12"]]


def test_on_a_phone_fewer_columns_stand_under_a_public_curve(document: dict[str, Any]) -> None:
    last = [{**GRIDDED[3], "time_days": 120 + 30 * step} for step in range(12)]
    curve = {"shown_until_days": 450, "grid_days": 30, "points": [*GRIDDED[:3], *last]}
    svg = gridded_curve.draw({**document["survival"][0], "curve": curve}, words, NARROW).root
    # 15 months on 258 pixels: 44 pixels are 78 days.
    assert texts(svg, "risk-day") == ["60", "180", "270", "360", "450"]


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
    assert ticks_until(months, most_ticks(WIDE)) == wide
    assert ticks_until(months, most_ticks(NARROW)) == narrow


def test_a_curve_of_duration_counts_from_the_response() -> None:
    svg = kaplan_meier.draw(bulletins.curve("dor", [(61, 9, 3, 0, 0.67)]), words, WIDE)
    assert texts(svg.root, "axis-title") == ["Still in response (%)", "Months since the first response"]
