"""A night that is killed (SIGKILL) at a chosen point, in a process of its own, and what is there afterwards."""

from __future__ import annotations

import importlib
import itertools
import json
import multiprocessing
import os
import resource
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

import duckdb
import structlog

from onco_etl import pipeline, replica, workspace
from onco_etl.errors import StateError
from onco_etl.settings import EtlSettings
from onco_registry import status

# A process started from here has everything imported and every cache filled, and no thread of its parent's.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["hostile.warm", "onco_registry.status"])
# Starting a process asks after all those that run, and an exit code can be read only once: one thread at a time.
_ASKING = threading.Lock()


@dataclass(frozen=True)
class Before:
    """Before the `nth` call of a function, named by module and path."""

    function: str
    nth: int = 1


@dataclass(frozen=True)
class After:
    """When the `nth` call of a function has ended."""

    function: str
    nth: int = 1


@dataclass(frozen=True)
class Statement:
    """Before (or, where `done`, after) the `nth` statement that DuckDB is given and that begins with `text`."""

    nth: int
    text: str = ""
    done: bool = False


@dataclass(frozen=True)
class Elapsed:
    """When this share of an undisturbed night's time has passed."""

    share: float


Point = Before | After | Statement | Elapsed


class Watched:
    """A connection that counts statements."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, point: Statement, statements: list[str], strike: Callable[[], None]
    ) -> None:
        self._con, self._point, self._statements, self._strike = con, point, statements, strike

    def execute(self, query: str, *arguments: Any) -> Any:
        counted = query.lstrip().startswith(self._point.text)
        if counted:
            self._statements.append(query)
        reached = counted and len(self._statements) == self._point.nth
        if reached and not self._point.done:
            self._strike()
        found = self._con.execute(query, *arguments)
        if reached and self._point.done:
            self._strike()
        return found

    def __enter__(self) -> Watched:
        return self

    def __exit__(self, *_: object) -> None:
        self._con.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._con, name)


def end() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def arm(point: Point, strike: Callable[[], None] = end) -> list[str]:
    """See to it that `strike` ends this process, or harms it, at `point`; the statements so far, where counted."""
    statements: list[str] = []
    if isinstance(point, Statement):
        connect = workspace.connect
        workspace.connect = lambda *a, **k: Watched(connect(*a, **k), point, statements, strike)  # type: ignore[assignment]
    elif isinstance(point, Before | After):
        module, path = point.function.split(":")
        *owners, name = path.split(".")
        owner: Any = importlib.import_module(module)
        for one in owners:
            owner = getattr(owner, one)
        setattr(owner, name, _deadly(getattr(owner, name), point, strike))
    return statements


def _deadly(function: Callable[..., Any], point: Before | After, strike: Callable[[], None]) -> Callable[..., Any]:
    calls = itertools.count(1)

    def wrapped(*arguments: Any, **named: Any) -> Any:
        # Two threads may call it: each counts its own.
        reached = next(calls) == point.nth
        if reached and isinstance(point, Before):
            strike()
        found = function(*arguments, **named)
        if reached and isinstance(point, After):
            strike()
        return found

    return wrapped


def quiet() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))


def night(settings: EtlSettings, batch: Path, point: Point) -> None:
    """One sync that ends at `point` (a process of its own)."""
    quiet()
    arm(point)
    pipeline.sync(settings, batch)


def counted(settings: EtlSettings, batch: Path, result: Path) -> None:
    """An undisturbed sync: how many statements it gives DuckDB, and its seconds (a process of its own)."""
    quiet()
    statements = arm(Statement(-1))
    started = time.perf_counter()
    pipeline.sync(settings, batch)
    result.write_text(json.dumps([len(statements), time.perf_counter() - started]))


def aftermath(settings: EtlSettings, batch: Path, result: Path) -> None:
    """What the killed night left, and what the next one made of it, as JSON (a process of its own)."""
    quiet()
    left = published(settings)
    with workspace.connect(settings.data, read_only=True) as con:
        shown = status.status(con, settings.published_folder)
        verdict = status.verdict(shown, [])
    fates = pipeline.sync(settings, batch).fates
    found = {
        "left": left,
        "verdict": verdict,
        "fates": fates,
        "state": state(settings),
        "litter": litter(settings.data),
    }
    result.write_text(json.dumps(found, default=str))


def published(settings: EtlSettings) -> dict[str, Any]:
    """The run of the published file, and its rows."""
    with duckdb.connect(settings.data / "published" / replica.CURRENT, read_only=True) as con:
        (run,) = con.execute("SELECT run FROM registry.replica").fetchall()
        rows = con.execute(
            """
            SELECT p.year_of_birth, m.measurement_date::VARCHAR, m.value_as_number, m.unit_source_value
            FROM cdm.person AS p LEFT JOIN cdm.measurement AS m USING (person_id) ORDER BY ALL
            """
        ).fetchall()
        return {"run": run[0], "rows": json.loads(json.dumps(rows, default=str))}


def state(settings: EtlSettings) -> dict[str, Any]:
    """What must not depend on the kill: rows in natural keys, fates by resource, keys used once."""
    with workspace.connect(settings.data, read_only=True) as con:
        tables = {}
        for table in workspace.CLINICAL_TABLES:
            (count,) = con.execute(f"SELECT count(*) FROM cdm.{table}").fetchall()
            tables[table] = count[0]
        rows = con.execute(
            """
            SELECT p.row_key, m.row_key, r.measurement_date::VARCHAR, r.value_as_number, v.row_key
            FROM cdm.measurement AS r
            JOIN keys.measurement AS m ON m.id = r.measurement_id
            JOIN keys.person AS p ON p.id = r.person_id
            LEFT JOIN keys.visit_occurrence AS v ON v.id = r.visit_occurrence_id
            ORDER BY ALL
            """
        ).fetchall()
        fates = con.execute(
            """
            SELECT DISTINCT coalesce(resource, ''), fate, reason FROM state.ledger
            WHERE fate NOT IN ('unchanged', 'superseded') ORDER BY ALL
            """
        ).fetchall()
        twice = [
            table
            for table in ("resource", *workspace.CLINICAL_TABLES)
            if con.execute(
                f"SELECT count(*) <> count(DISTINCT row_key) OR count(*) <> count(DISTINCT id) FROM keys.{table}"
            ).fetchall()[0][0]
        ]
    found = {"tables": tables, "rows": rows, "fates": fates, "twice": twice, "published": published(settings)["rows"]}
    return json.loads(json.dumps(found, default=str))  # type: ignore[no-any-return]


def litter(data: Path) -> list[str]:
    """Files and folders that no finished night leaves."""
    known = ("workspace.duckdb", "secret", "landing", "published", "bulletins")
    left = [str(entry) for entry in data.rglob("*") if entry.relative_to(data).parts[0] not in (*known, "scratch")]
    left += [str(entry) for entry in (data / "scratch").rglob("*")]
    left += [
        entry.name for entry in (data / "published").iterdir() if not entry.name.startswith(("warehouse-", "current"))
    ]
    left += [entry.name for entry in (data / "landing").iterdir() if not (entry / "manifest.json").exists()]
    return left


def run(target: Callable[..., None], *arguments: Any, kill_after: float | None = None) -> int | None:
    """The exit code of a process that runs `target`; it is killed after so many seconds, where given."""
    process = FORKS.Process(target=target, args=arguments)
    with _ASKING:
        process.start()
    if not wait([process.sentinel], kill_after):
        process.kill()
    wait([process.sentinel])
    with _ASKING:
        process.join()
        return process.exitcode


def fill(folder: Path | None) -> None:
    """Fill the file system of `folder` to the last byte; without one, no file of this process may grow any more."""
    if folder is None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        return
    with (folder / "filler").open("wb", buffering=0) as filler, suppress(OSError):
        while filler.write(bytes(1 << 16)):
            pass


def night_on_a_full_disk(settings: EtlSettings, batch: Path, point: Point, folder: Path | None, told: Path) -> None:
    """One sync whose disk is full from `point` on; `told` gets its error (a process of its own)."""
    quiet()
    # Opened now: later nothing can be written.
    with told.open("w") as stream:
        stream.write(" " * 1000)
        stream.flush()
        arm(point, lambda: fill(folder))
        try:
            pipeline.sync(settings, batch)
        except StateError as error:
            if folder is None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            stream.seek(0)
            stream.write(str(error))
            stream.flush()
            os._exit(error.exit_code)


def hold(settings: EtlSettings, told: Path) -> None:
    """Keep the workspace open (a process of its own); the file `told` says since when."""
    with workspace.connect(settings.data):
        told.touch()
        signal.pause()
