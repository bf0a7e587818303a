"""Whether a table of the replica holds what it should."""

from __future__ import annotations

from onco_etl.postgres import checksum, vocabulary
from onco_etl.postgres.tables import Table
from onco_etl.postgres.transfer import Route
from onco_etl.query import scalar


def compare(route: Route, table: Table, *, checksums: bool) -> str | None:
    """How a table of the replica differs from what it should be, in words; None where it does not."""
    origin, place = route.origin, route.place(table)
    select = vocabulary.whole(table) if vocabulary.has(table) else origin.rows(table)
    expected: tuple[object, ...]
    if checksums:
        expected, query = origin.content(select, table), checksum.in_postgres(table, place)
    else:
        expected = (scalar(origin.con, f"SELECT count(*) FROM ({select})"),)
        query = f"SELECT count(*) FROM {place}"
    found = route.connection.execute(query).fetchone()
    assert found is not None
    if found == expected:
        return None
    if found[0] != expected[0]:
        return f"{table.label} has {found[0]} rows instead of {expected[0]}"
    return f"{table.label} has other values in some of its {expected[0]} rows"
