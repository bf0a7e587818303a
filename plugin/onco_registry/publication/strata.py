"""Strata: whether their numbers add up to all patients and to all who count, and each of their rates."""

from __future__ import annotations

from collections.abc import Mapping

from onco_registry.publication.finding import IMPOSSIBLE, Finding
from onco_registry.publication.model import Proportion, Strata
from onco_registry.publication.proportions import check_proportion, implied_count


def check_strata(name: str, strata: Strata, proportions: Mapping[str, Proportion]) -> list[Finding]:
    """Whether one set of strata can be."""
    where = f"strata.{name}"
    found = []
    sizes = {label: part.of for label, part in strata.parts.items()}
    if sum(sizes.values()) != strata.of:
        text = f"{' + '.join(f'{label} {n}' for label, n in sizes.items())} = {sum(sizes.values())} of {strata.of}"
        found.append(Finding(IMPOSSIBLE, where, strata.line, text))
    counts = {label: implied_count(part) for label, part in strata.parts.items()}
    whole = implied_count(proportions[strata.proportion]) if strata.proportion else None
    known = [x for x in counts.values() if x is not None]
    if whole is not None and len(known) == len(counts) and sum(known) != whole:
        parts = " + ".join(f"{label} {x}" for label, x in counts.items())
        text = f"{parts} = {sum(known)}, and {strata.proportion} is {whole}"
        found.append(Finding(IMPOSSIBLE, where, strata.line, text))
    for label, part in strata.parts.items():
        found += check_proportion(f"{where}.{label}", part)
    return found
