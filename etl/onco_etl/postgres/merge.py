"""Rows that changed, into tables that readers see: they meet the old rows until the transaction is committed."""

from __future__ import annotations

from onco_etl.postgres import vocabulary
from onco_etl.postgres.plan import Step
from onco_etl.postgres.tables import Table
from onco_etl.postgres.transfer import Route


def bring(route: Route, step: Step) -> None:
    """Bring the rows that come. Of a table without a key, those that go are taken first: nothing refers to them."""
    assert step.delta is not None
    if not step.table.key:
        take(route, step)
    if step.come:
        _receive(route, step.table, step.delta.come)
        _put(route, step.table)
        route.do("DROP TABLE pg_temp.incoming")


def take(route: Route, step: Step) -> None:
    """Take the rows that go."""
    assert step.delta is not None
    if step.gone:
        place, by = route.place(step.table), step.delta.by
        route.do(f"CREATE TEMP TABLE gone ON COMMIT DROP AS SELECT {', '.join(by)} FROM {place} WITH NO DATA")
        route.copy(step.delta.gone, "pg_temp.gone")
        route.do(f"DELETE FROM {place} AS t USING pg_temp.gone AS g WHERE {_same(by)}; DROP TABLE pg_temp.gone")


def replace(route: Route, step: Step) -> None:
    """Write all rows of a table anew."""
    place = route.place(step.table)
    route.do(f"DELETE FROM {place}")
    route.copy(step.select, f"{place} ({step.table.names})")


def add(route: Route, step: Step) -> None:
    """Bring what the published file adds to a table of the vocabulary.

    What it no longer adds to a table with a key stays until `take_added`: rows of patients may refer to it.
    """
    table, kept = step.table, _kept(route, step.table)
    _receive(route, table, step.select)
    if not table.key:
        by = table.required
        no_more = f"SELECT {', '.join(by)} FROM (TABLE {kept} EXCEPT TABLE pg_temp.incoming) AS e"
        route.do(f"DELETE FROM {route.place(table)} AS t USING ({no_more}) AS g WHERE {_same(by)}")
    route.do(
        f"""
        CREATE TEMP TABLE arriving ON COMMIT DROP AS TABLE pg_temp.incoming EXCEPT TABLE {kept};
        ALTER TABLE pg_temp.incoming RENAME TO adding_{table.name};
        ALTER TABLE pg_temp.arriving RENAME TO incoming;
        """
    )
    _put(route, table)
    route.do("DROP TABLE pg_temp.incoming")


def take_added(route: Route, table: Table) -> None:
    """After `add`: take what is no longer added, and keep what is."""
    kept, adding = _kept(route, table), f"pg_temp.adding_{table.name}"
    if table.key:
        by = ", ".join(table.key)
        no_more = f"SELECT {by} FROM {kept} EXCEPT SELECT {by} FROM {adding}"
        route.do(f"DELETE FROM {route.place(table)} AS t USING ({no_more}) AS g WHERE {_same(table.key)}")
    route.do(f"DELETE FROM {kept}; INSERT INTO {kept} TABLE {adding}; DROP TABLE {adding}")


def keep_added(route: Route, table: Table) -> None:
    """After a table of the vocabulary was built: keep a copy of what is added to it."""
    kept = _kept(route, table)
    route.do(f"DROP TABLE IF EXISTS {kept}; CREATE TABLE {kept} (LIKE {route.place(table)})")
    route.copy(vocabulary.additions(table), kept)


def _receive(route: Route, table: Table, select: str) -> None:
    route.do(f"CREATE TEMP TABLE incoming (LIKE {route.place(table)}) ON COMMIT DROP")
    route.copy(select, "pg_temp.incoming")


def _put(route: Route, table: Table) -> None:
    """Insert the incoming rows; where the key is there, its row becomes the new one unless it is that already."""
    insert = f"INSERT INTO {route.place(table)} AS t ({table.names}) SELECT {table.names} FROM pg_temp.incoming"
    if table.key:
        new = ", ".join(f'"{column.name}" = excluded."{column.name}"' for column in table.columns)
        insert += f" ON CONFLICT ({', '.join(table.key)}) DO UPDATE SET {new} WHERE t IS DISTINCT FROM excluded"
    route.do(insert)


def _same(columns: tuple[str, ...]) -> str:
    return " AND ".join(f"t.{name} = g.{name}" for name in columns)


def _kept(route: Route, table: Table) -> str:
    return f"{route.settings.books}.addition_{table.name}"
