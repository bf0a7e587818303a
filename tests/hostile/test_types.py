"""Each element that is read, at every depth, replaced by a JSON value of a wrong kind: refused, and by its name.

One wrong kind per element, in turn: what DuckDB refuses is found by splitting, which costs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import duckdb
import pytest
from duckdb.sqltypes import DuckDBPyType

from etl.site import Rows, patient
from hostile.received import Received, raw
from onco_etl import elements, fhir_schema

VALUES: dict[str, Any] = {
    "string": "text",
    "number": 7,
    "boolean": True,
    "object": {"a": "b"},
    "list": ["text"],
    "null": None,
}
# A text may be written as any primitive value (a number is the text of it); null is as if it were not there.
FITS = {
    "varchar": {"string", "number", "boolean", "null"},
    "double": {"number", "null"},
    "json": {"boolean", "null"},
    "struct": {"object", "null"},
    "list": {"list", "null"},
}
Build = Callable[[Any], Any]
# resource type, path, kind of value, whether it fits, resource
Case = tuple[str, str, str, bool, dict[str, Any]]


def cases() -> Iterator[Case]:
    """One resource per declared element; what two types or two elements have in common counts once."""
    turn = count()
    seen: set[str] = set()
    for resource_type in fhir_schema.resource_types():
        for name, declared in fhir_schema.columns(resource_type).items():
            if name in ("resourceType", "contained"):
                continue
            for path, kind, build in within(name, duckdb.sqltype(declared)):
                last = ".".join(path.split(".")[-2:])
                if last in seen:
                    continue
                seen.add(last)
                kinds = [value for value in VALUES if value not in FITS[kind] or value == "null"]
                value = kinds[next(turn) % len(kinds)]
                yield resource_type, path, value, value in FITS[kind], {name: build(VALUES[value])}


def within(path: str, kind: DuckDBPyType) -> Iterator[tuple[str, str, Build]]:
    """(path, kind, from a value to the top-level element that holds it there) of an element and those below it."""
    yield path, "json" if str(kind) == "JSON" else kind.id, lambda value: value
    if kind.id == "list":
        for below, of, build in list(within(path, elements.item(kind)))[1:]:
            yield below, of, in_list(build)
    if kind.id == "struct":
        for name, member in elements.members(kind).items():
            for below, of, build in within(f"{path}.{name}", member):
                yield below, of, in_object(name, build)


def in_list(build: Build) -> Build:
    return lambda value: [build(value)]


def in_object(name: str, build: Build) -> Build:
    return lambda value: {name: build(value)}


@pytest.fixture(name="fates", scope="module")
def _fates(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """(line, fate, reason, element) of each case, synced beside a good patient."""
    site = Received(tmp_path_factory.mktemp("types"), validation_sample=0)
    lines = [raw({"resourceType": of, "id": f"n{n}", **more}) for n, (of, *_, more) in enumerate(cases())]
    site.input.joinpath("cases.ndjson").write_bytes(b"\n".join([*lines, raw(patient("good"))]))
    site.receive()
    return site.workspace(
        """
        SELECT l.line, l.fate, l.reason, q.element
        FROM state.ledger AS l LEFT JOIN state.quarantine AS q USING (run, file_no, line, entry) ORDER BY l.line
        """
    )


def test_every_line_has_one_fate(fates: Rows) -> None:
    assert len(fates) > 200
    assert [line for line, *_ in fates] == list(range(1, len(list(cases())) + 2))
    assert fates[-1][1:] == ("mapped", "rows", None)


def test_what_does_not_fit_is_refused_by_its_name(fates: Rows) -> None:
    wrong = [
        (of, path, value, reason, element)
        for (of, path, value, fits, _), (_, _, reason, element) in zip(cases(), fates, strict=False)
        if not fits
        and (reason, (element or "").split(".")[:2])
        != ("invalid-id" if path == "id" else "invalid-shape", [of, path.split(".", maxsplit=1)[0]])
    ]
    assert wrong == []


def test_what_fits_is_not_refused_for_its_shape(fates: Rows) -> None:
    wrong = [
        (of, path, value, element)
        for (of, path, value, fits, _), (_, _, reason, element) in zip(cases(), fates, strict=False)
        if fits and reason == "invalid-shape"
    ]
    assert wrong == []
