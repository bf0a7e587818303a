"""Walk the declared shape of a resource: each element that is read, as SQL over its staged row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

import duckdb
from duckdb.sqltypes import DuckDBPyType


@dataclass(frozen=True)
class Element:
    """An element: its path, the SQL of its value (of all its values, as a list, where it repeats), its type.

    `json_path`: where it stands in the resource's JSON, with [*] for the items of a list.
    """

    path: str
    json_path: str
    sql: str
    repeats: bool
    type: DuckDBPyType

    @property
    def members(self) -> Mapping[str, DuckDBPyType]:
        """Sub-elements by name; none of a primitive one."""
        return members(self.type) if self.type.id == "struct" else {}


def members(struct: DuckDBPyType) -> dict[str, DuckDBPyType]:
    """The members of a STRUCT type by name."""
    return dict(_children(struct))


def item(repeated: DuckDBPyType) -> DuckDBPyType:
    """The type of the items of a list type."""
    return _children(repeated)[0][1]


def walk(columns: Mapping[str, str]) -> Iterator[Element]:
    """Every element below `columns` (name -> DuckDB type), outer ones first."""
    for name, kind in columns.items():
        yield from _below(_element(name, f"$.{name}", f'"{name}"', repeats=False, kind=duckdb.sqltype(kind)))


def _below(element: Element) -> Iterator[Element]:
    yield element
    for name, kind in element.members.items():
        path, json_path = f"{element.path}.{name}", f"{element.json_path}.{name}"
        of_each = f'list_transform({element.sql}, lambda one: one."{name}")'
        sql = of_each if element.repeats else f'{element.sql}."{name}"'
        yield from _below(_element(path, json_path, sql, repeats=element.repeats, kind=kind))


def _element(path: str, json_path: str, sql: str, *, repeats: bool, kind: DuckDBPyType) -> Element:
    """Lists within lists become one list."""
    if kind.id == "list":
        return Element(path, f"{json_path}[*]", f"flatten({sql})" if repeats else sql, True, item(kind))
    return Element(path, json_path, sql, repeats, kind)


def _children(kind: DuckDBPyType) -> list[tuple[str, DuckDBPyType]]:
    return cast("list[tuple[str, DuckDBPyType]]", kind.children)
