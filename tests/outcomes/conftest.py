from pathlib import Path

import duckdb
import pytest

from onco_etl import cdm
from onco_registry.definition import load_registry
from onco_registry.registry_model import RegistryDefinition
from outcomes.record import Record

FICTIONAL = Path(__file__).parent / "registry"


@pytest.fixture(scope="session")
def registry() -> RegistryDefinition:
    return load_registry(FICTIONAL)


@pytest.fixture(scope="session")
def tables() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(config={"threads": 1})  # tiny tables: threads only cost
    cdm.create_tables(con)
    return con


@pytest.fixture
def record(tables: duckdb.DuckDBPyConnection, registry: RegistryDefinition) -> Record:
    return Record(tables, registry)
