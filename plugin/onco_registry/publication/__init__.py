"""Numbers typed in from a publication: what among them cannot be, and what they imply (docs/publications.md).

`reading` takes the YAML file, `model` holds it, `rounding` says what prints as what, `binomial` has the intervals of
proportions; `proportions`, `counts`, `medians`, `strata` and `p_values` look at their sections.
"""

from onco_registry.publication.check import check_publication
from onco_registry.publication.finding import IMPOSSIBLE, Finding
from onco_registry.publication.reading import read_publication

__all__ = ["IMPOSSIBLE", "Finding", "check_publication", "read_publication"]
