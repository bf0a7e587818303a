"""The logs of keys after an erasure: without the keys that went, and with what must outlive the workspace beside them.

landing/erased/   suppressed (hashes of what is kept out), erasure (when) and highest (the largest key ever assigned per
                  table, so that none is used again), as Parquet
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from onco_etl import keys
from onco_etl.erasure_tables import of_persons
from onco_etl.keys import KEY_TABLES
from onco_etl.query import literal

FOLDER = "erased"
_SAVED = {
    "suppressed": "FROM state.suppressed",
    "erasure": "FROM state.erasure",
    "highest": "FROM assigned",
}


def redact(con: duckdb.DuckDBPyConnection, zone: Path) -> None:
    """Write each log that holds a key of the planned resources (`state.erasing`) anew without them."""
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE leaving AS SELECT DISTINCT resource FROM state.erasing WHERE resource IS NOT NULL;
        CREATE OR REPLACE TEMP TABLE leaving_person AS
        SELECT k.id FROM keys.person AS k SEMI JOIN leaving AS e ON e.resource = k.row_key;
        """
    )
    for table in KEY_TABLES:
        for path in sorted(zone.glob(f"*/keys/{table}.parquet")):
            _redact_one(con, path)


def _redact_one(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    log = f"read_parquet({literal(str(path))})"
    kept, gone = con.execute(
        f"SELECT count(*) FILTER (NOT {of_persons('row_key')}), count(*) FILTER ({of_persons('row_key')}) FROM {log}"
    ).fetchall()[0]
    if gone and kept:
        _write(con, f"FROM {log} WHERE NOT {of_persons('row_key')} ORDER BY id", path)
    elif gone:
        path.unlink()


def save(con: duckdb.DuckDBPyConnection, zone: Path) -> None:
    """Keep beside the landing zone that there were erasures, and what they forbid."""
    folder = zone / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    listed = ", ".join(f"('{table}', {largest})" for table, largest in keys.used(con, "workspace").items())
    con.execute(f"CREATE OR REPLACE TEMP TABLE assigned AS FROM (VALUES {listed}) AS v(cdm_table, id)")
    for name, query in _SAVED.items():
        _write(con, query, folder / f"{name}.parquet")


def restore(con: duckdb.DuckDBPyConnection, zone: Path) -> None:
    """Take over into a new workspace what `save` kept, where there was an erasure."""
    for name in ("suppressed", "erasure"):
        path = zone / FOLDER / f"{name}.parquet"
        if path.exists():
            con.execute(f"INSERT INTO state.{name} BY NAME FROM read_parquet({literal(str(path))})")


def highest(con: duckdb.DuckDBPyConnection, zone: Path) -> dict[str, int]:
    """Table -> the largest key that was ever assigned, as far as erasures kept it."""
    path = zone / FOLDER / "highest.parquet"
    if not path.exists():
        return {}
    return dict(con.execute(f"SELECT cdm_table, id FROM read_parquet({literal(str(path))})").fetchall())


def _write(con: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    new = path.with_name(f"{path.name}.new")
    con.execute(f"COPY ({query}) TO {literal(str(new))} (FORMAT parquet, COMPRESSION zstd)")
    new.replace(path)
