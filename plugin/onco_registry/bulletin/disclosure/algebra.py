"""Sets over categories that partition the patients: which may be told together.

Whoever knows how many are in some sets knows it of each part that they cut the patients into, by subtraction; so a set
is told only if every such part is 0 or at least k.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from onco_registry.bulletin.disclosure.rule import Rule


def tellable(
    counts: Mapping[str, int], wanted: Sequence[tuple[str, Collection[str]]], rule: Rule
) -> dict[str, Collection[str]]:
    """Of the wanted sets (name, categories), in order of preference, those that may be told; `counts` by category."""
    n = sum(counts.values())
    told: dict[str, Collection[str]] = {}
    for name, members in wanted:
        trial = {**told, name: members}
        x = sum(counts[member] for member in members)
        if rule.proportion(x, n) and rule.count(*_parts(counts, trial).values()):
            told = trial
    return told


def _parts(counts: Mapping[str, int], sets: Mapping[str, Collection[str]]) -> dict[tuple[bool, ...], int]:
    """Patients by which of the sets they are in."""
    found: dict[tuple[bool, ...], int] = {}
    for category, count in counts.items():
        signature = tuple(category in members for members in sets.values())
        found[signature] = found.get(signature, 0) + count
    return found


def residues(sets: Mapping[str, Collection[str]], told: Mapping[str, int], n: int) -> dict[str, int]:
    """Of sets nested or apart: how many are in each, but in none of the told sets within it; under '' who is in none.

    `sets`: name -> categories; `told`: name -> patients.
    """
    found = {}
    for name in ("", *told):
        within = [other for other in told if other != name and (not name or set(sets[other]) < set(sets[name]))]
        largest = [one for one in within if not any(set(sets[one]) < set(sets[other]) for other in within)]
        found[name] = (told[name] if name else n) - sum(told[one] for one in largest)
    return found
