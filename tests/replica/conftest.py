"""The demo, run once for the tests of this folder; its two nights alone; and copies of these to go on from."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner

from onco_registry import cli, logs
from replica.nights import Demo, Site, after_two_nights


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    out = tmp_path_factory.mktemp("replica") / "demo"
    with structlog.testing.capture_logs() as logged, pytest.MonkeyPatch.context() as patch:
        # The command would log past the capture, to a stream that is closed when it ends.
        patch.setattr(logs, "set_up", lambda _: None)
        done = CliRunner().invoke(cli.app, ["demo", "--out", str(out)], catch_exceptions=False)
        site = after_two_nights(Site(out), tmp_path_factory.mktemp("nights"))
    return Demo(site, Site(out), done.exit_code, done.output, list(logged))


@pytest.fixture
def site(demo: Demo, tmp_path: Path) -> Iterator[Site]:
    """A copy of the demo's data folder with its registry.toml."""
    shutil.copytree(demo.site.folder / "data", tmp_path / "data", symlinks=True)
    shutil.copyfile(demo.site.folder / "registry.toml", tmp_path / "registry.toml")
    yield Site(tmp_path)
    shutil.rmtree(tmp_path / "data")
