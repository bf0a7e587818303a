"""One number for the rows of a table, whatever their order, the same in DuckDB and in Postgres.

A row is the text of its values between unit separators, a NULL a record separator; a fraction is the 64 bits of its
double, a date the days and a time the microseconds since 1970, so that neither side's way of writing them matters.
The number is the sum over the rows of the first 60 bits of the MD5 of that text.
"""

from __future__ import annotations

from collections.abc import Callable

from onco_etl.postgres.tables import Column, Table

_BETWEEN, _NULL = "chr(31)", "chr(30)"


def in_duckdb(table: Table, relation: str) -> str:
    """SELECT of the number of rows and their checksum (texts of decimal digits), in DuckDB."""
    text = _row(table, _duckdb_text)
    return (
        f"SELECT count(*), coalesce(sum(('0x' || left(md5({text}), 15))::BIGINT), 0)::VARCHAR FROM {relation} AS whole"
    )


def in_postgres(table: Table, relation: str) -> str:
    """The same in Postgres."""
    text = _row(table, _postgres_text)
    return (
        f"SELECT count(*), coalesce(sum(('x' || left(md5({text}), 15))::bit(60)::bigint), 0)::text "
        f"FROM {relation} AS whole"
    )


def _row(table: Table, text_of: Callable[[Column], str]) -> str:
    # concat_ws leaves NULL out, so each value stands for itself first.
    return f"concat_ws({_BETWEEN}, {', '.join(f'coalesce({text_of(c)}, {_NULL})' for c in table.columns)})"


def _duckdb_text(column: Column) -> str:
    name = f'"{column.name}"'
    match column.type:
        case "numeric" | "double precision":
            # Plus 0: Postgres' numeric has no zero with a sign.
            return f"({name} + 0.0)::DOUBLE::BIT::VARCHAR"
        case "date":
            return f"date_diff('day', DATE '1970-01-01', {name})::VARCHAR"
        case "timestamp" | "timestamptz":
            return f"epoch_us({name})::VARCHAR"
        case "boolean":
            return f"{name}::INTEGER::VARCHAR"
    return f"{name}::VARCHAR"


def _postgres_text(column: Column) -> str:
    name = f'"{column.name}"'
    match column.type:
        case "numeric" | "double precision":
            return f"('x' || encode(float8send({name}::float8 + 0), 'hex'))::bit(64)::text"
        case "date":
            return f"({name} - DATE '1970-01-01')::text"
        case "timestamp" | "timestamptz":
            return f"(extract(epoch FROM {name}) * 1000000)::bigint::text"
        case "boolean":
            return f"{name}::int::text"
    return f"{name}::text"
