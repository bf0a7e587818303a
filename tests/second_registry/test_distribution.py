"""A third party ships a registry as a distribution of its own: data, an entry point, and nothing of the engine's."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from onco_registry.installed import GROUP, folder_of
from second_registry.conftest import NAME

SETUP = f"""
[metadata]
name = elsewhere-registry
version = 1.0
[options]
packages = elsewhere_registry
[options.package_data]
elsewhere_registry = *.yaml
[options.entry_points]
{GROUP} =
    elsewhere = elsewhere_registry:FOLDER
"""
# As in docs/new-registry.md.
MODULE = '"""A registry."""\n\nfrom pathlib import Path\n\nFOLDER = Path(__file__).parent\n'


@pytest.fixture(scope="module")
def installed_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which the built distribution was unpacked, as an installer does."""
    source = tmp_path_factory.mktemp("source")
    package = source / "elsewhere_registry"
    shutil.copytree(folder_of(NAME), package)
    definition = package / "registry.yaml"
    text = definition.read_text(encoding="utf-8")
    # A registry and a cohort of its own.
    text = text.replace(f"name: {NAME}\n", "name: elsewhere\n", 1).replace("\n  id: ", "\n  id: 9", 1)
    definition.write_text(text, encoding="utf-8")
    package.joinpath("__init__.py").write_text(MODULE, encoding="utf-8")
    source.joinpath("setup.cfg").write_text(SETUP, encoding="utf-8")
    source.joinpath("pyproject.toml").write_text('[build-system]\nrequires = ["setuptools"]\n', encoding="utf-8")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(source / "dist"), "."]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = (source / "dist").glob("*.whl")
    site = tmp_path_factory.mktemp("site")
    zipfile.ZipFile(wheel).extractall(site)
    return site


def test_its_registry_is_installed_and_computes(installed_wheel: Path, tmp_path: Path) -> None:
    env = os.environ | {"PYTHONPATH": str(installed_wheel)}
    command = [sys.executable, "-m", "onco_registry", "demo", "--registry", "elsewhere", "--out", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out/data/bulletins/elsewhere").is_dir()
    assert "33.41" in done.stdout
    listed = subprocess.run(
        [sys.executable, "-m", "onco_registry", "init", "--config", str(tmp_path / "site/registry.toml")],
        capture_output=True,
        text=True,
        check=True,
        env=env,
    )
    assert f"{NAME}, elsewhere (setting `registries`)" in listed.stdout
