"""Other programs that take FHIR to OMOP CDM or to tables, on the same files; installed into a folder of their own.

pyomop  FHIR to OMOP CDM v5.4 in SQLite; reads through fhiry
fhiry   FHIR to one pandas.DataFrame, and no further
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from bench.measure import Measured, measured

REQUIREMENTS = ("fhiry==5.2.2", "pyomop==6.4.0")
_FHIRY = "import sys; from fhiry import Fhirndjson; f = Fhirndjson(); f.folder = sys.argv[1]; f.process_source()"


def installed(folder: Path) -> Path | None:
    """The programs of a virtual environment with the peers, or None where they cannot be installed."""
    programs = folder / "bin"
    try:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True, capture_output=True)
        pip = [
            str(programs / "python"),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            *REQUIREMENTS,
        ]
        subprocess.run(pip, check=True, capture_output=True)
    except subprocess.CalledProcessError as error:
        print(f"peers cannot be installed: {error.stderr.decode()[-300:]}")
        return None
    return programs


def measures(programs: Path, source: Path, workplace: Path) -> dict[str, Callable[[], Measured]]:
    """Name -> run of each peer over `source`, in a fresh folder of `workplace`."""

    def fresh(name: str) -> Path:
        folder = workplace / f"{name}-{len(list(workplace.iterdir()))}"
        folder.mkdir()
        return folder

    return {
        "pyomop": lambda: measured(
            [programs / "pyomop", "--create", "--dbtype", "sqlite", "--name", "cdm", "--input", source], fresh("pyomop")
        ),
        "fhiry": lambda: measured([programs / "python", "-c", _FHIRY, source], fresh("fhiry")),
    }
