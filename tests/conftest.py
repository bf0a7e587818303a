"""What every test begins with."""

from __future__ import annotations

import os

import pytest
import structlog

# A PDF takes seconds; the tests of what is in one ask for it.
os.environ.setdefault("ONCO_REGISTRY__BULLETIN__PDF", "false")


@pytest.fixture(autouse=True)
def _logs_as_they_come() -> None:
    """Log lines go to standard output, whatever a command of an earlier test in this process has set up."""
    structlog.reset_defaults()
