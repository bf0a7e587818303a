"""A site computes the registries that it names; without names all, and bulletins of those that somebody entered."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from onco_registry import night
from onco_registry.config import Config
from onco_registry.installed import registry_names
from second_registry.conftest import NAME, Second


@pytest.fixture
def site(second: Second, tmp_path: Path) -> Config:
    """The data of the second registry's demo, for a site that names no registry."""
    shutil.copytree(second.folder / "data", tmp_path / "data", symlinks=True)
    return second.config.model_copy(update={"data": tmp_path / "data", "registries": ()})


def test_without_names_all_are_computed_and_those_that_nobody_entered_have_no_bulletin(
    site: Config, second: Second
) -> None:
    first = next(name for name in registry_names() if name != NAME)
    shutil.rmtree(site.data / "bulletins")
    computed = night.recompute(site, data_cut=second.results.data_cut)
    assert {row["registry"]: row["patients"] for row in computed} == {first: 0, NAME: 40}
    assert {row["failed_checks"] for row in computed} == {0}
    assert {one.registry for one in night.bulletins(site)} == {NAME}
    assert {rules.registry for rules in site.etl.episodes} == {first, NAME}
    named = site.model_copy(update={"registries": (first,)})
    assert {one.registry for one in night.bulletins(named)} == {first}
