"""The reporting checklist: filled in where the machine knows, in both languages, without counts for the public."""

import dataclasses
import json
import re
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from onco_registry.bulletin.catalogue import Catalogue
from onco_registry.bulletin.disclosure import public
from onco_registry.bulletin.document import build
from onco_registry.bulletin.meta import LANGUAGES, BulletinMeta
from onco_registry.bulletin.page import render
from onco_registry.bulletin.sections.checklist import items
from onco_registry.bulletin.statement import said, say
from support.repository import ROOT

Document = dict[str, Any]
GOLDEN = ROOT / "tests" / "replica" / "golden"
# What stays as it is in Chinese: names of software, standards and methods, of a registry and of a source.
LATIN = re.compile(
    r"onco-registry|anlotinib_pd1_sts|main|SHA-256|FHIR R4|OMOP CDM|SELECT|RECIST|CTCAE|FNCLCC|ECOG|JSON|Apache|"
    r"Clopper|Pearson|Poisson|Kaplan|Meier|Aalen|Johansen|log–log|log-rank|Cox"
)
PEOPLE = [
    ("STaRT-RWE", "objective"), ("STaRT-RWE", "registration"), ("STaRT-RWE", "funding"), ("STaRT-RWE", "data_use"),
    ("STaRT-RWE", "ethics"), ("STaRT-RWE", "linkage"), ("STaRT-RWE", "validation"), ("ESMO-GROW", "rationale"),
    ("ESMO-GROW", "objective"), ("ESMO-GROW", "registration"), ("ESMO-GROW", "ethics"),
    ("ESMO-GROW", "interpretation"), ("ESMO-GROW", "generalisability"), ("ESMO-GROW", "funding"),
    ("ESMO-GROW", "conflicts"), ("ESMO-GROW", "contributors"), ("ESMO-GROW", "data_availability"),
]  # fmt: skip


def answers(document: Document, item: str, language: str = "en") -> list[str]:
    """What the first item of this name says."""
    words = Catalogue(language, document["translations"].get(language, {}))
    row = next(row for row in document["checklist"] if row["item"] == item)
    return [said(words, statement) for statement in row["answer"]]


def test_what_people_have_to_give(document: Document) -> None:
    people = [(row["guideline"], row["item"]) for row in document["checklist"] if row["filled_by"] == "people"]
    assert people == PEOPLE
    assert all((row["answer"] is None) == (row["filled_by"] == "people") for row in document["checklist"])


def test_answers_from_the_document_and_from_the_definition(document: Document) -> None:
    assert answers(document, "exclusion") == [
        "Each patient is excluded by the first criterion that applies, in this order.",
        "Both drugs started: 12 excluded, 20 remain",
        "Diagnosis <declared> & dated: 12 excluded, 8 remain",
        "Adult at index: 0 excluded, 8 remain",
    ]
    assert answers(document, "index_date") == [
        "The later of the first days of drug a and drug b, provided that all of them are being taken then; the first "
        "days are at most 42 days apart.",
        "One index date per patient: the first that meets all criteria.",
    ]
    assert answers(document, "extraction") == [
        "Events after 31 May 2022 are not counted; data received up to run 42 are used."
    ]
    assert answers(document, "size") == [
        "None was planned: everyone who meets the criteria is in, 8 patients at this cut."
    ]


def test_what_nobody_declared_is_said(document: Document) -> None:
    assert answers(document, "sensitivity") == ["Nothing of the kind is declared by this registry."]


def test_sections_that_the_page_lacks_are_not_pointed_to(frames: dict[str, pd.DataFrame], meta: BulletinMeta) -> None:
    neither = build(frames, dataclasses.replace(meta, has_response=False, has_safety=False))
    assert answers(neither, "effectiveness") == ["See the section “Survival”."]
    assert answers(neither, "harms") == ["Nothing of the kind is declared by this registry."]


def test_the_public_edition_tells_no_number_of_persons(document: Document) -> None:
    shown = public(document, (), 5)
    assert shown is not None
    assert answers(shown, "exclusion")[1:] == ["Both drugs started", "Diagnosis <declared> & dated", "Adult at index"]
    assert answers(shown, "size") == ["None was planned: everyone who meets the criteria is in."]
    values = {name for row in shown["checklist"] for one in row["answer"] or [] for name in one["with"]}
    assert values & {"excluded", "remaining", "patients"} == set()
    # Of eight patients no response may be told.
    assert answers(shown, "effectiveness") == ["See the section “Response”.", "See the section “Survival”."]
    assert [row["item"] for row in shown["checklist"]] == [row["item"] for row in document["checklist"]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_item_and_every_place_has_words(language: str) -> None:
    words = Catalogue(language)
    for item in items():
        assert words(f"checklist.item.{item['item']}")
        assert re.fullmatch(r"\d[A-H]?", item["place"]) or f"checklist.place.{item['place']}" in words.strings
        answered = {one["item"] for one in items() if one["facts"]}
        assert {fact[5:] for fact in item["facts"] if fact.startswith("item.")} <= answered


def test_lists_with_commas_of_their_own_are_told_apart() -> None:
    words = Catalogue("en")
    assert said(words, say("change_ends", endpoints=["A", "B, late"])) == (
        "Of the times to an event, a change of treatment ends follow-up only for: A; B, late."
    )
    assert said(words, say("exposure_records", records=["administration", "a source of the site"])).startswith(
        "Records that count, the most trusted first: administrations, a source of the site."
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_has_a_table_for_each_guideline(
    document: Document, parse: Callable[[str], Any], language: str
) -> None:
    tables = parse(render(document, language)).tables
    count = {"STaRT-RWE": len(tables["table-start-rwe"]) - 1, "ESMO-GROW": len(tables["table-esmo-grow"]) - 1}
    guidelines = [row["guideline"] for row in document["checklist"]]
    assert count == {name: guidelines.count(name) for name in count}
    assert tables["table-start-rwe"][2][2] == Catalogue(language)("checklist.people")


@pytest.mark.parametrize("edition", ["internal", "public"])
def test_nothing_of_the_demo_stays_english_in_chinese(edition: str) -> None:
    document = json.loads((GOLDEN / f"bulletin-{edition}.json").read_text("utf-8"))
    words = Catalogue("zh", document["translations"]["zh"])
    told = [said(words, statement) for row in document["checklist"] for statement in row["answer"] or []]
    assert len(told) > 100
    assert [text for text in told if re.search("[A-Za-z]{4}", LATIN.sub("", text))] == []
