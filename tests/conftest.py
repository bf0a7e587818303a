"""What every test begins with."""

from __future__ import annotations

import pytest
import structlog


@pytest.fixture(autouse=True)
def _logs_as_they_come() -> None:
    """Log lines go to standard output, whatever a command of an earlier test in this process has set up."""
    structlog.reset_defaults()
