"""Rows keep their values on the way to Postgres, and both sides count the same checksum of them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import duckdb

from onco_etl.postgres import checksum
from onco_etl.postgres.lock import held
from onco_etl.postgres.origin import Origin
from onco_etl.postgres.tables import Column, Table, create
from onco_etl.postgres.transfer import Route
from postgres.database import Database

TABLE = Table(
    "cdm",
    "kinds",
    (
        Column("n", "integer", required=True),
        Column("text", "text"),
        Column("fraction", "numeric"),
        Column("double", "double precision"),
        Column("day", "date"),
        Column("moment", "timestamp"),
        Column("instant", "timestamptz"),
        Column("yes", "boolean"),
        Column("large", "numeric(20)"),
    ),
)
NOON = datetime(2021, 3, 4, 12, 0, 0, 123456)
ROWS: list[tuple[object, ...]] = [
    (1, "", 0.1, 0.1, date(1, 1, 1), datetime(1, 1, 1), NOON.replace(tzinfo=UTC), True, 2**64 - 1),
    (2, r"\N", -0.0, -0.0, date(9999, 12, 31), NOON, datetime(1969, 12, 31, 23, 59, 59, 999999, UTC), False, 0),
    (3, 'a "quoted", text\nof two lines; 高血压 \\', 1e22, 5e-324, date(1970, 1, 1), NOON, None, None, 1),
    (4, None, 1 / 3, 1.7976931348623157e308, None, None, None, None, None),
    (5, "NULL", 60.0, 1e-7, date(2021, 2, 28), NOON, None, True, 10**19),
    (5, "NULL", 60.0, 1e-7, date(2021, 2, 28), NOON, None, True, 10**19),
]


def test_values_arrive_and_have_one_checksum(database: Database) -> None:
    with duckdb.connect() as con, held(database.settings) as connection:
        con.execute(
            """
            SET timezone = 'Asia/Shanghai';
            CREATE TABLE kinds (
                n INTEGER, text VARCHAR, fraction DOUBLE, double DOUBLE, day DATE, moment TIMESTAMP,
                instant TIMESTAMPTZ, yes BOOLEAN, large UBIGINT
            )
            """
        )
        con.executemany("INSERT INTO kinds VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", ROWS)
        connection.execute("CREATE SCHEMA cdm")
        connection.execute(create(TABLE, "cdm"))
        Route(Origin(con, 1, "", ()), connection, database.settings).copy("FROM kinds", "cdm.kinds")
        found = connection.execute("SELECT *, fraction::float8 FROM cdm.kinds ORDER BY n").fetchall()
        assert [(*row[:2], row[-1], *row[3:-1]) for row in found] == ROWS
        here = con.execute(checksum.in_duckdb(TABLE, "kinds")).fetchone()
        there = connection.execute(checksum.in_postgres(TABLE, "cdm.kinds")).fetchone()
        assert here == there
        assert here is not None
        assert here[0] == len(ROWS)
        changes = (
            "text = NULL WHERE text = ''",
            "fraction = fraction + 0.00000000000000002 WHERE n = 1",
            "day = day + 1 WHERE n = 2",
            "moment = moment + interval '1 microsecond' WHERE n = 2",
            "yes = NOT yes WHERE n = 2",
            "large = 1 WHERE n = 2",
            "n = 6, text = text WHERE n = 4",
        )
        sums = set()
        for change in changes:
            connection.execute(f"UPDATE cdm.kinds SET {change}")
            sums.add(connection.execute(checksum.in_postgres(TABLE, "cdm.kinds")).fetchone())
        assert len(sums | {there}) == 1 + len(changes)


def test_an_error_of_either_side_ends_the_copy(database: Database) -> None:
    with duckdb.connect() as con, held(database.settings) as connection:
        route = Route(Origin(con, 1, "", ()), connection, database.settings)
        connection.execute("CREATE SCHEMA cdm; CREATE TABLE cdm.few (n int)")
        for select, error in (
            ("SELECT CASE WHEN range = 900000 THEN error('here') ELSE range END FROM range(1000000)", duckdb.Error),
            ("SELECT 'text' FROM range(1000000)", Exception),
        ):
            try:
                route.copy(select, "cdm.few")
            except error:
                pass
            else:
                raise AssertionError("the copy went on")
            assert connection.execute("SELECT count(*) FROM cdm.few").fetchall() == [(0,)]
            assert con.execute("SELECT 1").fetchall() == [(1,)]
