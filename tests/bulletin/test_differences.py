"""Whether a public edition may stand beside another: by whatever names, no count moved by a few."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bulletin.drawn_cohort import document, draw
from bulletin.levels import variable
from onco_registry.bulletin.disclosure import public
from onco_registry.bulletin.disclosure.differences import may_follow
from onco_registry.bulletin.disclosure.rule import Rule

K = Rule(5)
Document = dict[str, Any]


@pytest.fixture(scope="module")
def internal() -> Document:
    return document(draw(np.random.default_rng(6), 120))


def test_the_same_again_may_follow(internal: Document) -> None:
    found = public(internal, (), 5)
    assert found is not None
    assert public(internal, [found], 5) == found


def test_a_correction_is_held_against_what_it_corrects_and_a_month_against_all_before() -> None:
    cohort = draw(np.random.default_rng(28), 600)

    def of(n: int) -> Document:
        return document(replace(cohort, patients=cohort.patients.iloc[:n].reset_index(drop=True)))

    september, october = public(of(300), (), 5), public(of(600), (), 5)
    assert september is not None
    assert october is not None
    # One patient more in September: far from October, which is the last, and one from what it would replace.
    assert public(of(301), [september, october], 5) is None
    # After a correction of September, November is held against October, too.
    assert public(of(599), [september], 5) is not None
    assert public(of(599), [september, october, september], 5) is None


def of_subtypes(*counts: int) -> Document:
    """75 patients, of whom 15 responded, by subtype: Alpha, Beta, Gamma, Delta."""
    cohort = draw(np.random.default_rng(3), 75)
    responses = ["PR"] * 15 + ["SD"] * 30 + ["PD"] * 30
    levels = zip(("Alpha", "Beta", "Gamma", "Delta"), counts, strict=True)
    subtype = [label for label, count in levels for _ in range(count)]
    patients = cohort.patients.assign(subtype=subtype, response=responses, confirmed=responses)
    return document(replace(cohort, patients=patients))


@pytest.mark.parametrize(
    ("after", "worded", "may"),
    [
        ((5, 30, 20, 20), "", True),
        # One of Alpha is said to be of Delta: Alpha would be withheld, and from 5 it can only have lost some.
        ((4, 30, 20, 21), "", False),
        ((0, 30, 20, 25), "", True),
        # By other names, all alike and one moved.
        ((5, 30, 20, 20), " tumour", True),
        ((5, 30, 19, 21), " tumour", False),
    ],
)
def test_what_is_withheld_now_or_named_anew_has_not_moved_by_a_few(
    after: tuple[int, ...], worded: str, may: bool
) -> None:
    last = public(of_subtypes(5, 30, 20, 20), (), 5)
    assert last is not None
    text = json.dumps(of_subtypes(*after))
    for name in ("Gamma", "Delta"):
        text = text.replace(f'"{name}"', f'"{name}{worded}"')
    assert (public(json.loads(text), [last], 5) is not None) is may


@pytest.mark.parametrize(("n", "after", "may"), [(5, 4, False), (8, 4, False), (9, 4, True), (5, 0, True)])
def test_a_cohort_of_which_nothing_is_told_any_more_has_not_lost_a_few(n: int, after: int, may: bool) -> None:
    cohort = draw(np.random.default_rng(3), 75)

    def of(patients: int) -> Document:
        kept = cohort.patients.iloc[:patients].reset_index(drop=True)
        return document(replace(cohort, patients=kept, excluded=(40,)))

    last = public(of(n), (), 5)
    assert last is not None
    assert (public(of(after), [last], 5) is not None) is may


@pytest.mark.parametrize(("added", "may"), [(0, True), (1, False), (4, False), (5, True)])
@pytest.mark.parametrize("what", ["variable", "term"])
def test_a_variable_or_a_term_of_another_name_is_held_against_the_one_that_is_gone(
    internal: Document, what: str, added: int, may: bool
) -> None:
    only = internal | {"response": None, "survival": [], "completeness": [], "attrition": []}
    terms = [{"term": "Old", "any_total": 20, "any_severe": None, "related_total": None, "n": 120}]
    safety = {"any": [], "related": [], "terms": terms if what == "term" else []}
    only |= {"baseline": [variable(30, 90)] if what == "variable" else [], "safety": safety}
    after = deepcopy(only)
    if what == "term":
        after["safety"]["terms"][0] |= {"term": "New", "any_total": 20 + added}
    else:
        after["baseline"][0]["variable"] = "other"
        for level, moved in zip(after["baseline"][0]["levels"], (added, -added), strict=True):
            level["x"] += moved
    assert may_follow(after, only, K, after) is may


@pytest.mark.parametrize(("added", "may"), [(0, True), (1, False), (4, False), (5, True)])
def test_a_level_moves_by_none_or_k(internal: Document, added: int, may: bool) -> None:
    last = public(internal, (), 5)
    assert last is not None
    only = last | {"response": None, "safety": None, "survival": [], "completeness": [], "attrition": []}
    after = deepcopy(only)
    (entry, *_) = (entry for entry in after["baseline"] if entry["levels"])
    entry["levels"][0]["x"] += added
    after["headline"]["patients"] += added
    assert may_follow(after, only, K, after) is may


def test_levels_grouped_anew_are_held_against_each_other(internal: Document) -> None:
    only = internal | {"baseline": [variable(10, 10, 20)], "response": None, "safety": None, "survival": []}
    only |= {"completeness": [], "attrition": [], "headline": {"patients": 40, "measures": {}}}
    after = deepcopy(only)
    level = {"level": "other", "label": "Other", "missing": False, "members": ["L0", "L1"]}
    after["baseline"][0]["levels"] = [{**level, "x": 23}, {**only["baseline"][0]["levels"][2], "x": 17}]
    assert not may_follow(after, only, K, after)
    after["baseline"][0]["levels"][0]["x"], after["baseline"][0]["levels"][1]["x"] = 25, 15
    assert may_follow(after, only, K, after)
