"""All checks of a publication's numbers, section by section in the order of the file's schema."""

from __future__ import annotations

from onco_registry.publication.counts import check_counts
from onco_registry.publication.finding import Finding
from onco_registry.publication.medians import check_median
from onco_registry.publication.model import Publication
from onco_registry.publication.p_values import check_p_value
from onco_registry.publication.proportions import check_proportion
from onco_registry.publication.strata import check_strata


def check_publication(publication: Publication) -> list[Finding]:
    """What cannot be (kind impossible), what no usual method explains (question) and what follows (implied)."""
    found: list[Finding] = []
    for name, counts in publication.counts.items():
        found += check_counts(name, counts, publication.proportions)
    for name, proportion in publication.proportions.items():
        found += check_proportion(f"proportions.{name}", proportion)
    for name, median in publication.medians.items():
        found += check_median(name, median, publication.medians)
    for name, strata in publication.strata.items():
        found += check_strata(name, strata, publication.proportions)
    for name, p_value in publication.p_values.items():
        found += check_p_value(name, p_value, publication.strata)
    return found
