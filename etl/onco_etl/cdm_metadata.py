"""OMOP CDM v5.4 as SQLAlchemy Core tables, for any database; apart from `cdm`, as SQLAlchemy takes long to import."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import sqlalchemy as sa

from onco_etl.cdm import Field, fields

# CDM `float` is double precision, CDM `integer` is 32 bits.
_TYPES: Mapping[str, sa.types.TypeEngine[Any]] = {
    "integer": sa.Integer(),
    "float": sa.Double(),
    "date": sa.Date(),
    "datetime": sa.DateTime(),
    "text": sa.Text(),
}


@cache
def metadata(schema: str = "cdm") -> sa.MetaData:
    """Every CDM table as SQLAlchemy Core metadata in `schema`, with primary and foreign keys."""
    result = sa.MetaData(schema=schema)
    for table, found in fields().items():
        sa.Table(table, result, *(_column(field, schema) for field in found))
    return result


def _column(field: Field, schema: str) -> sa.Column[Any]:
    keys = []
    if field.fk_table:
        keys.append(sa.ForeignKey(f"{schema}.{field.fk_table}.{field.fk_table}_id"))
    return sa.Column(
        field.name,
        _type(field),
        *keys,
        primary_key=field.primary_key,
        autoincrement=False,
        nullable=not (field.required or field.primary_key),
    )


def _type(field: Field) -> sa.types.TypeEngine[Any]:
    return sa.String(int(field.type[8:-1])) if field.type.startswith("varchar") else _TYPES[field.type]
