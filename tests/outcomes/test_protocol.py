"""What a registry's definition says of its design, for the reporting checklist."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from onco_registry import registry_model as model
from onco_registry.bulletin.catalogue import Catalogue
from onco_registry.bulletin.meta import LANGUAGES
from onco_registry.bulletin.sections.checklist import ALWAYS, items
from onco_registry.bulletin.statement import said
from onco_registry.comparator_model import Arm, Comparators
from onco_registry.definition import load_registry
from onco_registry.protocol import Facts, protocol

REGISTRY = Path(__file__).parent / "registry"
# Facts that come from the rest of the document.
OF_DOCUMENT = {"title", "population", "result", "cut", "sources", "criteria", "size", "checks", "unmapped", "notes"}


@pytest.fixture(scope="module")
def registry() -> model.RegistryDefinition:
    return load_registry(REGISTRY)


def told(facts: Facts, name: str) -> list[str]:
    return [said(Catalogue("en"), statement) for statement in facts[name]]


def test_index_date_and_exposure(registry: model.RegistryDefinition) -> None:
    facts = protocol(registry, "v5.0 30-AUG-23")
    assert told(facts, "index") == [
        "The later of the first days of alpha and beta, provided that all of them are being taken then; the first days "
        "are at most 42 days apart."
    ]
    assert told(facts, "exposure") == [
        "Alpha: a record covers its own days or a cycle of 14 days, whichever is longer, and 7 days of grace.",
        "Beta: a record covers its own days or a cycle of 21 days, whichever is longer, and 21 days of grace.",
        "Records that count, the most trusted first: administrations, dispensings, medication statements.",
        "A prescription alone does not count.",
    ]
    prescribed = dataclasses.replace(registry.exposure, sources={**registry.exposure.sources, "request": (32838,)})
    assert told(protocol(dataclasses.replace(registry, exposure=prescribed), None), "exposure")[2:] == [
        "Records that count, the most trusted first: administrations, dispensings, medication statements, "
        "prescriptions.",
        "Of a prescription without an end only the first day counts.",
    ]
    assert told(facts, "washout") == [
        "No single drug has one. By earlier lines of therapy patients are excluded for: No prior line."
    ]
    assert told(facts, "vocabulary") == ["Vocabulary release v5.0 30-AUG-23."]
    assert told(protocol(registry, "starter maps"), "vocabulary") == [
        "The maps that come with the software; no vocabulary release was loaded."
    ]


def test_where_nothing_taken_before_excludes_the_protocol_says_so(registry: model.RegistryDefinition) -> None:
    free = dataclasses.replace(registry, cohort=dataclasses.replace(registry.cohort, criteria=()))
    assert told(protocol(free, None), "washout") == ["None; what was taken before is not a reason for exclusion."]


def test_a_drug_a_landmark_and_a_washout(registry: model.RegistryDefinition) -> None:
    washout = model.Criterion("fresh", "washout", "Alpha taken before", "alpha", {"days": 180})
    one = dataclasses.replace(
        registry,
        exposure=dataclasses.replace(registry.exposure, components=registry.exposure.components[:1]),
        cohort=dataclasses.replace(registry.cohort, criteria=(washout,), landmark_days=42),
        comparators=None,
    )
    facts = protocol(one, None)
    assert told(facts, "index") == [
        "The first day of alpha.",
        "The index date is moved to 42 days after the first of them, for those followed until then.",
    ]
    assert told(facts, "washout") == ["Alpha taken before: 180 days before the index date."]
    assert told(facts, "comparators") == ["None."]


def test_arms_are_told_with_the_baseline_of_their_response(registry: model.RegistryDefinition) -> None:
    arms = tuple(Arm(name, number, f"{name} arm", "") for number, name in enumerate(("alpha", "beta")))
    compared = dataclasses.replace(registry, comparators=Comparators(42, ("os",), arms))
    first, *more = told(protocol(compared, None), "comparators")
    assert first == (
        "Exploratory: alpha arm, beta arm, each from a landmark 42 days after the first drug, classified by what is "
        "known then; Overall survival, by log-rank test, Cox model and restricted means."
    )
    assert more == [
        "Their response is judged against a baseline at most 28 days before the first drug. Where only a baseline at "
        "most 28 days before the day from which all drugs of the arm were taken makes a source of higher rank "
        "evaluable, that baseline is used."
    ]
    silent = dataclasses.replace(compared, response=dataclasses.replace(registry.response, sources=()))
    assert told(protocol(silent, None), "comparators") == [first]


def test_a_disease_that_no_drug_defines(registry: model.RegistryDefinition) -> None:
    followed = dataclasses.replace(registry, exposure=dataclasses.replace(registry.exposure, components=()))
    facts = protocol(followed, None)
    assert told(facts, "index") == ["The first record of the registry's disease."]
    assert facts["exposure"] == []


def test_outcomes_are_told_with_their_events_and_censorings(registry: model.RegistryDefinition) -> None:
    outcomes = told(protocol(registry, None), "outcomes")
    assert "Overall survival: Death from any cause. Censored: Last known alive." in outcomes
    assert len(outcomes) == len(registry.endpoints)


def test_response_is_told_with_its_days(registry: model.RegistryDefinition) -> None:
    immune = model.ImmuneRules(5, 5, 28, 56, "confirms")
    rules = dataclasses.replace(registry.response, sources=("recorded", "sums"), immune=immune)
    assert told(protocol(dataclasses.replace(registry, response=rules), None), "response") == [
        "Response by RECIST 1.1 where measured or reported; one source per patient, the first of: Recorded response, "
        "Lesion sums.",
        "Baseline at most 28 days before the index date; stable disease at least 42 days after it.",
        "Unconfirmed, and beside it confirmed at least 28 days later.",
        "Clinical benefit: complete or partial response, or stable disease at an assessment at least 168 days after "
        "the index date.",
        "Beside it by iRECIST: progression is confirmed at least 28 days after it was first seen and at most 56 days "
        "after it was last seen unconfirmed.",
    ]


def test_no_response_is_no_fact(registry: model.RegistryDefinition) -> None:
    none = dataclasses.replace(registry, response=dataclasses.replace(registry.response, sources=()))
    facts = protocol(none, None)
    assert (facts["response"], facts["missing_response"]) == ([], [])


def test_every_fact_of_the_checklist_is_known(registry: model.RegistryDefinition) -> None:
    known = {*protocol(registry, None), *ALWAYS, *OF_DOCUMENT}
    asked = {fact for item in items() for fact in item["facts"] if not fact.startswith(("section.", "item."))}
    assert asked - known == set()
    assert known - asked == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_statement_has_its_words(registry: model.RegistryDefinition, language: str) -> None:
    words = Catalogue(language)
    for statements in protocol(registry, None).values():
        for statement in statements:
            assert "{" not in said(words, statement)
