"""Why everything is built anew, and whether the vocabulary is then left as it is."""

from __future__ import annotations

from onco_etl.postgres import books as bookkeeping
from onco_etl.postgres import vocabulary
from onco_etl.postgres.books import Books
from onco_etl.postgres.tables import cdm_tables
from onco_etl.postgres.transfer import Route

ASKED_FOR = "asked for"


def why_full(route: Route, books: Books | None) -> str | None:
    """Why what changed since the replica's run does not lead to the published file's; None where it does."""
    if books is None:
        return "there was no replica"
    origin = route.origin
    reasons = {
        "tables are missing": bool(set(books.content) - bookkeeping.present(route.connection, route.settings)),
        "its tables are of another shape": not all(_has_shape(books, name) for name in cdm_tables()),
        "it is of another workspace, or of a later state of this one": books.run > origin.run
        or origin.started(books.run) != books.started,
        "the workspace was rebuilt": books.run < origin.rebuilt(),
        "the vocabulary is another": books.release != origin.release,
    }
    return next((words for words, holds in reasons.items() if holds), None)


def keeps_vocabulary(route: Route, books: Books | None, reason: str) -> bool:
    """Whether the vocabulary is there as it should be, so that a full publish leaves it; not if it is asked for."""
    if books is None or reason == ASKED_FOR or books.release != route.origin.release:
        return False
    there = bookkeeping.present(route.connection, route.settings)
    return all(("cdm", name) in there and _has_shape(books, name) for name in vocabulary.TABLES)


def _has_shape(books: Books, name: str) -> bool:
    known = books.content.get(("cdm", name))
    return known is not None and known.signature == bookkeeping.described(cdm_tables()[name])
