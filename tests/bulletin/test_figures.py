"""Figures: the geometry that carries numbers."""

import re
from collections import Counter
from itertools import pairwise
from typing import Any
from xml.etree.ElementTree import Element

import pytest

from onco_registry.bulletin.catalogue import Catalogue
from onco_registry.bulletin.figures import (
    adverse_events,
    attrition_flow,
    completeness,
    forest,
    incidence,
    kaplan_meier,
    legend,
    response_strip,
    spider,
    swimmer,
    waterfall,
)
from onco_registry.bulletin.figures.axes import most_ticks, ticks_until
from onco_registry.bulletin.figures.drawings import drawings
from onco_registry.bulletin.figures.lettering import text_width, wrap
from onco_registry.bulletin.figures.marks import MARKS
from onco_registry.bulletin.figures.svg import FORMATS, Format, Svg, step_path
from support import bulletins

words, chinese = Catalogue("en"), Catalogue("zh")
WIDE, NARROW = FORMATS
MONTH = 30.4375


def texts(svg: Svg, mark: str) -> list[str]:
    return [element.text or "" for element in marked(svg, "text", mark)]


def marked(svg: Svg, tag: str, mark: str) -> list[Element]:
    return [element for element in svg.root.iter(tag) if mark in (element.get("class") or "").split()]


def number(element: Element, name: str) -> float:
    return float(element.get(name) or 0)


def test_step_path_is_level_until_the_next_time() -> None:
    assert step_path([(0, 10), (5, 20), (8, 25.5)]) == "M0 10H5V20H8V25.5"


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("at least one prior line", 80, ["at least one", "prior line"]),
        ("既往至少接受过一线治疗", 60, ["既往至少接", "受过一线治", "疗"]),
        # No line begins with a comma or a closing bracket, or ends with an opening one.
        ("疾病进展，死亡", 48, ["疾病进", "展，死亡"]),
        ("存活（不含失访）", 36, ["存活", "（不含", "失访）"]),
        ("RECIST 1.1 的界值", 70, ["RECIST 1.1", "的界值"]),
        ("PD-1抑制剂", 40, ["PD-1", "抑制剂"]),
        ("unbreakableword", 48, ["unbrea", "kablew", "ord"]),
        ("", 80, [""]),
    ],
)
def test_lines_break_between_words_and_chinese_characters(text: str, width: float, lines: list[str]) -> None:
    assert wrap(text, width, 12) == lines


def test_no_line_is_wider_than_asked() -> None:
    for text in (bulletins.LONG, bulletins.HAN, f"{bulletins.LONG}{bulletins.HAN}"):
        lines = wrap(text, 90, 12)
        assert max(text_width(line, 12) for line in lines) <= 90
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_a_legend_takes_as_many_lines_as_it_needs() -> None:
    items = [legend.Item(label, lambda *_: None) for label in ("one", "two", bulletins.LONG)]
    assert legend.height(items[:2], 350) == 20
    assert legend.height(items, 350) == 20 + 20 + 15
    assert legend.height([], 350) == 0


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
    assert last_x == pytest.approx(84 + plot * 190 / (7 * MONTH), abs=0.01)
    assert len(marked(svg, "line", "censor")) == 1


def test_band_is_drawn_where_somebody_was_censored_before_the_first_event(document: dict[str, Any]) -> None:
    pfs = document["survival"][0]
    common = {"survival": 1.0, "events": 0, "censored": 1, "at_risk": 9}
    pfs["curve"]["points"].insert(0, {"time_days": 30, "lower": None, "upper": None, **common})
    assert len(marked(kaplan_meier.draw(pfs, words, WIDE), "path", "band-pfs")) == 1


def test_the_public_edition_has_no_censor_ticks(document: dict[str, Any]) -> None:
    public = document | {"bulletin": document["bulletin"] | {"edition": "public"}}
    assert marked(drawings(public, words)["km-pfs"][0], "line", "censor") == []
    assert len(marked(drawings(document, words)["km-pfs"][0], "line", "censor")) == 1


def test_a_count_that_is_withheld_is_a_dash_under_the_curve(document: dict[str, Any]) -> None:
    entry = document["survival"][0]
    entry["curve"]["points"][0] |= {"events": None, "at_risk": None}
    svg = kaplan_meier.draw(entry, words, WIDE)
    assert texts(svg, "risk-at_risk")[:3] == ["–", "–", "7"]
    assert texts(svg, "risk-events")[:3] == ["0", "0", "–"]
    assert kaplan_meier.events_until(entry, 90) is None


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


def test_events_until_a_time_include_its_day(document: dict[str, Any]) -> None:
    pfs = document["survival"][0]
    assert [kaplan_meier.events_until(pfs, days) for days in (59, 60, 182.6, 365.25)] == [0, 1, 2, 5]
    assert kaplan_meier.events_until({"curve": {"points": []}}, 60) is None


def test_a_curve_of_duration_counts_from_the_response() -> None:
    svg = kaplan_meier.draw(bulletins.curve("dor", [(61, 9, 3, 0, 0.67)]), words, WIDE)
    assert texts(svg, "axis-title") == ["Still in response (%)", "Months since the first response"]


def test_waterfall_draws_thresholds_and_cuts_beyond_a_hundred(document: dict[str, Any]) -> None:
    svg = waterfall.draw(document["response"]["waterfall"], words, WIDE)
    assert texts(svg, "threshold-text") == ["+20%", "−30%"]
    assert texts(svg, "bar-label") == ["PD", "SD", "SD", "SD", "PR", "PR", "PR"]
    assert texts(svg, "legend") == ["Partial response 3", "Stable disease 3", "Progressive disease 1"]
    assert "1 cut at +100%, largest +134%" in texts(svg, "tick")
    assert len(marked(svg, "path", "break")) == 1
    # -55 % is drawn as long as it is: +100 % and -100 % are 304 pixels apart.
    assert number(marked(svg, "rect", "response-PR")[-1], "height") == pytest.approx(0.55 * 304 / 2)


def test_swimmer_has_a_row_per_patient_the_longest_first() -> None:
    long = {
        "response": "PR", "days": 300, "progression": 250, "death": None,
        "treatment": [
            {"component": "a", "label": "Drug a", "from": -10, "to": 300, "ongoing": True},
            {"component": "b", "label": "Drug b", "from": 0, "to": 200, "ongoing": False},
        ],
        "responses": [{"day": 60, "response": "PR"}, {"day": 120, "response": "PR"}, {"day": 250, "response": "PD"}],
    }  # fmt: skip
    short = long | {"response": None, "days": 50, "death": 50, "progression": None, "responses": []}
    svg = swimmer.draw([short, long], words, WIDE)
    assert texts(svg, "legend") == [
        "Drug a", "Drug b", "Partial response", "Progression", "Death", "Treatment ongoing", "Last known alive",
    ]  # fmt: skip
    first, second = marked(svg, "rect", "component-0")[1:]
    assert number(first, "width") / number(second, "width") == pytest.approx(310 / 310)
    assert number(first, "y") < number(second, "y")
    # In the row and in the legend: the response once though it was seen twice, and progression on its own day.
    assert len(marked(svg, "path", "marker-PR")) == 2
    assert len(marked(svg, "path", "marker-PD")) == 2
    assert len(marked(svg, "line", "death")) == 4
    assert texts(svg, "bar-label") == ["PR"]
    assert texts(svg, "axis-title")[0] == "2 patients, the longest time first"


def test_swimmer_of_many_patients_draws_eighty_evenly_spaced_and_says_so() -> None:
    patients = [bulletins.swimmer(index, ["a"]) | {"days": index} for index in range(159)]
    shown = swimmer.chosen(patients)
    assert [patient["days"] for patient in shown] == list(range(158, -1, -2))
    svg = swimmer.draw(patients, words, NARROW)
    assert texts(svg, "axis-title")[0] == "80 of 159 patients, evenly spaced by time"
    assert texts(svg, "bar-label") == []
    assert swimmer.chosen(patients[:80]) == patients[79::-1]


def test_a_response_is_marked_where_it_differs_from_the_one_before() -> None:
    seen = [(30, "SD"), (60, "SD"), (90, "PR"), (120, "SD"), (150, "PD")]
    patient = {"responses": [{"day": day, "response": name} for day, name in seen], "progression": 151}
    assert swimmer.changes(patient) == [(30, "SD"), (90, "PR"), (120, "SD"), (151, "PD")]
    assert swimmer.changes(patient | {"progression": None})[-1] == (150, "PD")


def test_spider_starts_at_the_baseline_and_leaves_the_plot_at_an_arrow() -> None:
    lines = [
        {"response": "PR", "points": [{"day": -9, "change": 0.0}, {"day": MONTH, "change": -0.5}]},
        {"response": None, "points": [{"day": 0, "change": 0.0}, {"day": MONTH, "change": 2.0}]},
    ]
    svg = spider.draw(lines, words, WIDE)
    assert texts(svg, "legend") == ["Partial response 1", "Not evaluable 1"]
    assert texts(svg, "threshold-text") == ["+20%", "−30%"]
    assert "1 cut at +100%, largest +200%" in texts(svg, "tick")
    (falling,) = marked(svg, "path", "line-PR")
    (growing,) = marked(svg, "path", "line-NE")
    assert (falling.get("d") or "").startswith("M54 222L")
    # Doubled after half the month: there the line ends.
    assert growing.get("d") == "M54 222L363 62"


def test_a_line_is_cut_where_it_crosses_the_top() -> None:
    assert spider.pieces([(0, 0.0), (10, 2.0), (20, 0.0)], 1.0) == [[(0, 0.0), (5, 1.0)], [(15, 1.0), (20, 0.0)]]
    assert spider.pieces([(0, 0.0), (10, 0.5)], 1.0) == [[(0, 0.0), (10, 0.5)]]
    assert spider.pieces([], 1.0) == []


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


def test_flow_without_counts_has_dashes() -> None:
    svg = attrition_flow.draw(bulletins.few()["attrition"], 31, words, NARROW)
    assert texts(svg, "flow-big") == ["–", "31"]
    assert texts(svg, "flow-count") == ["–"]


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
    assert texts(svg, "forest-group") == ["分级"]
    assert texts(svg, "forest-label") == ["低级别"]
    assert texts(svg, "forest-numbers") == ["", "未公布"]


def test_strip_labels_stay_apart_and_inside() -> None:
    svg = response_strip.draw({"CR": 1, "PR": 1, "SD": 60, "PD": 1, "NE": 1}, words, NARROW)
    labels = marked(svg, "text", "legend")
    assert [label.text for label in labels] == ["CR 1", "PR 1", "SD 60", "PD 1", "NE 1"]
    starts = [float(label.get("x") or 0) for label in labels]
    assert all(after - before > 30 for before, after in pairwise(starts))
    assert starts[-1] < 350 - 30


def test_adverse_events_are_stacked_by_grade_with_the_related_below() -> None:
    terms = [
        {"term": "Cough", "n": 20, "any": [4, 0, 0, 0, 0], "related": [0, 0, 0, 0, 0]},
        {"term": "Rash", "n": 20, "any": [4, 0, 6, 0, 0], "related": [1, 0, 2, 0, 0]},
        {"term": "Hidden", "n": 20, "any": [None] * 5, "related": [None] * 5},
        {"term": "Fever", "n": 20, "any": [None] * 5, "any_total": 8, "related": [0] * 5},
    ]
    svg = adverse_events.draw(terms, words, WIDE)
    assert texts(svg, "row-label") == ["Rash", "Fever", "Cough"]
    assert texts(svg, "row-number") == ["10 (50%)", "3", "8 (40%)", "0", "4 (20%)", "0"]
    assert texts(svg, "legend")[:3] == ["Grade 1", "Grade 3", "Grade not shown"]
    any_cause, related = marked(svg, "rect", "grade-3")[1:]
    # 368 pixels are 50 %: 6 and 2 of 20 patients, less the pixel between the grades.
    assert (number(any_cause, "width"), number(related, "width")) == (pytest.approx(219.8), pytest.approx(72.6))
    assert texts(svg, "remark") == []


def test_the_fifteen_most_frequent_terms_are_drawn_and_the_others_said() -> None:
    svg = adverse_events.draw(bulletins.many()["safety"]["terms"], words, WIDE)
    assert len(texts(svg, "row-number")) == 2 * 15
    assert texts(svg, "remark") == ["The 15 most frequent of 40 terms; all are in the table."]


def test_incidence_has_a_panel_per_kind_and_stops_where_few_are_at_risk() -> None:
    curves = [
        bulletins.incidence("group", "Rare", 30, 10),
        bulletins.incidence("group", "Common", 10, 10),
        bulletins.incidence("any", "", 30, 10),
        bulletins.incidence("group", "Nobody left", 4, 10),
    ]
    svg = incidence.draw(curves, words, WIDE)
    # Of 10 patients 5 are left on day 50, when half have the event; of 30 on day 250, when 83 % have it.
    assert texts(svg, "panel-title") == ["Any adverse event", "Rare", "Common"]
    assert [incidence.shown_until(curve) for curve in curves] == [250, 50, 250, 0]
    assert "Common 50%" in "".join(element.text or "" for element in svg.root.iter("desc"))
    assert len(marked(svg, "path", "band")) == 3
    assert texts(svg, "remark") == ["Below each panel: months since the first dose."]
    assert texts(incidence.draw(bulletins.many()["safety"]["incidence"], words, WIDE), "remark") == [
        "Below each panel: months since the first dose. Drawn are 9 of 42 kinds of event."
    ]


def test_completeness_draws_shares() -> None:
    items = [
        {"item": "a", "label": "A", "x": 3, "n": 4},
        {"item": "b", "label": "B", "x": 0, "n": 0},
        {"item": "c", "label": "C", "x": None, "n": None},
    ]
    svg = completeness.draw(items, words, WIDE)
    assert texts(svg, "row-number") == ["3/4\u200275%", "0/0\u2002–", "withheld"]
    track, *_ = marked(svg, "rect", "track")
    (known,) = marked(svg, "rect", "known")
    assert number(known, "width") == pytest.approx(0.75 * number(track, "width"))


@pytest.mark.parametrize("form", FORMATS)
def test_two_hundred_patients_are_all_in_waterfall_and_spider(form: Format) -> None:
    response = bulletins.many()["response"]
    bars = waterfall.draw(response["waterfall"], words, form)
    found = Counter((element.get("class") or "").split("-")[0] for element in bars.root.iter("rect"))
    # Six swatches of the legend, and the grounds of two hatches.
    assert found["response"] == 200 + 6 + 2
    lines = spider.draw(response["spider"], words, form)
    assert len(marked(lines, "path", "line-thin")) == 200
