"""What a publish does with each table: merge what changed, write it anew, build it beside the old one, or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from onco_etl.postgres import vocabulary
from onco_etl.postgres.books import Books, Content, described
from onco_etl.postgres.origin import Delta, Origin, delta, note_changes
from onco_etl.postgres.tables import Table, cdm_tables, referenced
from onco_etl.query import scalar

# Of a table's rows: where more change, a new table with its indices is made sooner than the old one is changed.
_SHARE = 0.1


class Action(Enum):
    """What is done with a table."""

    LEAVE = "leave"
    MERGE = "merge"
    # The vocabulary's own rows stay, what the published file adds to them is merged.
    ADD = "add"
    REPLACE = "replace"
    BUILD = "build"


@dataclass(frozen=True)
class Step:
    """A table and what is done with it; `select`: all its rows (for ADD: the additions), in DuckDB.

    come, gone: how many rows a delta brings and names to be taken. content: for the books.
    """

    table: Table
    action: Action
    content: Content
    select: str = ""
    delta: Delta | None = None
    come: int = 0
    gone: int = 0


class TooMuch(Exception):  # noqa: N818 - a decision, not a failure
    """So many rows changed of a table that others refer to that everything is better built anew."""


def full(origin: Origin, *, keep_vocabulary: bool, books: Books | None) -> list[Step]:
    """Every table is built anew; the vocabulary only where it is not kept."""
    steps = []
    for table in all_tables(origin):
        if vocabulary.has(table):
            kept = books if keep_vocabulary else None
            steps.append(_vocabulary_step(origin, table, kept))
        elif _changes(origin, table):
            select = origin.rows(table)
            come = _count(origin, select)
            steps.append(Step(table, Action.BUILD, Content(described(table)), select, come=come))
        else:
            content = _content(origin, table)
            steps.append(Step(table, Action.BUILD, content, origin.rows(table), come=content.rows or 0))
    return steps


def since(origin: Origin, books: Books, *, build_from: int, pinned: set[str]) -> list[Step]:
    """The steps from the books' run to the file's.

    A table of which more than a tenth, and at least `build_from` rows, changes is built anew, but those that are
    `pinned` (schema-less labels part.name): others depend on them. Raises TooMuch.
    """
    note_changes(origin, books.run)
    return [_step(origin, table, books, build_from, pinned) for table in all_tables(origin)]


def all_tables(origin: Origin) -> list[Table]:
    """The CDM's tables, the vocabulary first, then those of registry and results."""
    found = cdm_tables()
    clinical = [table for name, table in found.items() if name not in vocabulary.TABLES]
    return [*(found[name] for name in vocabulary.TABLES), *clinical, *origin.tables]


def _step(origin: Origin, table: Table, books: Books, build_from: int, pinned: set[str]) -> Step:
    known = books.content.get((table.part, table.name))
    if vocabulary.has(table):
        return _vocabulary_step(origin, table, books)
    changes = delta(origin, table, books.run)
    if known is None or known.signature != described(table):
        content = Content(described(table)) if changes else _content(origin, table)
        return Step(table, Action.BUILD, content, origin.rows(table))
    if changes is None:
        return _whole_step(origin, table, known, build_from, pinned)
    return _delta_step(origin, table, changes, known, build_from, pinned)


def _delta_step(
    origin: Origin, table: Table, changes: Delta, known: Content, build_from: int, pinned: set[str]
) -> Step:
    come, gone, rows = (_count(origin, select) for select in (changes.come, changes.gone, origin.rows(table)))
    action = Action.MERGE if come or gone else Action.LEAVE
    if come + gone >= build_from and come + gone > _SHARE * rows:
        if table.part == "cdm" and table.name in referenced():
            raise TooMuch(table.label)
        if table.label not in pinned:
            action = Action.BUILD
    return Step(table, action, known, origin.rows(table), changes, come, gone)


def _whole_step(origin: Origin, table: Table, known: Content, build_from: int, pinned: set[str]) -> Step:
    content = _content(origin, table)
    if content == known:
        return Step(table, Action.LEAVE, known)
    rows = content.rows or 0
    build = rows >= build_from and table.label not in pinned
    return Step(table, Action.BUILD if build else Action.REPLACE, content, origin.rows(table), come=rows)


def _vocabulary_step(origin: Origin, table: Table, books: Books | None) -> Step:
    """Without books the vocabulary is built; else what is added to it follows the published file's slice."""
    content = Content(described(table), *vocabulary.slice_content(origin, table))
    if books is None:
        select = vocabulary.whole(table)
        return Step(table, Action.BUILD, content, select, come=_count(origin, select))
    same = books.content.get(("cdm", table.name)) == content
    action = Action.LEAVE if same else Action.ADD
    return Step(table, action, content, vocabulary.additions(table), come=content.rows or 0)


def _changes(origin: Origin, table: Table) -> bool:
    """Whether a table is one that grows by what changed."""
    return delta(origin, table, 0) is not None


def _content(origin: Origin, table: Table) -> Content:
    return Content(described(table), *origin.content(origin.rows(table), table))


def _count(origin: Origin, select: str) -> int:
    found: int = scalar(origin.con, f"SELECT count(*) FROM ({select})")
    return found
