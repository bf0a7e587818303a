"""p-values: whether the table that they compare gives them, and by which test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

import numpy as np
from scipy.stats import chi2_contingency, fisher_exact

from onco_registry.publication.finding import IMPLIED, IMPOSSIBLE, QUESTION, Finding
from onco_registry.publication.model import PValue, Strata
from onco_registry.publication.proportions import implied_count
from onco_registry.publication.rounding import as_printed, prints_as

TESTS = ("fisher", "chi-squared", "yates")
Table = Sequence[Sequence[int]]


def check_p_value(name: str, item: PValue, strata: Mapping[str, Strata]) -> list[Finding]:
    """Whether one p-value can be; of a table or strata with counts, which test gives it."""
    table = item.table or (_of_strata(strata[item.strata]) if item.strata else None)
    return [Finding(kind, f"p_values.{name}", item.line, text) for kind, text in _statements(item, table)]


def tests(table: Table) -> dict[str, float]:
    """p of each test that a table of counts allows: Fisher's and Yates's of two by two, chi-squared of any."""
    counts = np.asarray(table)
    if (counts.sum(axis=0) == 0).any() or (counts.sum(axis=1) == 0).any():
        return {}
    found = {"chi-squared": float(chi2_contingency(counts, correction=False).pvalue)}
    if counts.shape == (2, 2):
        found["fisher"] = float(fisher_exact(counts).pvalue)
        found["yates"] = float(chi2_contingency(counts, correction=True).pvalue)
    return {test: found[test] for test in TESTS if test in found}


def _of_strata(strata: Strata) -> Table | None:
    counts = [(implied_count(part), part.of) for part in strata.parts.values()]
    known = [(x, n - x) for x, n in counts if x is not None]
    return known if len(known) == len(counts) > 1 else None


def _statements(item: PValue, table: Table | None) -> Iterator[tuple[str, str]]:
    printed = f"<{item.p}" if item.below else str(item.p)
    if not 0 <= item.p <= 1:
        yield IMPOSSIBLE, f"p = {printed}"
        return
    computed = tests(table) if table else {}
    if not computed:
        return
    fitting = [test for test, p in computed.items() if _fits(item, p)]
    given = ", ".join(f"{as_printed(p, item.p)} ({test})" for test, p in computed.items())
    if item.test in fitting or (item.test is None and fitting):
        yield IMPLIED, f"p {printed} is that of {' or '.join([item.test] if item.test else fitting)}"
    elif item.test in computed:
        yield IMPOSSIBLE, f"p {printed} by {item.test}: the counts give {given}"
    else:
        yield QUESTION, f"p {printed}: the counts give {given}"


def _fits(item: PValue, p: float) -> bool:
    return p < float(item.p) if item.below else prints_as(Fraction(p), item.p)
