"""The list of abbreviations at the end of a page."""

from typing import Any

from onco_registry.bulletin.abbreviations import abbreviations
from onco_registry.bulletin.catalogue import Catalogue
from onco_registry.bulletin.page import render

words = Catalogue("en")


def test_only_what_the_page_uses() -> None:
    assert abbreviations("<p>95% CI &amp; PFS</p>", words) == ["CI", "PFS"]
    # Neither in a longer name nor in the markup.
    assert abbreviations('<p id="OS">PD-1, PD-L1, CITY, iRECIST</p>', words) == ["iRECIST", "PD-1"]


def test_each_has_its_words_at_the_end_of_the_page(document: dict[str, Any]) -> None:
    listed = render(document).partition('id="abbreviations"')[2]
    assert "<div><dt>CTCAE</dt><dd>Common Terminology Criteria for Adverse Events</dd></div>" in listed
    assert "<dt>iRECIST</dt>" not in listed
    assert "<div><dt>CI</dt><dd>置信区间</dd></div>" in render(document, "zh")
