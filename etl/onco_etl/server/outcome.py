"""What an OperationOutcome says, in FHIR's own words: its texts may hold patient data and are not repeated."""

from __future__ import annotations

import json
from typing import Any

# FHIR R4, IssueSeverity and IssueType; another word could be anything.
SEVERITIES = frozenset({"fatal", "error", "warning", "information"})
CODES = frozenset(
    "invalid structure required value invariant security login unknown expired forbidden suppressed processing "  # noqa: SIM905
    "not-supported duplicate multiple-matches not-found deleted too-long code-invalid extension too-costly "
    "business-rule conflict transient lock-error no-store exception timeout incomplete throttled informational".split()
)


def issues(body: bytes) -> tuple[tuple[str, str], ...]:
    """(severity, code) of each issue in an OperationOutcome; none where the body is none."""
    return tuple((word(issue.get("severity")), word(issue.get("code"))) for issue in _issues(body))


def codes(body: bytes) -> str:
    """The issue codes of an OperationOutcome, for the text of an error: "not-supported, value", or nothing."""
    return ", ".join(dict.fromkeys(code for _, code in issues(body)))


def mentions(body: bytes, words: tuple[str, ...]) -> tuple[str, ...]:
    """Those of `words` that the texts of an OperationOutcome contain, each standing by itself."""
    texts = json.dumps([_texts(issue) for issue in _issues(body)])
    said = set("".join(c if c.isalnum() else " " for c in texts).split())
    return tuple(word for word in words if word in said)


def _texts(issue: dict[str, Any]) -> list[Any]:
    return [issue.get(name) for name in ("diagnostics", "details", "expression", "location")]


def _issues(body: bytes) -> list[dict[str, Any]]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return []
    if not isinstance(found, dict) or found.get("resourceType") != "OperationOutcome":
        return []
    listed = found.get("issue")
    return [issue for issue in listed if isinstance(issue, dict)] if isinstance(listed, list) else []


def word(value: object) -> str:
    """A severity or an issue code as FHIR has it; anything else is "unknown"."""
    return value if isinstance(value, str) and value in SEVERITIES | CODES else "unknown"
