"""Figures of patients one by one: waterfall, swimmer and spider."""

from collections import Counter
from typing import Any

import pytest

from onco_registry.bulletin.catalogue import Catalogue
from onco_registry.bulletin.figures import spider, swimmer, swimmer_marks, waterfall
from onco_registry.bulletin.figures.svg import FORMATS, Format
from support import bulletins
from support.drawing import marked, number, texts

words = Catalogue("en")
WIDE, NARROW = FORMATS
MONTH = 30.4375


def test_waterfall_draws_thresholds_and_cuts_beyond_a_hundred(document: dict[str, Any]) -> None:
    svg = waterfall.draw(document["response"]["waterfall"], words, WIDE)
    assert texts(svg.root, "threshold-text") == ["+20%", "−30%"]
    assert texts(svg.root, "bar-label") == ["PD", "SD", "SD", "SD", "PR", "PR", "PR"]
    assert texts(svg.root, "legend") == ["Partial response 3", "Stable disease 3", "Progressive disease 1"]
    assert "1 cut at +100%, largest +134%" in texts(svg.root, "tick")
    assert len(marked(svg.root, "path", "break")) == 1
    # -55 % is drawn as long as it is: +100 % and -100 % are 304 pixels apart.
    assert number(marked(svg.root, "rect", "response-PR")[-1], "height") == pytest.approx(0.55 * 304 / 2)


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
    assert texts(svg.root, "legend") == [
        "Drug a", "Drug b", "Partial response", "Progression", "Death", "On treatment when last seen",
        "Last known alive",
    ]  # fmt: skip
    first, second = marked(svg.root, "rect", "component-0")[1:]
    assert number(first, "width") / number(second, "width") == pytest.approx(310 / 310)
    assert number(first, "y") < number(second, "y")
    # In the row and in the legend: the response once though it was seen twice, and progression on its own day.
    assert len(marked(svg.root, "path", "marker-PR")) == 2
    assert len(marked(svg.root, "path", "marker-PD")) == 2
    assert len(marked(svg.root, "line", "death")) == 4
    assert texts(svg.root, "bar-label") == ["PR"]
    assert texts(svg.root, "axis-title")[0] == "2 patients, the longest time first"


def test_swimmer_of_many_patients_draws_eighty_evenly_spaced_and_says_so() -> None:
    patients = [bulletins.swimmer(index, ["a"]) | {"days": index} for index in range(159)]
    shown = swimmer.chosen(patients)
    assert [patient["days"] for patient in shown] == list(range(158, -1, -2))
    svg = swimmer.draw(patients, words, NARROW)
    assert texts(svg.root, "axis-title")[0] == "80 of 159 patients, evenly spaced by time"
    assert texts(svg.root, "bar-label") == []
    assert swimmer.chosen(patients[:80]) == patients[79::-1]


def test_swimmer_of_a_patient_without_treatment_or_assessment() -> None:
    patient: dict[str, Any] = {
        "response": None,
        "days": 0,
        "treatment": [],
        "responses": [],
        "progression": None,
        "death": None,
    }
    svg = swimmer.draw([patient], words, WIDE)
    assert texts(svg.root, "legend") == ["Last known alive"]
    assert len(marked(svg.root, "line", "follow-up")) == 4


def test_the_fifth_component_is_hatched() -> None:
    svg = swimmer.draw([bulletins.swimmer(1, ["a", "b", "c", "d", "e"])], words, WIDE)
    fills = [element.get("fill") for element in marked(svg.root, "rect", "component-0")]
    # Key, ground of the hatch and bar of the first, then key and bar of the fifth.
    assert sorted(fill or "" for fill in fills) == ["#0d6b68"] * 3 + ["url(#swimmer-wide-lane-4)"] * 2


def test_a_response_is_marked_where_it_differs_from_the_one_before() -> None:
    seen = [(30, "SD"), (60, "SD"), (90, "PR"), (120, "SD"), (150, "PD")]
    patient = {"responses": [{"day": day, "response": name} for day, name in seen], "progression": 151}
    assert swimmer_marks.changes(patient) == [(30, "SD"), (90, "PR"), (120, "SD"), (151, "PD")]
    assert swimmer_marks.changes(patient | {"progression": None})[-1] == (150, "PD")


def test_spider_starts_at_the_baseline_and_leaves_the_plot_at_an_arrow() -> None:
    lines: list[dict[str, Any]] = [
        {"response": "PR", "points": [{"day": -9, "change": 0.0}, {"day": MONTH, "change": -0.5}]},
        {"response": None, "points": [{"day": 0, "change": 0.0}, {"day": MONTH, "change": 2.0}]},
    ]
    svg = spider.draw(lines, words, WIDE)
    assert texts(svg.root, "legend") == ["Partial response 1", "Not evaluable 1"]
    assert texts(svg.root, "threshold-text") == ["+20%", "−30%"]
    assert "1 cut at +100%, largest +200%" in texts(svg.root, "tick")
    (falling,) = marked(svg.root, "path", "line-PR")
    (growing,) = marked(svg.root, "path", "line-NE")
    assert (falling.get("d") or "").startswith("M54 228L")
    # Doubled after half the month: there the line ends.
    assert growing.get("d") == "M54 228L363 68"


def test_a_line_is_cut_where_it_crosses_the_top() -> None:
    assert spider.pieces([(0, 0.0), (10, 2.0), (20, 0.0)], 1.0) == [[(0, 0.0), (5, 1.0)], [(15, 1.0), (20, 0.0)]]
    assert spider.pieces([(0, 0.0), (10, 0.5)], 1.0) == [[(0, 0.0), (10, 0.5)]]
    assert spider.pieces([], 1.0) == []


@pytest.mark.parametrize("form", FORMATS)
def test_two_hundred_patients_are_all_in_waterfall_and_spider(form: Format) -> None:
    response = bulletins.many()["response"]
    bars = waterfall.draw(response["waterfall"], words, form)
    found = Counter((element.get("class") or "").split("-")[0] for element in bars.root.iter("rect"))
    # Six swatches of the legend, and the grounds of two hatches.
    assert found["response"] == 200 + 6 + 2
    lines = spider.draw(response["spider"], words, form)
    assert len(marked(lines.root, "path", "line-thin")) == 200
