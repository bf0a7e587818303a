"""Sets over categories that partition the patients: which may be told together.

Whoever knows how many are in some sets knows it of each part that they cut the patients into, by subtraction; so a set
is told only if every such part is 0 or at least k.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from onco_registry.bulletin.disclosure.rule import Rule


def tellable(
    counts: Mapping[str, int], wanted: Sequence[tuple[str, Collection[str]]], pairs: Mapping[str, str], rule: Rule
) -> set[str]:
    """Of the wanted sets (name, categories), in order of preference, those that may be told; `counts` by category.

    `pairs`: name -> category of sets of one category. Of a part that the wanted sets tell of, all categories are told
    or none: a reader who saw one of them only would know why the others are not.
    """
    n = sum(counts.values())
    told: dict[str, Collection[str]] = {}
    for name, members in wanted:
        trial = {**told, name: members}
        x = sum(counts[member] for member in members)
        if rule.proportion(x, n) and rule.count(*(sum(part.values()) for part in _parts(counts, trial))):
            told = trial
    found = set(told)
    for part in _parts(counts, told):
        if told and len(part) < 3 and all(rule.proportion(count, n) for count in part.values()):
            found |= {name for name, category in pairs.items() if category in part}
    return found


def _parts(counts: Mapping[str, int], sets: Mapping[str, Collection[str]]) -> list[dict[str, int]]:
    """The categories, with their counts, by which of the sets they are in."""
    found: dict[tuple[bool, ...], dict[str, int]] = {}
    for category, count in counts.items():
        signature = tuple(category in members for members in sets.values())
        found.setdefault(signature, {})[category] = count
    return list(found.values())


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
