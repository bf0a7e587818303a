import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from onco_etl import cdm
from onco_etl.workspace import CONFIG
from onco_registry.definition import load_registry
from onco_registry.registry_model import RegistryDefinition
from outcomes.record import Record

FICTIONAL = Path(__file__).parent / "registry"
# What the fictional registry says with rules of iRECIST: texts replaced.
_IMMUNE = {
    "local_therapy: local\n": """local_therapy: local
  immune: {growth_mm: 5, shrinkage_mm: 5, confirm_from_days: 28, confirm_until_days: 56, late_growth: remains}
""",
    "endpoints: [pfs, ": "endpoints: [pfs, ipfs, ",
}
# Where further criteria go: after the last one of the fictional registry.
_LAST_CRITERION = "label: No prior line}\n"


@pytest.fixture(scope="session")
def registry() -> RegistryDefinition:
    return load_registry(FICTIONAL)


@pytest.fixture(scope="session")
def immune_registry(tmp_path_factory: pytest.TempPathFactory) -> RegistryDefinition:
    """The fictional registry with rules of iRECIST."""
    folder = Path(shutil.copytree(FICTIONAL, tmp_path_factory.mktemp("immune") / "registry"))
    path = folder / "registry.yaml"
    text = path.read_text(encoding="utf-8")
    for old, new in _IMMUNE.items():
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")
    return load_registry(folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the fictional registry."""
    return Path(shutil.copytree(FICTIONAL, tmp_path / "registry"))


@pytest.fixture
def amended(folder: Path) -> Callable[..., RegistryDefinition]:
    """The fictional registry with texts of registry.yaml replaced, a criterion added at the end, and more sections."""

    def amend(*replaced: tuple[str, str], criterion: str | None = None, more: str = "") -> RegistryDefinition:
        path = folder / "registry.yaml"
        text = path.read_text(encoding="utf-8") + more
        if criterion:
            replaced = (
                *replaced,
                (_LAST_CRITERION, f"{_LAST_CRITERION}    - {{name: asked, label: A, {criterion}}}\n"),
            )
        for old, new in replaced:
            assert old in text
            text = text.replace(old, new, 1)
        path.write_text(text, encoding="utf-8")
        return load_registry(folder)

    return amend


@pytest.fixture(scope="session")
def tables() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(config={**CONFIG, "threads": 1})  # tiny tables: threads only cost
    cdm.create_tables(con)
    return con


@pytest.fixture
def record(tables: duckdb.DuckDBPyConnection, registry: RegistryDefinition) -> Record:
    return Record(tables, registry)


@pytest.fixture
def immune(tables: duckdb.DuckDBPyConnection, immune_registry: RegistryDefinition) -> Record:
    """A record of the registry with rules of iRECIST."""
    return Record(tables, immune_registry)
