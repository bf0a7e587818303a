"""Statements of the reporting checklist: a key of the catalogue and the values it is filled with, in no language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from onco_registry.bulletin.catalogue import Catalogue

Statement = dict[str, Any]
# Between them stands a space.
_HAN_BEFORE_LATIN = re.compile(r"(?<=[\u4e00-\u9fff])(?=[A-Za-z0-9])")
# What ends the key of a statement that tells a number of persons, and the values that do so.
COUNTED, COUNTS = "_counted", ("excluded", "remaining", "patients")


def say(key: str, **values: Any) -> Statement:
    """The statement with the words of `say.<key>`; values are texts, whole numbers, lists, ISO dates (`date`)."""
    return {"say": key, "with": values}


def said(words: Catalogue, statement: Mapping[str, Any]) -> str:
    """The statement in the language of the catalogue."""
    values = {name: _value(words, name, value) for name, value in statement["with"].items()}
    return words(f"say.{statement['say']}", **values)


def uncounted(statement: Mapping[str, Any]) -> Statement:
    """The same statement without its numbers of persons."""
    values = {name: value for name, value in statement["with"].items() if name not in COUNTS}
    return {"say": statement["say"].removesuffix(COUNTED), "with": values}


def _value(words: Catalogue, name: str, value: Any) -> str:
    """Names of the engine have words in the catalogue; other texts are words of the registry."""
    if isinstance(value, list):
        texts = [_value(words, name, item) for item in value]
        return _and(words, texts) if name == "components" else _listed(words, texts)
    if isinstance(value, int):
        return words.number(value)
    if name == "date":
        return words.date(value)
    if name == "section":
        return words(f"section.{value}")
    if name == "item":
        return words(f"checklist.item.{value}")
    if name == "sources":
        return words.name("source", value)
    if name == "records":
        return words.name("record", value)
    text = words.typeset(words.text(value))
    return words.inside(text) if name in ("components", "kind") else text


def _and(words: Catalogue, texts: list[str]) -> str:
    *before, last = texts
    joined = words("list.and", first=words("list.comma").join(before), last=last) if before else last
    return _HAN_BEFORE_LATIN.sub(" ", joined)


def _listed(words: Catalogue, texts: list[str]) -> str:
    """Between texts that have commas of their own stands more than a comma."""
    between = "list.separator" if any(comma in text for text in texts for comma in ",，") else "list.comma"
    return words(between).join(texts)
