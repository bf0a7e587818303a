"""The tables of the document as CSV files, found by walking its schema: a new section needs nothing here.

A list of records is a table, named by its place in the document (`survival_estimates`). Where records hold lists
themselves, each row of the inner table begins with the name of the record that holds it (`endpoint`). What is in no
list is a row of the table `about`.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from onco_registry.bulletin.schema_nodes import Node, listed, members, named, root

Row = dict[str, Any]
Path = tuple[str, ...]

# Excel takes a file without this mark for one in the code page of its country, so that Chinese becomes garbage. pandas,
# DuckDB and R's readr skip it.
BOM = "\ufeff"
# A spreadsheet takes a text that begins so for a formula; East Asian ones the wide forms too.
FORMULA = tuple("=+-@＝＋－＠\t\r\n")
# Names that only say that a list follows: no part of a table's name.
SILENT = {"rows", "points", "measures"}
# Column -> the unit of its table, where the rows do not give it.
UNITS = {"change": "fraction", "survival": "fraction", "incidence": "fraction", "rate": "per 100 person-years"}


@dataclass(frozen=True)
class _Table:
    path: Path
    columns: list[str]
    rows: list[Row]

    @property
    def file(self) -> str:
        return f"tables/{'_'.join(step for step in self.path if step not in SILENT)}.csv"

    def csv(self) -> bytes:
        """The file's bytes."""
        lines = io.StringIO(newline="")
        units = [] if "unit" in self.columns else [UNITS[column] for column in self.columns if column in UNITS]
        writer = csv.DictWriter(lines, [*self.columns, *["unit"][: len(units)]], lineterminator="\r\n")
        writer.writeheader()
        for row in self.rows:
            cells = {column: _cell(value) for column, value in row.items()}
            writer.writerow(cells | ({"unit": units[0]} if units else {}))
        return f"{BOM}{lines.getvalue()}".encode()


def tables(document: Mapping[str, Any]) -> dict[str, bytes]:
    """`tables/<name>.csv` -> content, in the order of the names.

    A table without rows has its header; of the public edition, which leaves much out, it is not there, nor has `about`
    what has no value: what is not told is not to be taken for none.

    RFC 4180: commas, CRLF, quoted where needed; UTF-8 with a byte order mark. Fractions stay fractions, and the column
    `unit` says so. What is unknown, not estimable or suppressed is empty. A text that a spreadsheet would take for a
    formula has an apostrophe before it.
    """
    everything = document["bulletin"]["edition"] == "internal"
    rows = [row for row in _about((), document, root()) if everything or row["value"] is not None]
    about = _Table(("about",), ["section", "name", "value"], rows)
    found = [table for table in [about, *_tables((), document, root())] if everything or table.rows]
    return {table.file: table.csv() for table in sorted(found, key=lambda table: table.file)}


def _about(path: Path, section: Mapping[str, Any], node: Node) -> Iterator[Row]:
    """A row for each member of the document that is no list of records and in none; one for each item of a list."""
    for name, inner in members(node):
        value = section.get(name)
        if inner.get("type") == "object":
            yield from _about((*path, name), value or {}, inner)
        elif listed(inner) is None:
            for each in value if isinstance(value, list) else [value]:
                yield {"section": ".".join(path), "name": name, "value": each}


def _tables(path: Path, section: Mapping[str, Any], node: Node) -> Iterator[_Table]:
    """The tables of one object of the document."""
    for name, inner in members(node):
        value, place = section.get(name), (*path, name)
        if (item := listed(inner)) is not None:
            yield from _of_records(place, [({}, record) for record in value or []], item, [])
        elif (item := named(inner)) is not None:
            yield _by_name(place, value or {}, item)
        elif inner.get("type") == "object":
            yield from _tables(place, value or {}, inner)


def _by_name(path: Path, value: Mapping[str, Row | None], node: Node) -> _Table:
    """The table of an object that holds a record under each name."""
    columns = ["name", *(column for column, _ in _cells({}, node))]
    return _Table(path, columns, [{"name": name, **dict(_cells(value[name] or {}, node))} for name in sorted(value)])


def _of_records(path: Path, held: list[tuple[Row, Row]], node: Node, before: list[str]) -> Iterator[_Table]:
    """The table of records, each beside what is known of those that hold it (columns `before`), and the tables in it.

    In an inner table, each row begins with the texts of the record that holds it, or with its number where it has
    none. A list that is all there is to its record (`rows`) makes one table with it.
    """
    own, lists = [column for column, _ in _cells({}, node)], list(_lists(node))
    texts = [name for name, inner in members(node) if inner.get("type") == "string"]
    if lists and not texts:
        held = [({**outer, "number": number}, record) for number, (outer, record) in enumerate(held, start=1)]
        before = [*before, "number"]
    if not any(set(steps) <= SILENT for steps, _ in lists):
        yield _Table(path, [*before, *own], [{**outer, **dict(_cells(record, node))} for outer, record in held])
    for steps, item in lists:
        # What stands beside the list in an object of its own goes with it: until when a curve is shown.
        beside = [column for column in own if steps[:-1] and column.startswith(f"{'_'.join(steps[:-1])}_")]
        kept = _told_apart(own if set(steps) <= SILENT else [*texts, *beside], path[-1], item)
        inner = [
            ({**outer, **{kept[column]: value for column, value in _cells(record, node) if column in kept}}, each)
            for outer, record in held
            for each in _at(record, steps)
        ]
        yield from _of_records((*path, *steps), inner, item, [*before, *kept.values()])


def _told_apart(columns: list[str], holder: str, item: Node) -> dict[str, str]:
    """Columns of a holder -> their names in an inner table: those that both have get the holder's name before them."""
    taken = {column for column, _ in _cells({}, item)}
    return {column: f"{holder}_{column}" if column in taken else column for column in columns}


def _lists(node: Node) -> Iterator[tuple[Path, Node]]:
    """The lists of records within a record: the way to each, and what it holds."""
    for name, inner in members(node):
        if (item := listed(inner)) is not None:
            yield (name,), item
        else:
            yield from (((name, *steps), item) for steps, item in _lists(inner))


def _at(record: Row, steps: Path) -> list[Row]:
    value: Any = record
    for step in steps:
        value = (value or {}).get(step)
    return value or []


def _cells(record: Mapping[str, Any], node: Node, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Column and value of everything in a record but its lists of records; a list of fixed length in columns 1 to n."""
    for name, inner in members(node):
        value, column = record.get(name), f"{prefix}{name}"
        if "properties" in inner:
            yield from _cells(value or {}, inner, f"{column}_")
        elif inner.get("type") == "array" and listed(inner) is None:
            length = inner.get("maxItems", 0)
            numbered = [*(value or []), *[None] * length][:length]
            yield from ((f"{column}_{number}", each) for number, each in enumerate(numbered, start=1))
            if not length:
                yield column, "; ".join(map(str, value or []))
        elif inner.get("type") not in {"array", "object"}:
            yield column, value


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
