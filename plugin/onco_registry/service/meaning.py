"""What an exit code means and what to do about it, without anything of what the job was about."""

from __future__ import annotations

from onco_registry.service.jobs import KILLED, Row

_UNEXPECTED = ("an unexpected error", "look into the log, and report it")
# As in the README.
_CODES = {
    2: ("a setting or a definition is wrong", "the log names it; put it right"),
    3: (
        "nothing could be read from the source",
        "look whether the export arrived whole; the log names the file",
    ),
    4: ("the data folder is missing, in use, damaged or full", "the log says which; see to the disk, then `rebuild`"),
    5: ("a mapping broke its own rules", "nothing was changed; report it, or go back to the release before"),
    6: ("a check failed", "onco-registry check"),
    7: (
        "the FHIR server cannot be read",
        "the log says why; what was received stays, and the next night goes on from there",
    ),
    8: (
        "the Postgres replica is behind; all else is done",
        "see to the database; the next night catches up, and so does `onco-registry postgres publish`",
    ),
    9: (
        "a bulletin was not released or not sent; all else is done",
        "the log says which; a release is corrected with `onco-registry bulletin --registry NAME --edition EDITION "
        "--corrects NUMBER --reason TEXT`",
    ),
    130: ("it was killed", "look whether memory ran out (memory_limit), or who stopped it"),
}


def has_failed(attempt: Row) -> bool:
    """Whether an attempt failed or was killed; one that somebody stopped has not."""
    outcome, message = attempt["outcome"], attempt["message"]
    return bool(outcome == "failed" or (outcome == "interrupted" and message == KILLED))


def meaning(attempt: Row) -> str:
    """In words, why an attempt failed."""
    return _CODES.get(_code(attempt), _UNEXPECTED)[0]


def advice(attempt: Row) -> str:
    """What to do about it."""
    return _CODES.get(_code(attempt), _UNEXPECTED)[1]


def _code(attempt: Row) -> int:
    """A process that was killed leaves no exit code, or that of a signal."""
    code = attempt["exit_code"]
    return 130 if code is None or code < 0 else int(code)
