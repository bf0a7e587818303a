"""Both ends of a publish, and rows from the one to the other: CSV through a pipe, never on a disk."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass

import duckdb

from onco_etl.postgres.lock import Connection
from onco_etl.postgres.origin import Origin
from onco_etl.postgres.settings import PostgresSettings
from onco_etl.postgres.tables import Table

_CHUNK = 1 << 20
# Told from a text that is the same: DuckDB writes such a text in quotes.
_NULL = r"\N"


@dataclass(frozen=True)
class Route:
    """Where rows come from, and the database, with the names in it, that they go to."""

    origin: Origin
    connection: Connection
    settings: PostgresSettings

    def do(self, statement: str) -> None:
        """Have Postgres do something."""
        self.connection.execute(statement)

    def place(self, table: Table) -> str:
        """The name of a table that readers see."""
        return f"{self.settings.schema(table.part)}.{table.name}"

    def copy(self, select: str, target: str, *, freeze: bool = False) -> None:
        """Copy what a SELECT in DuckDB gives into `target`, a table of Postgres with its columns in that order.

        `freeze`: the table was made in this transaction, so its rows need no second visit. Raises duckdb.Error or
        psycopg.Error; what was copied then goes with the transaction.
        """
        options = f"FORMAT csv, NULL '{_NULL}'{', FREEZE' if freeze else ''}"
        read_end, write_end = os.pipe()
        producer = _Producer(self.origin.con, select, write_end)
        producer.start()
        try:
            with self.connection.cursor().copy(f"COPY {target} FROM STDIN ({options})") as rows:
                while chunk := os.read(read_end, _CHUNK):
                    rows.write(chunk)
                producer.join()
                if producer.error:
                    raise producer.error
        finally:
            # Whoever still writes is told so by the closed pipe.
            os.close(read_end)
            producer.join()


class _Producer(threading.Thread):
    """Writes the rows of a SELECT as CSV to a file descriptor, and closes it."""

    def __init__(self, con: duckdb.DuckDBPyConnection, select: str, descriptor: int) -> None:
        super().__init__(name="copy to Postgres")
        self._con, self._select, self._descriptor = con, select, descriptor
        self.error: duckdb.Error | None = None

    def run(self) -> None:
        """The thread: an error of DuckDB is kept for the one who waits."""
        try:
            self._con.execute(
                f"COPY ({self._select}) TO '/dev/fd/{self._descriptor}' "
                f"(FORMAT csv, HEADER false, NULLSTR '{_NULL}', USE_TMP_FILE false)"
            )
        except duckdb.Error as error:
            self.error = error
        finally:
            os.close(self._descriptor)
