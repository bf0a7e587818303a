"""A site that the command line made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from plugin.commands import OBSERVATION, PATIENT, cli


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which one batch with one bad line was synced and recomputed."""
    folder = tmp_path_factory.mktemp("site")
    lines = [json.dumps(PATIENT), json.dumps(OBSERVATION), '{"resourceType": "Observation", "id": "bad", "code": [1]}']
    folder.joinpath("batch.ndjson").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for arguments in (("init",), ("sync", "--from", "batch.ndjson"), ("recompute", "--data-cut", "2021-12-31")):
        done = cli(folder, *arguments)
        assert done.returncode == 0, done.stderr
    return folder
