"""Foreign keys: all that the CDM has; one that does not hold is left out and reported."""

from __future__ import annotations

from collections.abc import Iterable, Set

import psycopg

from onco_etl.postgres.books import Broken
from onco_etl.postgres.lock import Connection, value
from onco_etl.postgres.settings import PostgresSettings
from onco_etl.postgres.tables import Reference, Table, cdm_tables


def add(connection: Connection, settings: PostgresSettings, tables: Iterable[Table], built: Set[str]) -> list[Broken]:
    """Add the foreign keys of tables, those in `built` in the schema where they are built; those that do not hold.

    They are deferrable, so that a publish may bring rows in any order; for everyone else they are as OHDSI's.
    """
    broken = []
    for table in tables:
        for reference in table.references:
            found = _add(connection, _schema(settings, table.name, built), table, reference, settings, built)
            broken += [found] if found else []
    return broken


def restore(connection: Connection, settings: PostgresSettings, names: Set[str]) -> list[Broken]:
    """Add foreign keys once more that did not hold before, or were set aside; those that still do not hold."""
    chosen = [(t, r) for t in cdm_tables().values() for r in t.references if r.constraint in names]
    return [
        found
        for table, reference in chosen
        if (found := _add(connection, settings.cdm_schema, table, reference, settings, frozenset()))
    ]


def drop(connection: Connection, settings: PostgresSettings, names: Set[str]) -> None:
    """Drop foreign keys."""
    for table in cdm_tables().values():
        for reference in table.references:
            if reference.constraint in names:
                connection.execute(
                    f"ALTER TABLE {settings.cdm_schema}.{table.name} DROP CONSTRAINT IF EXISTS {reference.constraint}"
                )


def _add(
    connection: Connection,
    schema: str,
    table: Table,
    reference: Reference,
    settings: PostgresSettings,
    built: Set[str],
) -> Broken | None:
    target = f"{_schema(settings, reference.target, built)}.{reference.target}"
    try:
        with connection.transaction():
            connection.execute(
                f"ALTER TABLE {schema}.{table.name} ADD CONSTRAINT {reference.constraint} "
                f"FOREIGN KEY ({reference.column}) REFERENCES {target} ({reference.target_column}) "
                "DEFERRABLE INITIALLY IMMEDIATE"
            )
    except psycopg.errors.ForeignKeyViolation:
        rows = value(
            connection,
            f"SELECT count(*) FROM {schema}.{table.name} AS t WHERE t.{reference.column} IS NOT NULL AND NOT EXISTS "
            f"(SELECT FROM {target} AS r WHERE r.{reference.target_column} = t.{reference.column})",
        )
        assert isinstance(rows, int)
        return Broken(reference.constraint, f"cdm.{table.name}", rows)
    return None


def _schema(settings: PostgresSettings, table: str, built: Set[str]) -> str:
    return settings.building("cdm") if table in built else settings.cdm_schema
