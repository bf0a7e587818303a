"""The reporting checklist: what two guidelines ask of a study of routine data, answered where the machine knows.

checklist.json says for each item which facts answer it; an item without any is for people. Facts come from the
registry's definition (`BulletinMeta.facts`) and from the rest of the document.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources

from onco_registry.bulletin.frames import Record
from onco_registry.bulletin.meta import BulletinMeta
from onco_registry.bulletin.statement import Statement, say, uncounted

MACHINE, PEOPLE = "machine", "people"
ENTERED = "entered"
# Facts `section.<name>` and `item.<name>` point to a section of the page, and to an item further up.
SECTION, ITEM = "section", "item"
# What holds for every registry, whatever it declares.
ALWAYS = (
    "design", "everyone", "conversion", "fates", "one_index", "in_order", "no_empirical", "follow_up_begins",
    "late_entry", "proportions", "times", "no_adjustment", "missing_row", "no_multiplicity",
    "single_arm", "informative_imaging", "repeated_looks", "no_model", "document",
)  # fmt: skip


@cache
def items() -> tuple[Record, ...]:
    """The items of checklist.json: guideline, place in it, item, the facts that answer it."""
    text = resources.files("onco_registry.bulletin").joinpath("checklist.json").read_text("utf-8")
    return tuple(json.loads(text))


def checklist(document: Record, meta: BulletinMeta) -> list[Record]:
    """Each item of the guidelines with its answer; None where people have to give it.

    An item that the machine answers, but of which the registry declares nothing, says so.
    """
    facts = {**meta.facts, **_of_document(document)}
    return [
        {
            "guideline": item["guideline"],
            "place": item["place"],
            "item": item["item"],
            "answer": _answer(item["facts"], facts, document) if item["facts"] else None,
            "filled_by": MACHINE if item["facts"] else PEOPLE,
        }
        for item in items()
    ]


def without_counts(document: Record) -> list[Record]:
    """The checklist of a document with no number of persons in it, nor a pointer to a section that is not there."""
    return [{**row, "answer": row["answer"] and _shown(row["answer"], document)} for row in document["checklist"]]


def _shown(answer: list[Statement], document: Record) -> list[Statement]:
    sections = (one["with"].get(SECTION) for one in answer)
    kept = [uncounted(one) for one, about in zip(answer, sections, strict=True) if not about or _has(document, about)]
    return kept or [say("nothing_declared")]


def _has(document: Record, section: str) -> bool:
    return document.get(section, True) not in (None, [])


def _answer(names: list[str], facts: Mapping[str, Sequence[Statement]], document: Record) -> list[Statement]:
    found = [statement for name in names for statement in _fact(name, facts, document)]
    return found or [say("nothing_declared")]


def _fact(name: str, facts: Mapping[str, Sequence[Statement]], document: Record) -> Sequence[Statement]:
    kind, _, about = name.partition(".")
    if kind == ITEM:
        return [say("as_above", item=about)]
    if kind == SECTION:
        return [say("section", section=about)] if _has(document, about) else []
    return facts.get(name, ())


def _of_document(document: Record) -> dict[str, list[Statement]]:
    about, registry = document["bulletin"], document["registry"]
    steps = [step for step in document["attrition"] if step["criterion"] != ENTERED]
    checks = document["consistency_checks"]
    passed = sum(check["status"] == "pass" for check in checks)
    return {
        "title": [say("title", title=registry["title"])],
        "population": [say("text", text=registry["population"])] if registry["population"] else [],
        "result": [say("result", hash=about["hash"])],
        "cut": [say("cut", date=about["data_cut"], run=about["knowledge_run"])],
        "sources": [say("from_sources", names=about["sources"])] if about["sources"] else [],
        "criteria": [_criterion(step) for step in steps],
        "size": [say("size_counted", patients=document["headline"]["patients"])],
        "checks": [say("checks", passed=passed, total=len(checks))] if checks else [],
        "unmapped": [say("unmapped", codes=document["run"]["unmapped_codes"])],
        "notes": [say("text", text=note) for note in registry["notes"]],
        **{name: [say(name)] for name in ALWAYS},
    }


def _criterion(step: Record) -> Statement:
    return say("criterion_counted", label=step["label"], excluded=step["excluded"], remaining=step["remaining"])
