"""What changed since the bulletin before: each headline number, old and new, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from onco_registry.bulletin.frames import Record
from onco_registry.bulletin.sections.headline import FOLLOW_UP
from onco_registry.bulletin.sections.response import RATES

_SHOWN = ("estimate", "lower", "upper", "x", "n", "events")
RESPONSE = "response"


@dataclass(frozen=True)
class Earlier:
    """What the bulletin before rests on: its data cut and run, its headline, and why patients' results differ now.

    `reasons`: by what changed ('response', an endpoint's name), rows of `reason` and `patients`; `causes`: rows of
    cause, resources, patients, results, as `compare` tells them.
    """

    data_cut: date
    knowledge_run: int
    headline: Record
    reasons: Mapping[str, list[Record]] = field(default_factory=dict)
    causes: tuple[Record, ...] = ()


def changes(headline: Record, earlier: Earlier) -> Record:
    """The headline numbers that differ from the bulletin before, each with its reasons, the most frequent first."""
    before, after = earlier.headline["measures"], headline["measures"]
    measures = list(dict.fromkeys([*after, *before]))
    return {
        "since": {"data_cut": earlier.data_cut.isoformat(), "knowledge_run": earlier.knowledge_run},
        "patients": {"before": earlier.headline["patients"], "after": headline["patients"]},
        "headline": [
            {
                "measure": measure,
                "before": before.get(measure),
                "after": after.get(measure),
                "reasons": _reasons(measure, earlier),
            }
            for measure in measures
            if _values(before.get(measure)) != _values(after.get(measure))
        ],
        "causes": list(earlier.causes),
    }


def _values(row: Record | None) -> tuple[object, ...] | None:
    return None if row is None else tuple(row[name] for name in _SHOWN)


def _reasons(measure: str, earlier: Earlier) -> list[Record]:
    rows = earlier.reasons.get(_topic(measure), [])
    return sorted(rows, key=lambda row: (-row["patients"], row["reason"]))


def _topic(measure: str) -> str:
    """What of a patient's results a measure rests on; follow-up ends where overall survival does."""
    if measure in RATES:
        return RESPONSE
    return "os" if measure == FOLLOW_UP else measure.removesuffix("_median")
