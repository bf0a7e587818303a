"""Sets over categories that partition the patients: which may be told together.

Whoever knows how many are in some sets knows it of each part that they cut the patients into, by subtraction; so a set
is told only if every such part is 0 or at least k.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

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


def blocks(sets: Mapping[str, Collection[str]], told: Mapping[str, int], n: int) -> dict[frozenset[str], int]:
    """The patients in each part of the categories that sets, nested or apart, cut them into: what told sets amount to.

    `sets`: name -> categories; `told`: name -> patients. Who is in no told set is under the other categories.
    """
    every = frozenset(category for members in sets.values() for category in members)
    found = {}
    for members, count in [(every | {""}, n), *((frozenset(sets[name]), told[name]) for name in told)]:
        within = {frozenset(sets[name]): told[name] for name in told if set(sets[name]) < members}
        largest = {one: number for one, number in within.items() if not any(one < other for other in within)}
        found[members.difference(*largest)] = count - sum(largest.values())
    return {members: count for members, count in found.items() if members}


def in_both(counts: Iterable[int], having: int) -> int:
    """How many are in both of two sets, which follows where there are no others and `having` are in any; else 0."""
    there = [count for count in counts if count]
    return sum(there) - having if len(there) == 2 else 0
