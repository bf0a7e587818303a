"""The second registry on its own fictional patients, run once for the tests of this folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from onco_etl import workspace
from onco_registry import results
from onco_registry.config import Config, load
from onco_registry.demo.run import RegistryOutcome, run_registry
from onco_registry.results import Results

NAME = "cdk46_breast"


@dataclass(frozen=True)
class Second:
    """What the demo of the second registry left in `folder`."""

    folder: Path
    outcome: RegistryOutcome
    results: Results

    @property
    def config(self) -> Config:
        return load(self.folder / "registry.toml")


@pytest.fixture(scope="session")
def second(tmp_path_factory: pytest.TempPathFactory) -> Second:
    folder = tmp_path_factory.mktemp("second") / "demo"
    outcome = run_registry(NAME, folder)
    with workspace.connect(folder / "data", read_only=True) as con:
        return Second(folder, outcome, results.read(con, NAME))
