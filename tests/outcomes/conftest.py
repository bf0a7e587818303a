from pathlib import Path

import pytest

from onco_registry.definition import load_registry
from onco_registry.registry_model import RegistryDefinition
from outcomes.record import Record

FICTIONAL = Path(__file__).parent / "registry"


@pytest.fixture(scope="session")
def registry() -> RegistryDefinition:
    return load_registry(FICTIONAL)


@pytest.fixture
def record(registry: RegistryDefinition) -> Record:
    return Record(registry)
