"""The command line as hospital IT meets it, in a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

PATIENT = {"resourceType": "Patient", "id": "secret-id-1", "gender": "male", "birthDate": "1960"}
OBSERVATION = {
    "resourceType": "Observation",
    "id": "o1",
    "status": "final",
    "code": {"coding": [{"system": "http://example.org", "code": "local-1"}]},
    "subject": {"reference": "Patient/secret-id-1"},
    "effectiveDateTime": "2021-03-01",
    "valueQuantity": {"value": 5},
}


def cli(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the command in `folder`, with settings from the environment."""
    command = [sys.executable, "-c", "from onco_registry.cli import main; main()", *arguments]
    env = os.environ | {f"ONCO_REGISTRY__{name.upper()}": value for name, value in settings.items()}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=env)


def answer(folder: Path, *arguments: str, **settings: str) -> Any:
    """The JSON that a command prints."""
    done = cli(folder, *arguments, "--json", **settings)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
