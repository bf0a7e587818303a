"""Log lines on standard error: key=value, in colour on a terminal, or one JSON object each for collectors."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from enum import StrEnum
from typing import Any

import structlog

# From the environment a service hands it on to its jobs.
VARIABLE = "ONCO_REGISTRY_LOG_FORMAT"


class Format(StrEnum):
    """How log lines are written."""

    TEXT = "text"
    JSON = "json"


class _Lines(structlog.PrintLogger):
    """Lines that nobody may read any more: a run goes on where its reader has gone."""

    def msg(self, message: str) -> None:
        with suppress(BrokenPipeError):
            super().msg(message)

    log = debug = info = warn = warning = fatal = failure = err = error = critical = exception = msg


def set_up(format_: Format = Format.TEXT) -> None:
    """Write log lines so from now on."""
    renderer: Any = structlog.processors.KeyValueRenderer(key_order=["timestamp", "event"])
    if format_ is Format.JSON:
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    elif sys.stderr.isatty():
        renderer = structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        # Standard error as it is when a line is written: whoever replaced it for a while may have closed theirs.
        logger_factory=lambda *_: _Lines(sys.stderr),
    )
