"""The demo's bulletins, internal and public, field by field against the golden ones; `make golden` renews those.

Left out is what any change of definition, program or library moves: hashes, versions, and when the run ended.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from onco_registry.bulletin.disclosure import public
from replica.nights import Demo

GOLDEN = Path(__file__).parent / "golden"
RENEW = "RENEW_GOLDEN"
MINIMUM_CELL = 5
COMPUTED = "2022-07-01T08:00:00+08:00"
# Values of statements that name a hash or a version.
MOVING = {"digest", "hash", "version", "libraries"}
LAGS = ("lag_assessment", "lag_death")


def editions(demo: Demo) -> dict[str, dict[str, Any]]:
    """The document of each edition, without what moves."""
    internal = json.loads(demo.months.current_bulletin("bulletin.json"))
    shown = public(internal, (), MINIMUM_CELL)
    assert shown is not None
    return {"internal": steady(internal), "public": steady(shown)}


def steady(document: dict[str, Any]) -> dict[str, Any]:
    bulletin = {**document["bulletin"], "hash": "-", "computed": COMPUTED}
    checklist = [
        row | {"answer": row["answer"] and [_steady(statement) for statement in row["answer"]]}
        for row in document["checklist"]
    ]
    # How long a lag is depends on when the run was.
    timeliness = [row | ({"median_days": 0.0} if row["item"] in LAGS else {}) for row in document["timeliness"]]
    return {**document, "bulletin": bulletin, "checklist": checklist, "timeliness": timeliness}


def _steady(statement: dict[str, Any]) -> dict[str, Any]:
    return statement | {"with": {key: "-" if key in MOVING else value for key, value in statement["with"].items()}}


def fields(value: Any, path: str = "$") -> Iterator[tuple[str, Any]]:
    """(JSON path, value) of everything that is no object or array, and of empty ones."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from fields(inner, f"{path}.{key}")
    elif isinstance(value, list) and value:
        for position, inner in enumerate(value):
            yield from fields(inner, f"{path}[{position}]")
    else:
        yield path, value


def differences(golden: dict[str, Any], found: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Path -> (golden, found) of the fields that differ; a field that one of them lacks is '(absent)' there."""
    before, after = dict(fields(golden)), dict(fields(found))
    pairs = {path: (before.get(path, "(absent)"), after.get(path, "(absent)")) for path in [*before, *after]}
    return {path: pair for path, pair in pairs.items() if not _same(*pair)}


def _same(golden: Any, found: Any) -> bool:
    if isinstance(golden, float) and isinstance(found, float):
        return math.isclose(golden, found, rel_tol=1e-8, abs_tol=1e-9)
    return type(golden) is type(found) and bool(golden == found)


@pytest.mark.parametrize("edition", ["internal", "public"])
def test_the_bulletin_of_the_demo(demo: Demo, edition: str) -> None:
    found = editions(demo)[edition]
    path = GOLDEN / f"bulletin-{edition}.json"
    if os.environ.get(RENEW):
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{json.dumps(found, ensure_ascii=False, indent=1, sort_keys=True)}\n", encoding="utf-8")
    golden = json.loads(path.read_text(encoding="utf-8"))
    assert differences(golden, found) == {}, "if this is meant: make golden, and read what changes in git"


def test_a_changed_field_is_named() -> None:
    golden = {"a": [{"x": 0.1, "y": 1}, {}], "b": None}
    assert differences(golden, {"a": [{"x": 0.1 + 1e-17, "y": 1}, {}], "b": None}) == {}
    assert differences(golden, {"a": [{"x": 0.2, "y": True}], "b": 1}) == {
        "$.a[0].x": (0.1, 0.2),
        "$.a[0].y": (1, True),
        "$.a[1]": ({}, "(absent)"),
        "$.b": (None, 1),
    }
