"""The published file as Parquet: one file per table and view, and a manifest; a folder that appears whole."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb

from onco_etl import workspace
from onco_etl.errors import ConfigurationError, StateError
from onco_etl.query import literal, scalar
from onco_registry import published, whole

MANIFEST = "manifest.json"


def parquet(
    file: Path, out: Path, schemas: Sequence[str], *, memory_limit: str | None = None, threads: int | None = None
) -> dict[str, Any]:
    """Write each table and view of the schemas to <out>/<schema>/<name>.parquet; what the manifest says.

    Folders are 0700 and files 0600. Raises ConfigurationError when `out` is there and not empty or a schema does not
    exist, StateError when `file` is not a published one; nothing is left then.
    """
    if unknown := set(schemas) - set(published.SCHEMAS):
        raise ConfigurationError(f"no schema {min(unknown)!r}; there are: {', '.join(published.SCHEMAS)}")
    with _appearing(out.absolute()) as folder, duckdb.connect(file, read_only=True) as con:
        con.execute(f"SET temp_directory = {literal(str(folder / 'scratch'))}")
        workspace.limit(con, memory_limit, threads)
        manifest = _origin(con, file)
        manifest["tables"] = [_write(con, folder, *name) for name in published.relations(con, schemas)]
        shutil.rmtree(folder / "scratch", ignore_errors=True)
        _private(folder / MANIFEST, json.dumps(manifest, indent=1))
    return manifest


def _origin(con: duckdb.DuckDBPyConnection, file: Path) -> dict[str, Any]:
    run = published.run_of(con)
    if run is None:
        raise StateError(f"{file}: not a published file")
    at = scalar(con, "SELECT published FROM registry.replica")
    return {"run": run, "published": at.isoformat(), "software": f"onco-registry {version('onco-registry')}"}


def _write(con: duckdb.DuckDBPyConnection, folder: Path, schema: str, table: str) -> dict[str, Any]:
    """Write one table or view; its entry in the manifest."""
    path = folder / schema / f"{table}.parquet"
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.touch(mode=0o600)
    rows = scalar(con, f'COPY {schema}."{table}" TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)')
    path.chmod(0o600)
    whole.settle(path)
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return {
        "schema": schema,
        "table": table,
        "file": f"{schema}/{table}.parquet",
        "rows": rows,
        "bytes": path.stat().st_size,
        "sha256": digest,
    }


@contextmanager
def _appearing(out: Path) -> Iterator[Path]:
    """A folder (0700) beside `out` that takes its place at the end, or is gone."""
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise ConfigurationError(f"{out}: exists already; choose another folder with --out")
    with whole.folder(out) as folder:
        yield folder
        whole.settle(folder / MANIFEST)


def _private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text + "\n", encoding="utf-8")
