"""Counts that must add up, by themselves and with the proportions made of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations

from onco_registry.publication.finding import IMPLIED, IMPOSSIBLE, Finding
from onco_registry.publication.model import Counts, Proportion
from onco_registry.publication.proportions import implied_count

# Kind, text and the reason for it.
Statement = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Sum:
    """What some parts of a group must add up to, and from where that is known."""

    parts: frozenset[str]
    total: int
    reason: str


def check_counts(name: str, counts: Counts, proportions: Mapping[str, Proportion]) -> list[Finding]:
    """Whether the counts of one group can be, and which of them follow from totals and proportions."""
    statements = [*_totals(counts)]
    for known in _sums(name, counts, proportions):
        statements += _against(counts, known)
    # What follows in several ways is said once, with the first reason.
    reasons: dict[tuple[str, str], str] = {}
    for kind, text, reason in statements:
        reasons.setdefault((kind, text), reason)
    return [
        Finding(kind, f"counts.{name}", counts.line, f"{text}: {reason}" if reason else text)
        for (kind, text), reason in reasons.items()
    ]


def _totals(counts: Counts) -> Iterator[Statement]:
    """Each count, and all of them, against the patients."""
    for part, x in counts.parts.items():
        if x is not None and x > counts.of:
            yield IMPOSSIBLE, f"{part} {x} of {counts.of}", ""
    unknown = [part for part, x in counts.parts.items() if x is None]
    total = sum(x or 0 for x in counts.parts.values())
    if total > counts.of or (counts.complete and not unknown and total < counts.of):
        besides = f" without {' and '.join(unknown)}" if unknown else ""
        yield IMPOSSIBLE, f"{_printed(counts, list(counts.parts))} = {total} of {counts.of}{besides}", ""
    elif counts.complete and unknown:
        yield IMPLIED, f"{' + '.join(unknown)} = {counts.of - total}", f"the rest of {counts.of}"


def _sums(name: str, counts: Counts, proportions: Mapping[str, Proportion]) -> Iterator[Sum]:
    """What the proportions say of parts, of those that they leave, and of those between two proportions."""
    known = [
        Sum(frozenset(item.parts), x, f"{measure} is {x}/{item.of}")
        for measure, item in proportions.items()
        if item.group == name and item.of == counts.of and (x := implied_count(item)) is not None
    ]
    yield from known
    everyone = frozenset(counts.parts)
    for one in known:
        if counts.complete and one.parts < everyone:
            yield Sum(everyone - one.parts, counts.of - one.total, one.reason)
    for larger, smaller in permutations(known, 2):
        if smaller.parts < larger.parts:
            reason = f"{larger.reason}, {smaller.reason}"
            yield Sum(larger.parts - smaller.parts, larger.total - smaller.total, reason)


def _against(counts: Counts, known: Sum) -> Iterator[Statement]:
    """The printed counts against a sum: what is left for those that are not printed."""
    parts = [part for part in counts.parts if part in known.parts]
    unknown = [part for part in parts if counts.parts[part] is None]
    left = known.total - sum(counts.parts[part] or 0 for part in parts)
    wrong = left < 0 or (left > 0 and not unknown)
    if wrong or len(unknown) > 1:
        yield IMPLIED, f"{' + '.join(parts)} = {known.total}", known.reason
    if wrong:
        yield IMPOSSIBLE, f"{_printed(counts, parts)}, but {' + '.join(parts)} = {known.total}", known.reason
    elif unknown and (len(unknown) == 1 or len(unknown) < len(parts)):
        yield IMPLIED, f"{' + '.join(unknown)} = {left}", known.reason


def _printed(counts: Counts, parts: list[str]) -> str:
    """'PR 11 + SD 16 + PD 6': the counts that are printed."""
    return " + ".join(f"{part} {counts.parts[part]}" for part in parts if counts.parts[part] is not None)
