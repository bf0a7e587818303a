"""A definition that is wrong is refused with file, line and key path."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from onco_etl.errors import ConfigurationError
from onco_registry.definition import load_registry
from onco_registry.endpoint_definition import load_endpoints
from onco_registry.registry_model import ConceptReference, Contrast, Criterion
from onco_registry.yaml_value import YamlValue

FICTIONAL = Path(__file__).parent / "registry"


def _line(path: Path, text: str) -> int:
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


@pytest.mark.parametrize(
    ("old", "new", "refusal"),
    [
        (
            "baseline_days: 28",
            "baseline_day: 28",
            "response.baseline_day: unknown key 'baseline_day'; did you mean 'baseline_days'?",
        ),
        (
            "baseline_days: 28",
            "baseline_days: four weeks",
            "response.baseline_days: expected a whole number, found 'four weeks'",
        ),
        ("baseline_days: 28", "baseline_days: -1", "response.baseline_days: expected at least 0, found -1"),
        ("baseline_days: 28", "baseline_days: [28]", "response.baseline_days: expected a single value"),
        ("baseline_days: 28", "sources: [sums]", "response.sources: given twice"),
        ("target_sum: sum", "target_sum: sums", "response.target_sum: unknown concept set 'sums'; did you mean 'sum'?"),
        (
            "sources: [recorded, sums, lesions, clinician]",
            "sources: [read]",
            "response.sources[0]: unknown response source 'read'",
        ),
        (
            "sources: [recorded, sums, lesions, clinician]",
            "sources: []",
            "response.sources: expected a list with at least",
        ),
        (
            "  clinician: {question: status, answers: statuses}\n",
            "",
            "response.sources: source 'clinician' needs the key 'clinician'",
        ),
        (
            "role: {question: role, answers: roles}",
            "role: {question: role, answers: states}",
            "response.lesions.role.answers: concept set 'states' has a group 'present'; known: target, non-target, new",
        ),
        (
            "endpoints: [pfs, pfs_missed",
            "endpoints: [pfs, so, pfs_missed",
            "endpoints[1]: unknown endpoint 'so'; known: pfs,",
        ),
        ("8588: 1", "mm: 1", "response.units_in_mm.mm: expected an OMOP unit concept id as key"),
        (
            "event_fields: {condition",
            "event_fields: {conditions",
            "safety.event_fields.conditions_occurrence: unknown table",
        ),
        (
            "event_fields: {condition_occurrence: 1147127",
            "event_fields: {condition_occurrence: 0",
            "safety.event_fields.condition_occurrence: ",
        ),
        (
            "      - lab_alanine",
            "      - lab_alamine",
            "safety.laboratory.measurements[0]: unknown graded measurement 'lab_alamine_aminotransferase'",
        ),
        ("    - lab_inr", "    - sum", "safety.laboratory.measurements[9]: unknown graded measurement 'sum'"),
        ("  alpha: {days_on", "  gamma: {days_on", "safety.doses.gamma: unknown component 'gamma'; known: alpha, beta"),
        ("days_on: 14", "days_on: 22", "safety.doses.alpha.days_on: more than the 21 days of a cycle"),
        ("unit: mg", "unit: stone", "safety.doses.alpha.unit: unknown unit 'stone'"),
        ("{Alpha: 12}", "{Alfa: 12}", "safety.doses.alpha.planned.Alfa: unknown agent 'Alfa'; known: Alpha"),
        (
            "concept_set: steroid,",
            "concept_set: steroids,",
            "safety.steroids.concept_set: unknown concept set 'steroids'",
        ),
        ("classes: classes", "classes: class", "safety.classes: unknown concept set 'class'; did you mean 'classes'?"),
        ("incidence_in_months: [1", "incidence_in_months: [0", "safety.incidence_in_months[0]: expected at least 1"),
        ("ci_percent: 95", "ci_percent: 100", "analysis.ci_percent: expected a percentage below 100"),
        ("follow_up: os", "follow_up: os\n  rmst_in_months: {so: 12}", "analysis.rmst_in_months.so: unknown endpoint"),
        ("follow_up: os", "follow_up: os\n  by_stratum: {os: [lines]}", "analysis.by_stratum.os[0]: unknown stratum"),
        (
            "follow_up: os",
            "follow_up: os\n  contrasts: [{endpoint: os, stratum: line, reference: first}]",
            "analysis.contrasts[0].endpoint: a contrast needs rmst_in_months of its endpoint",
        ),
        (
            "follow_up: os",
            "follow_up: os\n  rmst_in_months: {os: 12}\n  contrasts: [{endpoint: os, stratum: line, reference: fist}]",
            "analysis.contrasts[0].reference: unknown label 'fist'; did you mean 'first'?",
        ),
        ("kind: minimum_age, years: 18", "kind: minimum_age", "cohort.criteria[7]: key 'years' is missing"),
        (
            "kind: minimum_age, years: 18",
            "kind: minimum_age, lines: 18",
            "cohort.criteria[7].lines: unknown key 'lines'",
        ),
        ("kind: not_added_later", "kind: not_added", "cohort.criteria[3].kind: unknown kind 'not_added'; did you mean"),
        (
            "kind: exposed, component: beta",
            "kind: exposed, component: alpha",
            "cohort.criteria: no criterion of kind 'exposed'",
        ),
        ("kind: concurrent_at_index", "kind: not_added_later", "cohort.criteria: a combination needs"),
        ("name: added_later", "name: too_far_apart", "cohort.criteria[3]: criterion 'too_far_apart' given twice"),
        ("kind: age, label", "kind: age, component: beta, label", "strata.age.component: unknown key 'component'"),
        ("name: fictional", 'name: ""', "name: expected text, found ''"),
    ],
)
def test_refused_with_place(folder: Path, old: str, new: str, refusal: str) -> None:
    path = folder / "registry.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigurationError) as error:
        load_registry(folder)
    place, _, rest = str(error.value).partition(": ")
    assert rest.startswith(refusal)
    assert place.startswith("registry.yaml line ")


def test_the_line_is_that_of_the_wrong_value(folder: Path) -> None:
    path = folder / "registry.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("gap_days: 90", "gap_days: ninety"), encoding="utf-8")
    with pytest.raises(ConfigurationError) as error:
        load_registry(folder)
    line = _line(path, "ninety")
    assert str(error.value) == (f"registry.yaml line {line}: lines.gap_days: expected a whole number, found 'ninety'")


@pytest.mark.parametrize(
    ("old", "new", "refusal"),
    [
        ("{id: 101}", "{id: 101, custom: a}", "concept_sets.alpha.concepts[0]: expected either 'id' or 'custom'"),
        (
            "{id: 101}",
            "{code: a}",
            "concept_sets.alpha.concepts[0]: expected either 'id' or 'custom', or 'vocabulary' with 'code'",
        ),
        ("{label: Alpha, concepts", "{concepts", "concept_sets.alpha: key 'label' is missing"),
        (", concepts: [{id: 101}]", "", "concept_sets.alpha: expected either 'concepts' or 'groups'"),
        (
            "Beta two: [{id: 103}]",
            "Beta two: [{id: 102}]",
            "concept_sets.beta.groups.Beta two[0]: already in this concept set",
        ),
        (
            "[{id: 101}]}",
            "[{id: 101}], descendants: perhaps}",
            "concept_sets.alpha.descendants: expected true or false",
        ),
    ],
)
def test_concept_sets_refused(folder: Path, old: str, new: str, refusal: str) -> None:
    path = folder / "concept_sets.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigurationError) as error:
        load_registry(folder)
    assert str(error.value).partition(": ")[2].startswith(refusal)


def test_a_criterion_on_history_may_not_come_before_the_index(folder: Path) -> None:
    path = folder / "registry.yaml"
    lines = path.read_text(encoding="utf-8").splitlines()
    adult = next(line for line in lines if "minimum_age" in line)
    lines.remove(adult)
    lines.insert(next(n for n, line in enumerate(lines) if "close_or_concurrent" in line), adult)
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="'close_or_concurrent' helps to establish the index date"):
        load_registry(folder)


def test_a_key_in_two_files_or_in_none(folder: Path) -> None:
    (folder / "more.yaml").write_text("concept_sets: {}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"more\.yaml line 1: concept_sets: already given in concept_sets"):
        load_registry(folder)
    (folder / "more.yaml").unlink()
    (folder / "concept_sets.yaml").unlink()
    with pytest.raises(ConfigurationError, match="registry: key 'concept_sets' is missing from its YAML files"):
        load_registry(folder)


def test_not_yaml_and_no_registry(folder: Path) -> None:
    (folder / "registry.yaml").write_text("b: 2\na: [1, Li Lei\nc: 3\n", encoding="utf-8")
    said = r"^registry\.yaml line 3: not YAML: expected ',' or '\]', but got ':'$"
    with pytest.raises(ConfigurationError, match=said):
        load_registry(folder)
    with pytest.raises(ConfigurationError, match="no registry 'nonesuch': neither shipped nor a folder"):
        load_registry("nonesuch")


def test_yaml_that_only_the_slower_parser_reads(tmp_path: Path) -> None:
    # In C a colon at the end of a plain key within braces is an error.
    (tmp_path / "odd.yaml").write_text("title: odd\nkeys: {name:, version: 1}\n", encoding="utf-8")
    keys = YamlValue.load(tmp_path / "odd.yaml").mapping()
    assert (keys["title"].line, keys["keys"].line, list(keys["keys"].mapping())) == (1, 2, ["name", "version"])


def test_own_endpoints_win(folder: Path) -> None:
    (folder / "endpoints.yaml").write_text(
        "events: {death: {kind: death, label: Death, responses: [PD]}}\ncensorings: {}\nendpoints: {}\n",
        encoding="utf-8",
    )
    with pytest.raises(ConfigurationError, match=r"endpoints\.yaml line 1: events\.death\.responses: unknown key"):
        load_registry(folder)


_ENDPOINTS = """
events: {death: {kind: death, label: D}, stop: {kind: stopped, label: S, components: any}}
censorings: {alive: {kind: last_contact, label: A}, start: {kind: start, label: S}}
endpoints: {os: {label: O, events: [death], censorings: [start]}}
"""


@pytest.mark.parametrize(
    ("old", "new", "refusal"),
    [
        ("components: any", "components: some", "events.stop.components: unknown choice 'some'"),
        (", components: any", "", "events.stop: key 'components' is missing"),
        ("[start]", "[start], stopped_by: alive", "endpoints.os.stopped_by: unknown event 'alive'"),
        ("[start]", "[alive, start], stopped_by: stop", "endpoints.os.stopped_by: needs censorings of the kinds"),
        ("[start]", "[alive], maximum_gap_days: 140", "endpoints.os.maximum_gap_days: needs censorings of the kinds"),
        ("[start]", "[start], maximum_gap_days: 0", "endpoints.os.maximum_gap_days: "),
        ("[start]", "[start], among: everyone", "endpoints.os.among: unknown group 'everyone'"),
        ("[start]", "[start], from: birth", "endpoints.os.from: unknown start 'birth'"),
        ("{os:", "{总生存:", "endpoints.总生存: endpoint '总生存': its name is of letters, digits and _, at most 50"),
        ("{os:", "{o s:", "endpoint 'o s': its name is of letters"),
        ("{os:", "{" + "o" * 51 + ":", "its name is of letters, digits and _, at most 50"),
    ],
)
def test_a_wrong_endpoint_is_refused_with_its_place(folder: Path, old: str, new: str, refusal: str) -> None:
    assert old in _ENDPOINTS
    folder.joinpath("endpoints.yaml").write_text(_ENDPOINTS.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=re.escape(refusal)):
        load_endpoints(folder / "endpoints.yaml")


def test_what_a_definition_holds() -> None:
    registry = load_registry(FICTIONAL)
    assert registry.concept_sets["beta"].groups["Beta two"] == (ConceptReference(concept_id=103),)
    assert registry.concept_sets["disease"].groups["Common"][1] == ConceptReference(custom="own-common")
    assert registry.exposure.sources == {"administration": (32818,), "dispense": (32825,), "statement": (32830,)}
    assert registry.cohort.criteria[7] == Criterion("adult", "minimum_age", "Minor", 18)
    assert registry.endpoints["pfs"].events == ("progression", "death")
    assert registry.labels["pfs"] == "Progression-free survival"
    # Groups of adverse events have the labels of their concept sets.
    shipped = load_registry("anlotinib_pd1_sts")
    assert [shipped.labels[name] for name in ("immune_related", "qt_prolongation")] == [
        "Immune-related",
        "QT prolongation",
    ]


def test_what_is_analysed(folder: Path) -> None:
    path = folder / "registry.yaml"
    added = """follow_up: os
  rates_in_weeks: {pfs: [12, 24]}
  rmst_in_months: {pfs: 12}
  by_stratum: {pfs: [line]}
  contrasts:
    - {endpoint: pfs, stratum: line, reference: first, within: status}
    - {endpoint: pfs, stratum: subtype, reference: Common}"""
    path.write_text(path.read_text(encoding="utf-8").replace("follow_up: os", added), encoding="utf-8")
    analysis = load_registry(folder).analysis
    assert (analysis.rates_in_weeks, analysis.rmst) == ({"pfs": (12, 24)}, {"pfs": 12})
    assert analysis.by_stratum == {"pfs": ("line",)}
    assert analysis.contrasts == (
        Contrast("pfs", "line", "first", within="status"),
        Contrast("pfs", "subtype", "Common"),
    )


def test_numbers_of_a_publication_are_no_part_of_a_definition(folder: Path) -> None:
    before = load_registry(folder).digest
    (folder / "publication.yaml").write_text("publication: Somebody 2022\nn: 32\n", encoding="utf-8")
    assert load_registry(folder).digest == before


def test_the_digest_changes_with_any_file(folder: Path) -> None:
    before = load_registry(folder).digest
    path = folder / "registry.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "# a comment\n", encoding="utf-8")
    assert load_registry(folder).digest != before


def test_every_shipped_registry_loads() -> None:
    shipped = Path(__file__).parents[2] / "mappings" / "registries"
    names = sorted(path.name for path in shipped.iterdir() if path.is_dir())
    assert names
    assert [load_registry(name).name for name in names] == names
