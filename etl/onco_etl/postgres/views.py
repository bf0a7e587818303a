"""The views of schema `registry`, from the same texts as the published file's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files

from onco_etl.postgres.lock import Connection
from onco_etl.postgres.settings import PostgresSettings
from onco_etl.postgres.tables import Table

_OF_A_PART = re.compile(r"\b(cdm|registry|results)\.(?=[a-z_])")
_NAMED_FIELD = re.compile(r"\b(\w+) := ")


def texts(settings: PostgresSettings, tables: list[Table]) -> Mapping[str, str]:
    """View -> its SELECT for Postgres, of those whose tables are there.

    Postgres has no struct without a type of its own: a value of several parts is jsonb there, with the same names.
    """
    has_estimates = any((table.part, table.name) == ("results", "estimate") for table in tables)
    folder = files("onco_mappings").joinpath("sql", "registry")
    found = {entry.name.removesuffix(".sql"): entry.read_text(encoding="utf-8") for entry in folder.iterdir()}
    return {
        name: _translated(settings, text)
        for name, text in sorted(found.items())
        if name != "latest_estimate" or has_estimates
    }


def drop(connection: Connection, settings: PostgresSettings, names: list[str]) -> None:
    """Drop views, where they are there."""
    for name in names:
        connection.execute(f"DROP VIEW IF EXISTS {settings.registry_schema}.{name}")


def create(connection: Connection, settings: PostgresSettings, views: Mapping[str, str]) -> None:
    """Create the views."""
    for name, text in views.items():
        connection.execute(f"CREATE VIEW {settings.registry_schema}.{name} AS {text}")


def _translated(settings: PostgresSettings, text: str) -> str:
    text = _NAMED_FIELD.sub(r"'\1', ", text.replace("struct_pack(", "jsonb_build_object("))
    return _OF_A_PART.sub(lambda match: f"{settings.schema(match[1])}.", text)
