"""Whether a release may stand beside another: every count that follows from both moved by 0 or at least k persons."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from onco_registry.bulletin.disclosure.counted import Block, Counted, Counts, count
from onco_registry.bulletin.disclosure.rule import Rule
from onco_registry.bulletin.disclosure.safety import TOTALS
from onco_registry.bulletin.disclosure.survival import Told
from onco_registry.bulletin.frames import Record


def may_follow(document: Record, last: Record, rule: Rule, truth: Record) -> bool:
    """Whether no count that both releases tell, and no sum or difference of such counts, moved by a few persons.

    `truth` is the internal document of this one: a count that the other tells and this one does not must not have moved
    by a few either, for that it is withheld now says where it went. What goes by a new name is held against what has
    lost its own.
    """
    before, after, now = count(last), count(document), count(truth)
    if before.all_alike is not after.all_alike and (before.by_level or after.by_level):
        # Where all or none responded, so did those of each level, which the other edition tells of.
        return False
    moved = (*_moved(before, after), *_withheld_now(before, after, now), *_renamed(before, after, now))
    return rule.count(*(abs(one) for one in moved))


def _moved(before: Counted, after: Counted) -> Iterator[int]:
    """By how many moved what both tell."""
    yield from (after.counts[name] - before.counts[name] for name in before.counts.keys() & after.counts.keys())
    for name in before.partitions.keys() & after.partitions.keys():
        yield from _regrouped(before.partitions[name], after.partitions[name])
    for endpoint in before.curves.keys() & after.curves.keys():
        yield from _of_curves(before.curves[endpoint], after.curves[endpoint])


def _withheld_now(before: Counted, after: Counted, now: Counted) -> Iterator[int]:
    """By how many moved what the release before tells and this one does not, `now` being all that there is."""
    lost = (before.counts.keys() & now.counts.keys()) - after.counts.keys()
    yield from (now.counts[name] - before.counts[name] for name in lost)
    for name in before.partitions.keys() & now.partitions.keys():
        known = _members(now.partitions[name])
        for members in before.partitions[name].keys() - after.partitions.get(name, {}).keys():
            if members <= known:
                yield _sum(now.partitions[name], members) - before.partitions[name][members]


def _renamed(before: Counted, after: Counted, now: Counted) -> Iterator[int]:
    """By how many a count moved, if what is new is what is gone, by another name: levels, variables, terms."""
    for name in before.partitions.keys() & after.partitions.keys():
        known = _members(now.partitions.get(name, {}))
        gone = [x for members, x in before.partitions[name].items() if not members & known]
        earlier = _members(before.partitions[name])
        new = [x for members, x in after.partitions[name].items() if not members & earlier]
        yield from (one - other for one in new for other in gone)
    for lost in before.partitions.keys() - now.partitions.keys():
        for found in after.partitions.keys() - before.partitions.keys():
            if _members(before.partitions[lost]) & _members(after.partitions[found]):
                yield from _regrouped(before.partitions[lost], after.partitions[found])
    for lost in before.terms.keys() - now.terms.keys():
        for found in after.terms.keys() - before.terms.keys():
            told = [(before.terms[lost][name], after.terms[found][name]) for name in TOTALS]
            yield from (one - other for other, one in told if other is not None and one is not None)


def _members(counts: Counts) -> Block:
    """The levels that are told of, alone or together."""
    return frozenset().union(*counts)


def _regrouped(before: Counts, after: Counts) -> Iterator[int]:
    """By how many the smallest sums moved that both groupings of the levels tell, and by how many all others."""
    common: list[Block] = []
    for block in (*before, *after):
        touching = [one for one in common if one & block]
        common = [one for one in common if not one & block] + [block.union(*touching)]
    whole = sum(after.values()) - sum(before.values())
    for members in common:
        moved = _sum(after, members) - _sum(before, members)
        yield from (moved, whole - moved)


def _sum(counts: Counts, members: Block) -> int:
    return sum(count for block, count in counts.items() if block <= members)


def _of_curves(before: Told, after: Told) -> Iterator[int]:
    """By how many what is known at each day moved, and what is known between any two."""
    known = before.known(), after.known()
    moved = {name: known[1][name] - known[0][name] for name in known[0].keys() & known[1].keys()}
    yield from moved.values()
    for one, other in combinations(moved, 2):
        if one[0] == other[0]:
            yield moved[one] - moved[other]
