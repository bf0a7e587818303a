"""What a bulletin says about itself: the registry, the data cut, the run, the edition."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from onco_registry.bulletin.statement import Statement

EDITIONS = ("internal", "public")
LANGUAGES = ("en", "zh")


@dataclass(frozen=True)
class BulletinMeta:
    """Facts of one bulletin that no results frame holds.

    Every word about the registry's disease and drugs comes from here or from the frames. `labels` gives the
    reader's word for a name used in the frames (a stratum variable such as 'subtype', an endpoint, an item of
    completeness, a check); a name without a label is printed with its underscores as spaces.

    `registry` is the definition's name, `title` its one-line title, `cohort` and `cohort_id` the name and
    cohort_definition_id of its own cohort, which arms and further cohorts stand beside, `population` one sentence on
    who is in the cohort, `notes` the registry's own caveats. `computed` is when the first run that computed these
    results finished, and must carry a timezone. `unmapped_codes` counts distinct codes mapped to concept 0 and
    `quarantined` the resource versions refused, both at `knowledge_run`.
    `facts`: what the definition says of the design, by the names of checklist.json.
    `endpoints` are those shown; where none is named, all that have a curve. `has_response` and `has_safety`: whether
    the registry declares the rules of either. `landmark_days`: from the first drug to the landmark of its
    comparators. `translations`: by language, English words of the registry -> its own.

    Raises ValueError for a time without timezone, or a translation into a language that does not exist.
    """

    registry: str
    title: str
    cohort: str
    cohort_id: int
    data_cut: date
    knowledge_run: int
    computed: datetime
    patients: int
    hash: str
    population: str = ""
    notes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    unmapped_codes: int = 0
    quarantined: int = 0
    fictional: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    endpoints: tuple[str, ...] = ()
    has_response: bool = True
    has_safety: bool = True
    landmark_days: int | None = None
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    facts: Mapping[str, Sequence[Statement]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for language in self.translations:
            if language not in LANGUAGES:
                raise ValueError(f"no language {language!r}: one of {', '.join(LANGUAGES)}")
        if self.computed.tzinfo is None:
            raise ValueError("computed needs a timezone")

    def label(self, name: str) -> str:
        """The reader's word for a name: its label, else the name itself with spaces and a capital."""
        return self.labels.get(name) or name[:1].upper() + name[1:].replace("_", " ")
