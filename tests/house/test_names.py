"""The engine knows no disease: no Python file names a drug or a disease. The names are those of the project's own data.

A name is the whole text that a concept map gives to a drug or condition, in English or Chinese, or a concept set to a
group with one of them in it. Besides, so that a part of a name gives it away too: every single word of drug names, and
those words of disease names that have an ending by which medicine forms such words.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import yaml

from support.repository import ROOT, relative, text_files

DOMAINS = {"Drug", "Condition"}
NAME_COLUMNS = ("concept_name", "concept_name_zh", "text", "concept_code")
ID_COLUMNS = ("concept_id", "custom", "concept_code")
DISEASE_WORD = re.compile(
    r"[a-z]*(?:oma|omata|omas|emia|aemia|itis|osis|penia|pathy|uria|algia|rrhea|rrhoea|rrhage|dysesthesia)"
)
# OMOP files the grades of an adverse event under Condition; they name none.
GRADE = re.compile(r".*grade ?\d")
HAN = re.compile(r"[\u4e00-\u9fff]{2,}")
# Salts and dosage forms stand in drug names and name no drug.
FORM_WORDS = {"acetate", "capsule", "hydrochloride", "injection", "liposomal", "liposome", "oral", "sodium", "tablet"}
# What the engine is about, whatever the disease: oncology's own words stay allowed where a concept is called so.
ONCOLOGY = {"cancer", "death", "disease", "diagnosis", "lesion", "metastasis", "neoplasm", "tumor", "tumour"}


def plain(text: str) -> str:
    """Lower case, camelCase and every separator opened to one blank, so that identifiers read as words."""
    opened = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).lower()
    return " ".join(re.findall(r"[a-z0-9]+|[\u4e00-\u9fff]+", opened))


def words_of(name: str, domain: str) -> Iterator[str]:
    """The words of a drug's or condition's name that give it away by themselves."""
    for word in re.findall(r"[a-z]{6,}", plain(name)):
        if (domain == "Drug" and word not in FORM_WORDS) or DISEASE_WORD.fullmatch(word):
            yield word


@cache
def _concepts() -> tuple[tuple[str, dict[str, str]], ...]:
    """(domain, row) of every row of the concept maps."""
    rows = []
    for file in text_files("mappings/concepts", suffixes=(".csv",)):
        with file.open(encoding="utf-8", newline="") as lines:
            rows += [(row["domain_id"], row) for row in csv.DictReader(lines) if row.get("domain_id")]
    return tuple(rows)


def _named() -> Iterator[tuple[str, str]]:
    """(name, domain) of everything that concept maps and concept sets call a drug or a condition."""
    for domain, row in _concepts():
        if domain in DOMAINS:
            yield from ((row[column], domain) for column in NAME_COLUMNS if row.get(column))
    domains = {row[key]: domain for domain, row in _concepts() for key in ID_COLUMNS if row.get(key)}
    for file in text_files("mappings/registries", suffixes=(".yaml",)):
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        for name, concepts in _labelled(content.get("concept_sets", {})):
            of = {domains.get(str(concept.get("id") or concept.get("custom"))) for concept in concepts}
            yield from ((name, domain) for domain in of & DOMAINS if domain)


def _labelled(sets: dict[str, Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """(name, concepts) of every concept set and of every group in one."""
    for key, one in sets.items():
        concepts = one.get("concepts", [])
        yield from ((name, concepts) for name in (key, one.get("label", key)))
        yield from one.get("groups", {}).items()


@cache
def pattern() -> re.Pattern[str]:
    """Finds a drug or a disease in plain text."""
    names = set(_named())
    latin = {text for name, _ in names if re.search("[a-z]{4}", text := plain(name)) and not GRADE.fullmatch(text)}
    latin |= {word for name, domain in names for word in words_of(name, domain)}
    han = {run for name, _ in names for run in HAN.findall(name)}
    either = "|".join(map(re.escape, sorted(latin - ONCOLOGY, key=len, reverse=True)))
    return re.compile(rf"\b(?:{either})\b|{'|'.join(map(re.escape, sorted(han)))}")


def some_drug() -> dict[str, str]:
    """The first drug of the project's own concepts."""
    return next(row for domain, row in _concepts() if domain == "Drug" and row.get("concept_name_zh"))


@pytest.mark.parametrize(
    "source", ["{concept_name}_dose = 12", "class {concept_name}Dose: ...", "# {concept_name_zh}片", "someSarcoma"]
)
def test_names_are_recognised(source: str) -> None:
    assert pattern().search(plain(source.format(**some_drug())))


def test_common_words_name_nothing() -> None:
    assert not pattern().search(plain("Overall tumour response of a cohort; grade 3 adverse events, 不良事件"))


def test_no_python_file_names_a_drug_or_a_disease() -> None:
    wrong = {
        f"{relative(file)}:{number}": match.group()
        for file in text_files("plugin", "etl", "mappings", suffixes=(".py",))
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        if (match := pattern().search(plain(line)))
    }
    assert wrong == {}


def test_every_registry_gives_names_and_no_python_file_has_its_own() -> None:
    """So that one more registry is data and touches no Python: neither what it calls itself, nor what it is about."""
    definitions = [file.parent for file in text_files("mappings/registries", suffixes=(".yaml",))]
    registries = {folder.name: folder for folder in definitions}
    assert len(registries) > 1
    for name, folder in registries.items():
        sets = yaml.safe_load((folder / "concept_sets.yaml").read_text(encoding="utf-8"))["concept_sets"]
        labels = [label for label, _ in _labelled(sets)]
        assert any(pattern().search(plain(label)) for label in labels), name
        named = [
            relative(file)
            for file in text_files("plugin", "etl", "mappings", suffixes=(".py",))
            if name in file.read_text(encoding="utf-8")
        ]
        assert named == []


def test_the_names_come_from_data_that_exists() -> None:
    assert len(set(_named())) > 20
    assert (ROOT / "mappings/concepts/custom_concepts.csv").is_file()
