"""Registries: those that are shipped, those of other packages by entry point, and folders."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from onco_etl.errors import ConfigurationError
from onco_registry import config as configuration
from onco_registry.installed import GROUP, installed
from support.repository import ROOT

FICTIONAL = ROOT / "tests" / "outcomes" / "registry"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed package `other_registry` that ships the fictional registry under the name `other`."""
    module = tmp_path / "other_registry"
    shutil.copytree(FICTIONAL, module / "definition")
    module.joinpath("__init__.py").write_text(
        "from pathlib import Path\nFOLDER = Path(__file__).parent / 'definition'\n", encoding="utf-8"
    )
    facts = tmp_path / "other_registry-1.0.dist-info"
    facts.mkdir()
    facts.joinpath("METADATA").write_text(
        "Metadata-Version: 2.1\nName: other-registry\nVersion: 1.0\n", encoding="utf-8"
    )
    facts.joinpath("entry_points.txt").write_text(f"[{GROUP}]\nother = other_registry:FOLDER\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    return facts


def test_a_package_ships_a_registry_by_an_entry_point(package: Path) -> None:  # noqa: ARG001
    assert [registry.name for registry in installed(["other"])] == ["fictional"]
    assert "fictional" in [registry.name for registry in installed(())]


def test_an_entry_point_that_cannot_be_loaded_is_named(package: Path) -> None:
    package.joinpath("entry_points.txt").write_text(f"[{GROUP}]\nother = other_registry:NOWHERE\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"^registry 'other' of other-registry: other_registry:NOWHERE: "):
        installed(["other"])


def test_a_folder_is_a_registry_and_an_unknown_name_is_not() -> None:
    assert [registry.name for registry in installed([str(FICTIONAL)])] == ["fictional"]
    with pytest.raises(ConfigurationError, match=r"^no registry 'nowhere'; installed: "):
        installed(["nowhere"])


def test_two_registries_with_one_cohort_id_are_refused(tmp_path: Path) -> None:
    twin = tmp_path / "twin"
    shutil.copytree(FICTIONAL, twin)
    file = twin / "registry.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("name: fictional", "name: twin", 1), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"^registries 'fictional' and 'twin' both give the cohort id 7: "):
        installed([str(FICTIONAL), str(twin)])


def test_a_folder_of_the_settings_lies_beside_them(tmp_path: Path) -> None:
    file = tmp_path / "registry.toml"
    file.write_text('registries = ["own/fictional", "cdk46_breast"]\n', encoding="utf-8")
    tmp_path.joinpath("own", "fictional").mkdir(parents=True)
    assert configuration.load(file).registries == (f"{tmp_path}/own/fictional", "cdk46_breast")
