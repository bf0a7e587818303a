"""Laboratory results by patient: the baseline, what is worse than it, what cannot be graded and why; the rule file."""

from __future__ import annotations

from pathlib import Path

import pytest

from onco_etl.errors import ConfigurationError
from onco_registry.laboratory import grade_rules, read_rules
from outcomes.record import LESS, Record, on, rows
from outcomes.safety_record import result

ALT, CREATININE, PLATELETS, PROTEIN, DIPSTICK = 701, 706, 713, 723, 724
GIGA, UMOL, MG_DL = 9444, 8749, 8840
ALT_RANGE = {"range_low": 7, "range_high": 40}
PLATELET_RANGE = {"unit_concept_id": GIGA, "range_low": 125, "range_high": 350}
COLUMNS = ("baseline_grade", "worst_grade", "emergent_grade", "emergence", "worst_date")


@pytest.fixture(name="patient")
def _patient(record: Record) -> Record:
    record.member(1)
    return record


def grade(record: Record, term: str = "Platelet count decreased") -> tuple[object, ...]:
    frame = record.relation("laboratory_grade")
    (found,) = rows(frame[frame["term"] == term], *COLUMNS)
    return found


def reasons(record: Record, term: str) -> list[object]:
    frame = record.relation("laboratory_graded")
    chosen = frame[(frame["term"] == term) & ~frame["is_baseline"]].sort_values("result_date")
    return [reason for (reason,) in rows(chosen, "reason")]


def test_the_worst_on_treatment_beside_the_baseline(patient: Record) -> None:
    for day, value in ((-10, 200), (0, 100), (10, 60), (20, 40), (30, 45)):
        result(patient, 1, PLATELETS, day, value, **PLATELET_RANGE)
    # The last result up to the first dose is the baseline: 100 on day 0, grade 1.
    assert grade(patient) == (1, 3, 3, "worsened", on(20))
    frame = patient.relation("laboratory_grade")
    assert rows(frame, "term", "results_graded", "results_not_evaluable") == [("Platelet count decreased", 3, 0)]


def test_grades_of_results_are_no_adverse_events(patient: Record) -> None:
    result(patient, 1, PLATELETS, 10, 20, **PLATELET_RANGE)
    results = patient.results()
    assert rows(results.laboratory_grade, "worst_grade") == [(4,)]
    assert rows(results.adverse_event, "term") == []
    assert rows(results.estimate.query("measure == 'ae_any'"), "x", "n") == [(0, 1)]


def test_a_severe_result_without_an_event_of_its_term_is_asked_about(record: Record) -> None:
    low, high = {**PLATELET_RANGE, "value": 20}, {**ALT_RANGE, "value": 300}
    for person, values, concept, event in (
        (1, low, PLATELETS, None),
        (2, low, PLATELETS, "platelets"),
        # The event has a wider term, 'aminotransferase increased'.
        (3, high, ALT, "transaminases"),
        (4, high, ALT, "platelets"),
        (5, {**low, "value": 60}, PLATELETS, None),
    ):
        record.member(person)
        result(record, person, ALT, -1, 30, **ALT_RANGE)
        result(record, person, concept, 10, **values)
        if event:
            record.adverse_event(person, event, 12, 3)
    asked = record.results().safety_query
    assert rows(asked, "subject_id", "source", "query", "term", "query_date") == [
        (1, "laboratory", "laboratory_grade_without_event", "Platelet count decreased", on(10)),
        (4, "laboratory", "laboratory_grade_without_event", "Alanine aminotransferase increased", on(10)),
    ]


def test_an_event_before_treatment_answers_no_question(patient: Record) -> None:
    record = patient
    record.adverse_event(1, "platelets", -5, 3)
    result(record, 1, PLATELETS, 10, 40, **PLATELET_RANGE)
    assert rows(record.results().safety_query, "term") == [("Platelet count decreased",)]


@pytest.mark.parametrize(("day", "baseline"), [(-28, 1), (-29, None)])
def test_a_baseline_is_at_most_28_days_old(patient: Record, day: int, baseline: int | None) -> None:
    result(patient, 1, PLATELETS, day, 100, **PLATELET_RANGE)
    result(patient, 1, PLATELETS, 10, 100, **PLATELET_RANGE)
    emergent, emergence = (1, "unclear") if baseline is None else (0, "none")
    assert grade(patient) == (baseline, 1, emergent, emergence, on(10))


@pytest.mark.parametrize(("day", "counted"), [(130, 1), (131, 0)])
def test_results_count_until_30_days_after_the_last_dose(patient: Record, day: int, counted: int) -> None:
    result(patient, 1, PLATELETS, day, 10, **PLATELET_RANGE)
    assert len(patient.relation("laboratory_grade")) == counted


def test_relative_to_an_abnormal_baseline_any_grade_is_worse(patient: Record) -> None:
    result(patient, 1, ALT, -1, 130, **ALT_RANGE)  # by its limit grade 2
    result(patient, 1, ALT, 10, 200, **ALT_RANGE)  # 1.54 x baseline
    assert grade(patient, "Alanine aminotransferase increased") == (2, 1, 1, "worsened", on(10))


def test_two_results_of_one_time_the_higher_is_the_baseline_whichever_came_first(record: Record) -> None:
    for person, values in ((1, (30, 50)), (2, (50, 30))):
        record.member(person)
        for value in values:
            result(record, person, ALT, 0, value, **ALT_RANGE)
        result(record, person, ALT, 10, 60, **ALT_RANGE)
    frame = record.relation("laboratory_grade")
    assert rows(frame, "baseline_grade", "worst_grade") == [(1, 0), (1, 0)]


def test_two_baselines_of_one_amount_do_not_go_by_their_keys(record: Record) -> None:
    for person, limits in ((1, (40, 80)), (2, (80, 40))):
        record.member(person)
        for limit in limits:
            result(record, person, ALT, 0, 50, range_high=limit)
        result(record, person, ALT, 10, 130, range_high=40)
    frame = record.relation("laboratory_grade")
    assert rows(frame, "baseline_grade", "worst_grade", "emergence") == [(1, 1, "worsened"), (1, 1, "worsened")]


def test_what_cannot_be_graded_says_why(patient: Record) -> None:
    result(patient, 1, PLATELETS, 1, None, **PLATELET_RANGE)
    result(patient, 1, PLATELETS, 2, 20, **PLATELET_RANGE, operator_concept_id=LESS)
    result(patient, 1, PLATELETS, 3, 20, unit_concept_id=MG_DL, range_low=125)
    result(patient, 1, PLATELETS, 4, 100, unit_concept_id=GIGA)
    result(patient, 1, PLATELETS, 5, 20, unit_concept_id=0, range_low=125)
    assert reasons(patient, "Platelet count decreased") == [
        "no number", "only a bound", "unit", "no reference range", "unit",
    ]  # fmt: skip
    frame = patient.relation("laboratory_grade")
    assert rows(frame, "worst_grade", "emergence", "worst_date", "results_not_evaluable") == [(None, None, None, 5)]


def test_a_higher_grade_does_not_need_the_limit_of_a_lower_one(patient: Record) -> None:
    result(patient, 1, PLATELETS, 4, 60, unit_concept_id=GIGA)
    assert reasons(patient, "Platelet count decreased") == [None]
    assert grade(patient) == (None, 2, 2, "unclear", on(4))


def test_no_baseline_where_the_rule_asks_for_one(patient: Record) -> None:
    term = "Alanine aminotransferase increased"
    result(patient, 1, ALT, 10, 90, **ALT_RANGE)
    result(patient, 1, ALT, 20, 40, **ALT_RANGE)  # within its limits: no grade, whatever the baseline was
    assert reasons(patient, term) == ["no baseline", None]
    result(patient, 1, ALT, -1, 30)
    assert reasons(patient, term) == ["no reference range of the baseline", None]


def test_no_unit_is_converted(patient: Record) -> None:
    result(patient, 1, CREATININE, -1, 0.8, unit_concept_id=MG_DL, range_high=1.2)
    result(patient, 1, CREATININE, 10, 90, unit_concept_id=UMOL, range_high=104)
    result(patient, 1, CREATININE, 20, 400, unit_concept_id=UMOL, range_high=104)
    # The first has grade 0 by its limit, but may have 3 by the baseline; the second has 3 by its limit already.
    assert reasons(patient, "Creatinine increased") == ["unit of the baseline", None]
    assert grade(patient, "Creatinine increased")[1] == 3


@pytest.mark.parametrize(
    ("before", "after", "graded"),
    [
        ([752], 752, (2, 2, 0, "none", on(30))),
        ([750], 751, (0, 1, 1, "new", on(30))),
        ([751], 752, (1, 2, 2, "worsened", on(30))),
        ([751, 754, 750], 752, (3, 2, 0, "none", on(30))),  # of one time the highest
        ([799], 751, (None, 1, 1, "unclear", on(30))),  # an answer that is not declared is no baseline
    ],
)
def test_an_answer_is_a_baseline(patient: Record, before: list[int], after: int, graded: tuple[object, ...]) -> None:
    for answer in before:
        result(patient, 1, DIPSTICK, -5, None, value_as_concept_id=answer)
    result(patient, 1, DIPSTICK, 30, None, value_as_concept_id=after)
    assert grade(patient, "Proteinuria") == graded


def test_of_a_term_with_two_measurements_the_worse_baseline_counts(patient: Record) -> None:
    gram_a_day = {"unit_concept_id": 8807, "range_low": 0, "range_high": 0.15}
    result(patient, 1, PROTEIN, -5, 1.2, **gram_a_day)  # grade 2
    result(patient, 1, DIPSTICK, -5, None, value_as_concept_id=750)
    result(patient, 1, DIPSTICK, 30, None, value_as_concept_id=751)
    assert grade(patient, "Proteinuria") == (2, 1, 0, "none", on(30))
    result(patient, 1, PROTEIN, 40, 1.2, **gram_a_day)
    assert grade(patient, "Proteinuria") == (2, 2, 0, "none", on(40))
    result(patient, 1, DIPSTICK, 50, None, value_as_concept_id=754)
    assert grade(patient, "Proteinuria") == (2, 3, 3, "worsened", on(50))


def test_an_answer_that_is_not_declared(patient: Record) -> None:
    result(patient, 1, DIPSTICK, 10, None, value_as_concept_id=799)
    assert reasons(patient, "Proteinuria") == ["answer not known"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e30])
def test_an_absurd_number_is_none(patient: Record, value: float) -> None:
    result(patient, 1, PLATELETS, 10, value, **PLATELET_RANGE)
    assert reasons(patient, "Platelet count decreased") == ["no number"]


def test_shift_table_reasons_and_estimates(record: Record) -> None:
    for person, before, after in ((1, 200, 60), (2, 100, 20), (3, 100, 110), (4, None, 40), (5, 200, None)):
        record.member(person)
        if before is not None:
            result(record, person, PLATELETS, -1, before, **PLATELET_RANGE)
        result(record, person, PLATELETS, 10, after, **PLATELET_RANGE)
    result(record, 2, PLATELETS, 11, None, **PLATELET_RANGE)
    results = record.results()
    assert rows(results.laboratory_table, "term", "baseline_grade", "worst_grade", "x", "x_not_evaluable", "n") == [
        ("Platelet count decreased", 0, 2, 1, 0, 4),
        ("Platelet count decreased", 0, None, 1, 1, 4),
        ("Platelet count decreased", 1, 1, 1, 0, 4),
        ("Platelet count decreased", 1, 4, 1, 1, 4),
        ("Platelet count decreased", None, 3, 1, 0, 4),
    ]
    assert rows(results.laboratory_not_evaluable, "term", "reason", "x", "n") == [
        ("Platelet count decreased", "no number", 2, 6)
    ]
    chosen = results.estimate[results.estimate["measure"].str.startswith("lab_")]
    assert rows(chosen, "measure", "x", "n", "ci_method") == [
        ("lab_any:Platelet count decreased", 3, 4, "clopper-pearson"),
        ("lab_grade_1_2:Platelet count decreased", 1, 4, "clopper-pearson"),
        ("lab_grade_3_4:Platelet count decreased", 2, 4, "clopper-pearson"),
    ]
    assert len(results.adverse_event) == 0  # laboratory grades are kept apart


HEAD = "term,direction,concept_set,baseline,unit,answers,grade_1,grade_2,grade_3,grade_4,note,source\n"


@pytest.mark.parametrize(
    ("row", "refusal"),
    [
        ("T,up,lab_x,,,,> ULN,,,,,", "direction: expected high or low, found 'up'"),
        ("T,high,lab_x,odd,,,> ULN,,,,,", "baseline: unknown 'odd'"),
        ("T,high,lab_x,,stone,,> ULN,,,,,", "unit: 'stone' is not in units.csv"),
        ("T,high,lab_x,,,,< ULN,,,,,", "grade_1: '< ULN' does not begin as direction high does"),
        ("T,high,lab_x,,,,> ULN,> three ULN,,,,", "grade_2: '> three ULN' is no threshold such as '> 3 ULN'"),
        ("T,low,lab_x,,,,<,,,,,", "grade_1: '<' is no threshold such as '> 3 ULN'"),
    ],
)
def test_a_wrong_rule_is_refused_with_its_place(tmp_path: Path, row: str, refusal: str) -> None:
    path = tmp_path / "rules.csv"
    path.write_text(HEAD + "T,high,lab_y,,,,> ULN,,,,,\n" + row + "\n", encoding="utf-8")
    with pytest.raises(ConfigurationError) as error:
        read_rules(path)
    assert str(error.value) == f"rules.csv line 3: {refusal}"


def test_terms_without_a_grade_by_number_have_no_rule() -> None:
    """CTCAE v5.0 grades these by symptoms and treatment alone."""
    clinical = {"Thyroid stimulating hormone increased", "Hypophosphatemia", "Hyperphosphatemia", "Hyperglycemia"}
    assert not clinical & {rule.term for rule in grade_rules()}
