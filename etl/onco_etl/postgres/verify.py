"""Whether the replica holds what it should: rows and checksums of every table, read on both sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from onco_etl.errors import ReplicaError
from onco_etl.postgres import books as bookkeeping
from onco_etl.postgres import plan
from onco_etl.postgres.books import Broken
from onco_etl.postgres.compare import compare
from onco_etl.postgres.transfer import Route


@dataclass(frozen=True)
class Verified:
    """The run compared, how many tables were, how some differ (part.name and words), and keys that do not hold."""

    run: int
    tables: int
    differences: Sequence[str]
    broken: Sequence[Broken]


def verify(route: Route) -> Verified:
    """Compare every table of the replica with the published file and the vocabulary in use.

    Raises ReplicaError where there is no replica, or it is at another run than the file.
    """
    origin = route.origin
    found = bookkeeping.read(route.connection, route.settings)
    if found is None:
        raise ReplicaError("there is no replica yet: `onco-registry postgres publish` makes it")
    if found.run != origin.run:
        raise ReplicaError(
            f"the replica is at run {found.run}, the published file at {origin.run}: `onco-registry postgres publish`"
        )
    tables = plan.all_tables(origin)
    there = bookkeeping.present(route.connection, route.settings)
    differences = []
    for table in tables:
        if (table.part, table.name) not in there:
            differences.append(f"{table.label} is missing")
        elif difference := compare(route, table, checksums=True):
            differences.append(difference)
    return Verified(origin.run, len(tables), differences, found.broken)
