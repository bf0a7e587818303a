"""The analysts' door from Python: one published run as an SQLAlchemy engine and as pandas frames."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, cast

import duckdb
import pandas as pd
from sqlalchemy import URL, Engine, create_engine
from sqlalchemy.exc import DBAPIError

from onco_etl.errors import ConfigurationError, StateError
from onco_registry import config as configuration
from onco_registry import published
from onco_registry.config import Config

# A registry's own cohort is defined before the arms of its comparisons.
_OWN_COHORT = """
    WITH newest AS (
        SELECT registry, data_cut, as_of_run, hash FROM registry.recompute WHERE registry = $1 ORDER BY run DESC LIMIT 1
    ), own AS (
        SELECT cohort_definition_id FROM results.cohort_definition
        SEMI JOIN newest USING (registry, data_cut, as_of_run, hash) ORDER BY rowid LIMIT 1
    )
    FROM results.cohort SEMI JOIN newest USING (registry, data_cut, as_of_run, hash)
    SEMI JOIN own USING (cohort_definition_id)
    ORDER BY subject_id
"""


@dataclass(frozen=True)
class Warehouse:
    """A published run, read-only, until `close`; nights that follow change nothing in it.

    engine: an SQLAlchemy engine (DuckDB). path: the file. run: the run that it is at. Frames have DuckDB's types:
    dates are datetime64, integers that may be missing are nullable.
    """

    engine: Engine
    path: Path
    run: int

    def table(self, name: str) -> pd.DataFrame:
        """A table or view: `person`, `registry.provenance`. Without a schema the CDM's wins.

        Raises ConfigurationError, which names what exists.
        """
        with _connected(self.engine) as con:
            return con.execute(f"FROM {published.qualified(con, name)}").df()

    def cohort(self, registry: str) -> pd.DataFrame:
        """A registry's own cohort, of its newest recompute: one row per person; `results.cohort` has arms besides.

        Columns registry, data_cut, as_of_run, hash and those of results.cohort: subject_id is a person_id,
        cohort_start_date the index date. Raises ConfigurationError, which names the registries with results.
        """
        return self._results(registry, _OWN_COHORT)

    def estimates(self, registry: str) -> pd.DataFrame:
        """The estimates of a registry's newest recompute, as registry.latest_estimate has them.

        One row per stratum, measure and interval method. Raises ConfigurationError, which names the registries with
        results.
        """
        query = "FROM registry.latest_estimate WHERE registry = $1 ORDER BY stratum, measure, ci_method"
        return self._results(registry, query)

    def _results(self, registry: str, query: str) -> pd.DataFrame:
        with _connected(self.engine) as con:
            found = con.execute("SELECT DISTINCT registry FROM registry.recompute ORDER BY registry").fetchall()
            known = [name for (name,) in found]
            if registry not in known:
                there = f"there are: {', '.join(known)}" if known else "run `onco-registry recompute`"
                raise ConfigurationError(f"no results of registry {registry!r} in run {self.run}; {there}")
            return con.execute(query, [registry]).df()

    def close(self) -> None:
        """Let go of the file."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_warehouse(path: Path | str | None = None, config: Config | Path | str | None = None) -> Warehouse:
    """Open the current published run, or the published file or folder at `path`.

    Without a path the configuration says where it is: a Config, its file, or registry.toml in the working folder.
    Raises StateError where nothing is published or the file is not a published one.
    """
    file = published.located(_folder(config) if path is None else Path(path))
    engine = create_engine(URL.create("duckdb", database=str(file)), connect_args={"read_only": True})
    try:
        with _connected(engine) as con:
            run = published.run_of(con)
    except DBAPIError:
        run = None
    if run is None:
        engine.dispose()
        raise StateError(f"{file}: not a published file")
    return Warehouse(engine, file, run)


def _folder(config: Config | Path | str | None) -> Path:
    given = config if isinstance(config, Config) else configuration.load(Path(config or configuration.DEFAULT_FILE))
    return given.published_folder


@contextmanager
def _connected(engine: Engine) -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB's own connection, which gives frames by column and not row by row."""
    with engine.connect() as connection:
        yield cast(duckdb.DuckDBPyConnection, connection.connection.driver_connection)
