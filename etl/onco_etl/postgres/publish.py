"""Publish to Postgres: from whatever run the replica is at to the published file's, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass

import psycopg
import structlog

from onco_etl.errors import ReplicaError
from onco_etl.postgres import books as bookkeeping
from onco_etl.postgres import build, merge, plan, reasons, references, roles, views, vocabulary
from onco_etl.postgres.books import Books, Broken
from onco_etl.postgres.compare import compare
from onco_etl.postgres.plan import Action, Step
from onco_etl.postgres.tables import Table
from onco_etl.postgres.transfer import Route
from onco_etl.runs import timed

log = structlog.get_logger()

# Changed rows of a table from which it may be built anew; fewer are merged sooner than foreign keys are checked.
BUILD_FROM = 10_000


@dataclass(frozen=True)
class Published:
    """What a publish did: the run it is at now and was at before (None: there was nothing), and why all was built.

    rows: per table that changed, those that came or were named to go. broken: foreign keys that do not hold. notes:
    what the owner of the replica may not do and the DBA has to.
    """

    run: int
    before: int | None
    full: str | None
    rows: Mapping[str, int]
    broken: Sequence[Broken]
    notes: Sequence[str]


class _CountsDiffer(Exception):  # noqa: N818 - what follows decides
    """A table of the replica has not the rows that it should have."""


def publish(route: Route, *, full: bool = False, build_from: int = BUILD_FROM) -> Published:
    """Bring the replica to the run of the published file; what a reader sees is the old state or the new one.

    By what changed since the replica's run, or, where that does not lead there, with every table built anew (`full`:
    with the vocabulary). Raises ReplicaError with nothing changed. The lock must be held.
    """
    reason = reasons.ASKED_FOR if full else None
    aside: set[str] = set()
    while True:
        try:
            with timed("published to Postgres", run=route.origin.run), route.connection.transaction():
                return _Publisher(route, aside, build_from).run(reason)
        except psycopg.errors.ForeignKeyViolation as error:
            # Without those that the new rows break; they are tried, and reported, at the end.
            if error.diag.constraint_name is None or error.diag.constraint_name in aside:
                raise
            aside.add(error.diag.constraint_name)
        except plan.TooMuch as table:
            reason = f"more than a tenth of {table} changed"
        except _CountsDiffer as difference:
            if reason:
                raise ReplicaError(f"nothing was published: {difference}") from None
            log.warning("the Postgres replica is not what it should be: it is built anew", difference=str(difference))
            reason = str(difference)


class _Publisher:
    """One attempt, within a transaction."""

    def __init__(self, route: Route, aside: Set[str], build_from: int) -> None:
        self.route, self.aside, self.build_from = route, aside, build_from
        self.origin, self.connection, self.settings = route.origin, route.connection, route.settings
        self.books = bookkeeping.read(self.connection, self.settings)
        self.views = views.texts(self.settings, list(self.origin.tables))
        self.pinned = build.pinned(self.connection, self.settings, list(self.views))

    def run(self, reason: str | None) -> Published:
        """The order of things."""
        reason = reason or reasons.why_full(self.route, self.books)
        if reason is None and self._is_there():
            assert self.books is not None
            return Published(self.origin.run, self.origin.run, None, {}, self.books.broken, ())
        steps = self._steps(reason)
        built = [step.table for step in steps if step.action is Action.BUILD]
        build.refuse_pinned(self.pinned, built)
        bookkeeping.create(self.connection, self.settings)
        broken_before = {found.constraint for found in (self.books.broken if self.books else ())}
        references.drop(self.connection, self.settings, self.aside)
        self._bring(steps)
        broken = self._build(steps, built)
        self._take(steps)
        lost = {r.constraint for table in built for r in table.references}
        broken += references.restore(self.connection, self.settings, (broken_before | self.aside) - lost)
        renewed = self._renew_views(steps, built)
        notes = self._grant(renewed)
        self._check(steps, checksums=reason is not None)
        self._write_books(steps, broken)
        rows = {step.table.label: step.come + step.gone for step in steps if step.action is not Action.LEAVE}
        return Published(self.origin.run, self.books.run if self.books else None, reason, rows, broken, notes)

    def _is_there(self) -> bool:
        books = self.books
        return (
            books is not None
            and books.run == self.origin.run
            and books.readers == self.settings.analyst_role
            and books.views == bookkeeping.signature(self.views)
            and not self.aside
        )

    def _steps(self, reason: str | None) -> list[Step]:
        if reason is None:
            assert self.books is not None
            return plan.since(self.origin, self.books, build_from=self.build_from, pinned=set(self.pinned))
        kept = reasons.keeps_vocabulary(self.route, self.books, reason)
        return plan.full(self.origin, keep_vocabulary=kept, books=self.books)

    def _bring(self, steps: Sequence[Step]) -> None:
        """Rows come in any order; that each finds what it refers to is seen at the end, before any go."""
        bring: Mapping[Action, Callable[[Route, Step], None]] = {
            Action.MERGE: merge.bring,
            Action.ADD: merge.add,
            Action.REPLACE: merge.replace,
        }
        self.connection.execute("SET CONSTRAINTS ALL DEFERRED")
        for step in steps:
            if step.action in bring:
                bring[step.action](self.route, step)
        self.connection.execute("SET CONSTRAINTS ALL IMMEDIATE")

    def _build(self, steps: Sequence[Step], built: Sequence[Table]) -> list[Broken]:
        if not built:
            return []
        build.begin(self.route)
        for step in steps:
            if step.action is Action.BUILD:
                build.build(self.route, step.table, step.select)
        beside = {table.name for table in built if table.part == "cdm"}
        broken = references.add(self.connection, self.settings, built, beside)
        views.drop(self.connection, self.settings, list(self.views))
        build.swap(self.route, built)
        for table in built:
            if vocabulary.has(table):
                merge.keep_added(self.route, table)
        return broken

    def _take(self, steps: Sequence[Step]) -> None:
        self.connection.execute("SET CONSTRAINTS ALL DEFERRED")
        for step in steps:
            if step.action is Action.ADD:
                merge.take_added(self.route, step.table)
            elif step.action is Action.MERGE and step.table.key:
                merge.take(self.route, step)
        self.connection.execute("SET CONSTRAINTS ALL IMMEDIATE")

    def _renew_views(self, steps: Sequence[Step], built: Sequence[Table]) -> bool:
        """Views are made anew where their text, or a table below them, is new; tables that are no more are dropped."""
        known = set(self.books.content) if self.books else set()
        left_over = known - {(step.table.part, step.table.name) for step in steps}
        same = self.books is not None and self.books.views == bookkeeping.signature(self.views)
        if same and not built and not left_over:
            return False
        views.drop(self.connection, self.settings, list(self.views))
        for part, name in left_over:
            self.route.do(f"DROP TABLE IF EXISTS {self.settings.schema(part)}.{name}")
        views.create(self.connection, self.settings, self.views)
        return True

    def _grant(self, renewed: bool) -> list[str]:
        if not renewed and self.books and self.books.readers == self.settings.analyst_role:
            return []
        notes = roles.grant(self.connection, self.settings)
        for note in notes:
            log.warning(note)
        return notes

    def _check(self, steps: Sequence[Step], *, checksums: bool) -> None:
        """Each table has as many rows as it should; where all were built, also the same ones.

        A table of the vocabulary that nothing was done with is not read again.
        """
        for step in steps:
            if vocabulary.has(step.table) and step.action is Action.LEAVE:
                continue
            if difference := compare(self.route, step.table, checksums=checksums):
                raise _CountsDiffer(difference)

    def _write_books(self, steps: Sequence[Step], broken: Sequence[Broken]) -> None:
        for found in broken:
            log.warning("a foreign key does not hold and is left out", **found.__dict__)
        origin = self.origin
        new = Books(
            origin.run,
            origin.started(origin.run),
            origin.release,
            self.settings.analyst_role,
            bookkeeping.signature(self.views),
            {(step.table.part, step.table.name): step.content for step in steps},
            broken,
        )
        bookkeeping.write(self.connection, self.settings, new)
