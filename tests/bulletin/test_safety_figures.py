"""Figures of safety: bars by grade, cumulative incidence."""

import pytest

from onco_registry.bulletin.catalogue import Catalogue
from onco_registry.bulletin.figures import (
    adverse_events,
    incidence,
)
from onco_registry.bulletin.figures.svg import FORMATS
from support import bulletins
from support.drawing import marked, number, texts

words = Catalogue("en")
WIDE = FORMATS[0]


def test_adverse_events_are_stacked_by_grade_with_the_related_below() -> None:
    terms = [
        {"term": "Cough", "n": 20, "any": [4, 0, 0, 0, 0], "related": [0, 0, 0, 0, 0]},
        {"term": "Rash", "n": 20, "any": [4, 0, 6, 0, 0], "related": [1, 0, 2, 0, 0]},
        {"term": "Hidden", "n": 20, "any": [None] * 5, "related": [None] * 5},
        {"term": "Fever", "n": 20, "any": [None] * 5, "any_total": 8, "related": [0] * 5},
    ]
    svg = adverse_events.draw(terms, words, WIDE)
    assert texts(svg.root, "row-label") == ["Rash", "Fever", "Cough"]
    assert texts(svg.root, "row-number") == ["10 (50%)", "3", "8 (40%)", "0", "4 (20%)", "0"]
    assert texts(svg.root, "legend")[:3] == ["Grade 1", "Grade 3", "No grade"]
    public = adverse_events.draw(terms, Catalogue("en", withholds=True), WIDE)
    assert texts(public.root, "legend")[:3] == ["Grade 1", "Grade 3", "Grade not shown"]
    any_cause, related = marked(svg.root, "rect", "grade-3")[1:]
    # 368 pixels are 50 %: 6 and 2 of 20 patients, less the pixel between the grades.
    assert number(any_cause, "width") == pytest.approx(219.8)
    assert number(related, "width") == pytest.approx(72.6)
    assert texts(svg.root, "remark") == []


def test_the_fifteen_most_frequent_terms_are_drawn_and_the_others_said() -> None:
    svg = adverse_events.draw(bulletins.many()["safety"]["terms"], words, WIDE)
    assert len(texts(svg.root, "row-number")) == 2 * 15
    assert texts(svg.root, "remark") == ["The 15 most frequent of 40 terms; all are in the table."]


def test_incidence_has_a_panel_per_kind_and_stops_where_few_are_at_risk() -> None:
    curves = [
        bulletins.incidence("group", "Rare", 30, 10),
        bulletins.incidence("group", "Common", 10, 10),
        bulletins.incidence("any", "", 30, 10),
        bulletins.incidence("group", "Nobody left", 4, 10),
    ]
    svg = incidence.draw(curves, words, WIDE)
    # Of 10 patients 5 are left on day 50, when half have the event; of 30 on day 250, when 83 % have it.
    assert texts(svg.root, "panel-title") == ["Any adverse event", "Rare", "Common"]
    assert "Common 50%" in "".join(element.text or "" for element in svg.root.iter("desc"))
    assert len(marked(svg.root, "path", "band")) == 3
    assert texts(svg.root, "remark") == ["Below each panel: months since the first dose, and patients at risk."]
    # At 0, 3, 6 and 9 months: the points at risk on days 10, 100, 190 and 280.
    assert texts(svg.root, "risk")[:4] == ["29", "20", "11", "2"]
    assert texts(incidence.draw(bulletins.many()["safety"]["incidence"], words, WIDE).root, "remark") == [
        "Below each panel: months since the first dose, and patients at risk. Drawn are 9 of 42 kinds of event."
    ]
