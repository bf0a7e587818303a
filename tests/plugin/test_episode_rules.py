"""A registry's definition as the rules by which the ETL derives episodes."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from onco_etl.episodes import RuleConcept
from onco_etl.errors import ConfigurationError
from onco_registry.config import Config
from onco_registry.definition import load_registry
from onco_registry.episode_rules import episode_rules
from onco_registry.registry_model import RegistryDefinition
from support.repository import ROOT

FICTIONAL = ROOT / "tests" / "outcomes" / "registry"


def with_episodes(folder: Path, section: str) -> RegistryDefinition:
    """The fictional registry with a section more."""
    copy = folder / "fictional"
    shutil.copytree(FICTIONAL, copy)
    copy.joinpath("episodes.yaml").write_text(section, encoding="utf-8")
    return load_registry(copy)


def test_lines_of_therapy() -> None:
    rules = episode_rules(load_registry(FICTIONAL))
    assert (rules.registry, rules.regimen_concept_id, rules.components) == ("fictional", 0, 2)
    assert rules.sources == (32818, 32825, 32830)
    assert rules.concepts == (
        RuleConcept("therapy", "Alpha", 101, agent="alpha", is_component=True),
        RuleConcept("therapy", "Beta one", 102, agent="beta", is_component=True),
        RuleConcept("therapy", "Beta two", 103, agent="beta", is_component=True),
        RuleConcept("therapy", "Gamma", 111, agent="Gamma"),
        RuleConcept("therapy", "Delta", 112, agent="Delta"),
    )


def test_episodes_of_the_disease(tmp_path: Path) -> None:
    section = "episodes: {disease: disease, metastatic: spread, regimen_concept_id: 900}\n"
    rules = episode_rules(with_episodes(tmp_path, section))
    assert rules.regimen_concept_id == 900
    found = {(concept.role, concept.label, concept.concept_id, concept.concept_code) for concept in rules.concepts}
    assert found >= {
        ("disease", "Common", 201, None),
        ("disease", "Common", None, "own-common"),
        ("metastatic", "Spread", 211, None),
        ("response", "Overall response", 300, None),
        ("answer", "PD", 304, None),
    }


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ("episodes: {disease: nothing}\n", "nothing"),
        ("episodes: {metastatic: spread}\n", "disease"),
        ("episodes: {disease: disease, stage: spread}\n", "stage"),
    ],
)
def test_a_wrong_section_is_named_with_its_file(tmp_path: Path, section: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"episodes\.yaml.*{re.escape(told)}"):
        with_episodes(tmp_path, section)


def test_the_settings_of_the_etl_have_the_rules_of_the_registries() -> None:
    (rules,) = Config(registries=(str(FICTIONAL),), observation_gap_days=365).etl.episodes
    assert rules == episode_rules(load_registry(FICTIONAL))
    assert Config(observation_gap_days=365).etl.observation_gap_days == 365
    assert all(rule.concepts for rule in Config().etl.episodes)
