"""What a registry definition says, as frozen dataclasses. Days are date differences unless said otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from onco_registry.baseline_model import BaselineItem, Imaging
from onco_registry.comparator_model import AddedLater, Arm, Comparators
from onco_registry.safety_model import DosePlan, Laboratory, Steroids

RESPONSES = ("CR", "PR", "SD", "NON-CR/NON-PD", "PD", "NE")
RESPONDED = ("CR", "PR")
CONTROLLED = ("CR", "PR", "SD", "NON-CR/NON-PD")
# Overall responses as radiology or a clinician recorded them, recorded sums of diameters, measured lesions.
RESPONSE_SOURCES = ("recorded", "sums", "lesions", "clinician")
# What the groups of the concept sets of lesions may be called.
LESION_ROLES = ("target", "non-target", "new")
LESION_STATES = ("present", "absent", "too small", "progressed", "equivocal", "not evaluable")
NON_TARGET_RESPONSES = ("CR", "NON-CR/NON-PD", "PD", "NE")
ANSWERS = ("yes", "no")
# By iRECIST; those of RECIST 1.1 are RESPONSES.
IMMUNE_RESPONSES = ("iCR", "iPR", "iSD", "NON-iCR/NON-iUPD", "iCPD", "iUPD", "NE")
IMMUNE_RESPONDED = ("iCR", "iPR")
IMMUNE_CONTROLLED = ("iCR", "iPR", "iSD", "NON-iCR/NON-iUPD")
# The sources of response that tell by how much disease changed.
IMMUNE_SOURCES = ("sums", "lesions")
# What growth is that is seen only after the time of confirmation.
LATE_GROWTH = ("confirms", "remains")
EVENT_KINDS = ("response", "death", "stopped", "new_therapy", "immune_progression")
CENSORING_KINDS = ("last_response", "last_contact", "start", "last_immune_response")
# Kinds that only registries with rules of iRECIST can use.
IMMUNE_KINDS = ("immune_progression", "last_immune_response")
# What a time begins with, and what of the combination must have stopped.
STARTS = ("index", "first_response")
STOPPED = ("any", "all")
# The ends of the month or year of a death.
PARTIAL_DATES = ("start", "end")
# Criteria that look at a candidate index date can only follow those that establish it.
PERSON_CRITERIA = ("exposed",)
INDEX_CRITERIA = ("close_or_concurrent", "not_added_later", "concurrent_at_index")
HISTORY_CRITERIA = (
    "followed_at_index", "recorded_by_index", "recorded", "not_recorded", "measured", "measurable_disease", "washout",
    "minimum_age", "maximum_age", "sex", "prior_lines", "maximum_prior_lines",
)  # fmt: skip
CRITERIA = PERSON_CRITERIA + INDEX_CRITERIA + HISTORY_CRITERIA
# CDM tables an adverse event may stand in.
EVENT_TABLES = ("condition_occurrence", "measurement", "observation", "procedure_occurrence")
# Kinds read from the record, where no value means not recorded; the others are derived and always known.
RECORDED_STRATA = ("concept_group", "component_agent", "age", "measurement")
STRATUM_KINDS = (*RECORDED_STRATA, "line_number", "earlier_exposure")


@dataclass(frozen=True, slots=True)
class ConceptReference:
    """An OMOP concept by its id, or by its code: a custom one (vocabulary ONCO), or that of a loaded vocabulary."""

    concept_id: int | None = None
    custom: str | None = None
    vocabulary: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class ConceptSet:
    """Concepts in labelled groups; with `descendants`, also what cdm.concept_ancestor places below them."""

    name: str
    groups: Mapping[str, tuple[ConceptReference, ...]]
    descendants: bool = False


@dataclass(frozen=True, slots=True)
class Component:
    """A drug or class of the combination; one record covers max(its days, cycle) + persistence days."""

    name: str
    label: str
    concept_set: str
    cycle_days: int
    persistence_days: int


@dataclass(frozen=True, slots=True)
class Exposure:
    """Which drug_exposure rows are exposure: sources in order of trust, name -> type concept ids.

    No components: the registry follows a disease, whatever is taken. One: a drug or class, and no combination.
    seen_by: the sources whose records show that the hospital itself saw the patient that day.
    """

    components: tuple[Component, ...] = ()
    maximum_days_between_starts: int = 0
    sources: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    seen_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lines:
    """Rules of systemic therapy lines; `relapse` is the concept set of what shows a relapse (None: every line counts).

    Without other therapy no lines are counted and nothing is a new therapy.
    """

    other_therapy: str | None = None
    new_agent_days: int = 0
    gap_days: int = 1
    relapse: str | None = None
    relapse_within_days: int = 0


@dataclass(frozen=True, slots=True)
class Criterion:
    """One attrition step; `argument` is the component, concept set or number that its kind needs.

    `numbers` are what else it needs, such as a window in days from index (before it: negative), by the key.
    """

    name: str
    kind: str
    label: str
    argument: str | int | None = None
    numbers: Mapping[str, int | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cohort:
    """Who enters (any concept of the entry sets) and the ordered criteria a candidate index must meet.

    `id` is the OMOP cohort_definition_id, distinct among the registries of a site. landmark_days: the index date is
    not the later start but so many days after the first, for those followed until then. index_set: the concept set
    whose first record is the index date, in a registry that follows no drug.
    """

    id: int
    name: str
    label: str
    population: str
    entry: tuple[str, ...]
    criteria: tuple[Criterion, ...]
    negative_values: str | None = None
    landmark_days: int | None = None
    index_set: str | None = None


@dataclass(frozen=True, slots=True)
class Stratum:
    """A variable known at index; numeric kinds fall into bins (lowest value -> label)."""

    name: str
    kind: str
    label: str
    missing: str
    argument: str | None = None
    within_days: int | None = None
    bins: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Question:
    """Something recorded with an answer: the concept set of the question, and that of its answers in groups."""

    question: str
    answers: str


@dataclass(frozen=True, slots=True)
class LesionRules:
    """Concept sets by which lesions are followed one by one; days within which findings are one assessment.

    `event_field` is the field concept by which other rows point to the measurement that says which lesion it is.
    """

    identity: str
    event_field: int
    longest_diameter: str
    short_axis: str
    role: Question
    state: Question
    assessment_days: int
    maximum_targets: int


@dataclass(frozen=True, slots=True)
class ImmuneRules:
    """Rules of iRECIST: mm of growth that confirms progression and of shrinkage that closes it, days of confirmation.

    From `confirm_from_days` after the first unconfirmed progression, until `confirm_until_days` after the last one;
    growth seen only later confirms or remains unconfirmed (`late_growth`).
    """

    growth_mm: int
    shrinkage_mm: int
    confirm_from_days: int
    confirm_until_days: int
    late_growth: str


@dataclass(frozen=True, slots=True)
class ResponseRules:
    """Sources of response in order, their concepts, and RECIST windows in days; units: concept id -> mm per unit.

    `other_minimums` and `other_baseline_days` are reported beside the declared ones, as sensitivity. Without sources
    the registry assesses no response.
    """

    sources: tuple[str, ...] = ()
    overall_response: str | None = None
    response_values: str | None = None
    target_sum: str | None = None
    units: Mapping[int, int] = field(default_factory=dict)
    baseline_days: int = 0
    stable_disease_days: int = 0
    confirmation_days: int = 0
    confirmation_gaps: int = 0
    clinical_benefit_days: int = 0
    other_minimums: tuple[int, ...] = ()
    other_baseline_days: int | None = None
    non_target: Question | None = None
    new_lesion: Question | None = None
    clinician: Question | None = None
    lesions: LesionRules | None = None
    local_therapy: str | None = None
    immune: ImmuneRules | None = None

    @property
    def minimums(self) -> list[int]:
        """The minimum durations of stable disease in days, the declared one and those of sensitivity."""
        return sorted({self.stable_disease_days, *self.other_minimums})


@dataclass(frozen=True, slots=True)
class Safety:
    """Concept sets of adverse-event attributes, and the treatment-emergent window in days after last dose.

    classes: the concept set whose groups are classes of terms. incidence_months: when cumulative incidences are told.
    stop_reasons: reason -> texts of drug_exposure.stop_reason that mean it.
    """

    grade: str
    grade_values: str
    causality: str
    related_values: str
    seriousness: str
    serious_values: str
    attributes: str
    event_fields: Mapping[str, int]
    window_days: int
    extended_window_days: int
    extended_terms: str
    terms: str
    groups: tuple[str, ...]
    classes: str | None = None
    outcome: str | None = None
    outcome_values: str | None = None
    incidence_months: tuple[int, ...] = ()
    laboratory: Laboratory | None = None
    doses: tuple[DosePlan, ...] = ()
    stop_reasons: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    steroids: Steroids | None = None


@dataclass(frozen=True, slots=True)
class DatedRule:
    """A named event or censoring: what it is, and what its kind needs.

    responses: those that count where it is about response; only more than `after_days` days after index.
    components: whether `any` or `all` components of the combination must have stopped. partial_date: which end of the
    month or year a death counts at, where no more is known of it; None: the last day in it known to be alive.
    """

    name: str
    kind: str
    label: str
    responses: tuple[str, ...] = ()
    after_days: int = 0
    components: str | None = None
    partial_date: str | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Time to the first of `events`; without one, to the first of `censorings` that exists.

    start: the index date, or the first response, which only responders have. responders: only they are followed.
    stopped_by: the named event that ends follow-up, where it came before the event. maximum_gap_days: an event that
    came longer after the last adequate assessment before it does not count.
    """

    name: str
    label: str
    events: tuple[str, ...]
    censorings: tuple[str, ...]
    start: str = "index"
    responders: bool = False
    stopped_by: str | None = None
    maximum_gap_days: int | None = None


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The named events and censorings of mappings/endpoints.yaml, and the endpoints composed of them."""

    events: Mapping[str, DatedRule]
    censorings: Mapping[str, DatedRule]
    endpoints: Mapping[str, Endpoint]


@dataclass(frozen=True, slots=True)
class Contrast:
    """An endpoint compared between the labels of a stratum and its `reference`; `within`: within another stratum's."""

    endpoint: str
    stratum: str
    reference: str
    within: str | None = None


@dataclass(frozen=True, slots=True)
class Analysis:
    """What is estimated, by endpoint, and the endpoint that gives follow-up.

    rates: landmark months of its rates. rates_in_weeks: the same in weeks. rmst: months up to which its mean is
    restricted. by_stratum: strata of which it is estimated, too.
    """

    rates: Mapping[str, tuple[int, ...]]
    follow_up: str
    ci_percent: int
    rates_in_weeks: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    rmst: Mapping[str, int] = field(default_factory=dict)
    by_stratum: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    contrasts: tuple[Contrast, ...] = ()


@dataclass(frozen=True, slots=True)
class Episodes:
    """Concept sets of the disease and of its being metastatic; the combination's own regimen concept, 0 if none."""

    disease: str
    metastatic: str | None = None
    regimen_concept_id: int = 0


@dataclass(frozen=True, slots=True)
class RegistryDefinition:
    """A registry: everything the engine knows of its disease and drugs.

    `digest` is the sha256 of its files but `translations`: by language, its English words -> that language.
    """

    name: str
    version: str
    title: str
    notes: tuple[str, ...]
    concept_sets: Mapping[str, ConceptSet]
    exposure: Exposure
    lines: Lines
    cohort: Cohort
    strata: tuple[Stratum, ...]
    response: ResponseRules
    safety: Safety | None
    endpoints: Mapping[str, Endpoint]
    events: Mapping[str, DatedRule]
    censorings: Mapping[str, DatedRule]
    analysis: Analysis
    labels: Mapping[str, str]
    digest: str
    episodes: Episodes | None = None
    comparators: Comparators | None = None
    added_later: AddedLater | None = None
    growth_endpoint: str | None = None
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    baseline: tuple[BaselineItem, ...] = ()
    imaging: Imaging | None = None

    @property
    def cohorts(self) -> tuple[Cohort | Arm | AddedLater, ...]:
        """Its cohort, the arms of its comparison, and who added a drug later."""
        arms = self.comparators.arms if self.comparators else ()
        return (self.cohort, *arms, *((self.added_later,) if self.added_later else ()))
