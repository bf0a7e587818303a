"""A reader who solves the public edition for the counts that it does not tell: nothing of 1 to k - 1 follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from bulletin.drawn_cohort import document, draw, month_after
from bulletin.linear_attack import Family, disclosed, moved
from bulletin.reader_who_counts import families
from onco_registry.bulletin.disclosure import baseline, completeness, edition, public, response, safety, survival
from onco_registry.bulletin.disclosure.rule import Rule
from onco_registry.bulletin.document import validate

# Of each cohort, the editions of so many successive months.
MONTHS = 3


@pytest.fixture(autouse=True)
def _more_told_and_unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Curves of one interval, too, so that small cohorts have some; documents are checked in a test of their own."""
    monkeypatch.setattr(edition, "validate", lambda _: None)
    monkeypatch.setattr(survival, "FEWEST_INTERVALS", 1)


def attacked(seed: int, n: int, k: int) -> list[str]:
    """What is learned of a few patients from the editions of successive months."""
    random = np.random.default_rng(seed)
    month = draw(random, n)
    editions: list[dict[str, Any]] = []
    told: list[list[Family]] = []
    found: list[str] = []
    for _ in range(MONTHS):
        edition_now = public(document(month), editions, k)
        if edition_now is not None:
            read = families(edition_now, month)
            found += disclosed(read, k)
            found += [learned for earlier in told for learned in moved(earlier, read, k)]
            editions.append(edition_now)
            told.append(read)
        month = month_after(random, month)
    return found


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
# All of a cohort responded, and in the month after not all.
@example(seed=10283, n=8, k=3)
# Two terms of which nobody had both, so that each kind adds up.
@example(seed=1581, n=116, k=3)
# All of the first month are of one level, of which that month tells nothing.
@example(seed=3745472456, n=4, k=3)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(0, 120), k=st.sampled_from([5, 5, 5, 11, 3]))
def test_no_count_of_a_few_follows_from_the_public_editions(seed: int, n: int, k: int) -> None:
    assert attacked(seed, n, k) == []


@pytest.mark.parametrize(("seed", "n"), [(1, 0), (2, 4), (3, 5), (4, 10), (5, 47), (6, 120)])
def test_what_is_drawn_and_what_is_published_are_documents(seed: int, n: int) -> None:
    internal = document(draw(np.random.default_rng(seed), n))
    validate(internal)
    found = public(internal, (), 5)
    assert found is not None
    validate(found)


def test_the_internal_document_falls_to_the_reader() -> None:
    month = draw(np.random.default_rng(7), 15)
    found = disclosed(families(document(month), month), 5)
    parts = {one.partition(":")[0] for one in found}
    assert parts >= {"response", "subtype", "sites", "worst grade", "terms", "times"}


Naive = Callable[..., Any]


def _levels_alone(levels: Sequence[Any], _: Naive, may_tell: Naive, __: Naive) -> tuple[list[Any], list[Any]]:
    return [level for level in levels if may_tell([level])], []


def _sets_alone(
    counts: Mapping[str, int], wanted: Sequence[tuple[str, Sequence[str]]], pairs: Mapping[str, str], rule: Rule
) -> set[str]:
    n, every = sum(counts.values()), dict(wanted) | {name: (one,) for name, one in pairs.items()}
    return {name for name, them in every.items() if rule.proportion(sum(counts[one] for one in them), n)}


def _rows_alone(rows: Sequence[dict[str, Any]], told: Mapping[str, Any], rule: Rule) -> list[dict[str, Any]]:
    return [row for row in rows if response.WITHIN.get(row["measure"]) in told and rule.proportion(row["x"], row["n"])]


def _as_told(_: Any, told: list[dict[str, Any]], *__: Any) -> list[dict[str, Any]]:
    return told


# What is switched off; what stands in for it; the part from which the reader then learns; a cohort of whom.
NAIVE: dict[str, tuple[Any, str, Naive, str, int]] = {
    "levels one by one": (baseline, "pooled", _levels_alone, "subtype", 4),
    "strata one by one": (response, "pooled", _levels_alone, "subtype", 3),
    "responses one by one": (response, "tellable", _sets_alone, "response", 0),
    "confirmed by themselves": (response, "_further", _rows_alone, "response", 7),
    "grades one by one": (safety, "tellable", _sets_alone, "worst grade", 0),
    "related by themselves": (safety, "_nested", lambda *_: True, "worst grade", 4),
    "two terms": (safety, "_not_of_few", _as_told, "terms", 28),
    "endpoints by themselves": (survival, "_may", lambda *_: True, "times", 1),
    "items by themselves": (completeness, "differences", lambda *_: [], "completeness", 53),
    "whatever moved": (edition, "may_follow", lambda *_: True, " by ", 0),
}


@pytest.mark.parametrize("name", NAIVE)
def test_without_one_of_the_rules_the_reader_learns(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module, rule, stand_in, part, seed = NAIVE[name]
    assert not any(part in learned for learned in attacked(seed, 20 + seed, 5))
    monkeypatch.setattr(module, rule, stand_in)
    assert any(part in learned for learned in attacked(seed, 20 + seed, 5))
