"""The engine's working relations: each a temporary table, made by one SELECT of mappings/sql/outcomes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import duckdb

if TYPE_CHECKING:
    import pandas as pd

_PARAMETER = re.compile(r"\$([a-z_]+)")


@cache
def sql_text(name: str) -> str:
    """The SELECT of mappings/sql/outcomes/<name>.sql."""
    folder = files("onco_mappings").joinpath("sql", "outcomes")
    return folder.joinpath(*f"{name}.sql".split("/")).read_text(encoding="utf-8")


class Relations:
    """Temporary tables on a connection that shows a CDM as schema `cdm`, which is only read.

    `parameters` are the values that the SELECTs may name as $parameter. Used as a context manager, the
    tables are dropped at the end.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, parameters: Mapping[str, Any]) -> None:
        self._con = con
        self._parameters = parameters
        # Name -> TABLE or VIEW.
        self._created: dict[str, str] = {}

    def __enter__(self) -> Relations:
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        if error is not None:
            return  # a failed transaction takes no further statement, and a rollback drops them
        for name in reversed(self._created):
            self._con.execute(f"DROP {self._created[name]} IF EXISTS temp.{name}")

    def create(self, name: str, select: str | None = None, **values: Any) -> None:
        """Make temporary table `name` from the SELECT of that name (or `select`), with further parameters."""
        self._execute(f"CREATE OR REPLACE TEMP TABLE {name} AS ", select or sql_text(name), values)
        self._created[name] = "TABLE"

    def define(self, name: str) -> None:
        """Make `name` a view of its SELECT, which names no parameter: for what is read once or of few persons."""
        self._con.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {sql_text(name)}")
        self._created[name] = "VIEW"

    def has(self, schema: str, name: str) -> bool:
        """Whether the database that shows the CDM has this table or view, which a bare CDM has not."""
        found = self._con.execute(
            "SELECT count(*) FROM information_schema.tables"
            " WHERE table_catalog = current_database() AND table_schema = $1 AND table_name = $2",
            [schema, name],
        ).fetchone()
        return bool(found and found[0])

    def made(self, name: str) -> bool:
        """Whether a relation was made; a registry without a section has not those of the section."""
        return name in self._created

    def append(self, name: str, select: str, **values: Any) -> None:
        """Insert the rows of a SELECT into a relation."""
        self._execute(f"INSERT INTO temp.{name} BY NAME ", select, values)

    def declare(self, name: str, columns: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> None:
        """Make temporary table `name` of literal rows; columns are name -> DuckDB type."""
        fields = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        self._con.execute(f"CREATE OR REPLACE TEMP TABLE {name} ({fields})")
        self._created[name] = "TABLE"
        if rows:
            marks = ", ".join(["?"] * len(columns))
            self._con.execute(
                f"INSERT INTO temp.{name} VALUES " + ", ".join([f"({marks})"] * len(rows)),
                [value for row in rows for value in row],
            )

    def exclude(self, step: int, select: str, **values: Any) -> None:
        """Mark the candidates that reached a step and are not among those that `select` keeps."""
        self._execute(
            f"UPDATE temp.candidate SET failed_step = {step} WHERE failed_step IS NULL AND candidate_id NOT IN ",
            f"({select})",
            values,
        )

    def frame(self, name: str) -> pd.DataFrame:
        """The rows of a relation; dates stay datetime.date objects."""
        return self._con.execute(f"SELECT * FROM temp.{name}").df(date_as_object=True)

    def query(self, name: str) -> pd.DataFrame:
        """The rows of the SELECT `name`, without making a relation."""
        return self.select(sql_text(name))

    def select(self, text: str, **values: Any) -> pd.DataFrame:
        """The rows of a SELECT with further parameters, without making a relation."""
        return self._con.execute(text, self._named(text, values)).df(date_as_object=True)

    def _execute(self, statement: str, select: str, values: Mapping[str, Any]) -> None:
        self._con.execute(statement + select, self._named(select, values))

    def _named(self, text: str, values: Mapping[str, Any]) -> dict[str, Any]:
        known = {**self._parameters, **values}
        body = re.sub(r"--[^\n]*", "", text)
        return {name: known[name] for name in set(_PARAMETER.findall(body))}
