"""The installed console script, as a hospital's IT runs it: a process of its own in a folder of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

SCRIPT = Path(sys.executable).with_name("onco-registry")


class CommandFailedError(AssertionError):
    """A command ended with another exit code than expected; the message carries what it printed."""


def run(folder: Path, *arguments: str | Path, exit_code: int = 0) -> str:
    """What `onco-registry <arguments>` prints when run in the folder."""
    command = [str(SCRIPT), *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != exit_code:
        raise CommandFailedError(f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def run_json(folder: Path, *arguments: str | Path) -> Any:
    """The JSON that `onco-registry <arguments> --json` prints."""
    return json.loads(run(folder, *arguments, "--json"))
