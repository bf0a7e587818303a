"""Index date, eras, attrition, lines and strata: small records in, literal answers out."""

from __future__ import annotations

import pytest

from outcomes.record import Record, on, rows


def test_index_is_the_later_start(record: Record) -> None:
    record.background(1)
    record.drug(1, "alpha", -10, 100)
    row = record.drug(1, "beta", 0, 0, "administration")
    results = record.results()
    assert rows(results.cohort, "subject_id", "cohort_start_date") == [(1, on(0))]
    censored = results.endpoint[results.endpoint["endpoint"] == "pfs"]
    assert rows(censored, "decided_by", "cdm_table", "cdm_row_id") == [("no_adequate_assessment", "drug_exposure", row)]


@pytest.mark.parametrize(("gap", "criterion"), [(41, None), (42, None), (43, "added_later")])
def test_starts_at_most_42_days_apart(record: Record, gap: int, criterion: str | None) -> None:
    record.background(1)
    record.drug(1, "alpha", -gap, 100)
    record.drug(1, "beta", 0)
    assert record.exclusion(1) == criterion


@pytest.mark.parametrize(
    ("alpha_days", "gap", "criterion"),
    [
        # One record covers 14 days on and 7 off: to day start + 20, or 7 days after its own end.
        (1, 20, None),
        (1, 21, "not_concurrent"),
        (14, 20, None),
        (15, 21, None),
        (15, 22, "not_concurrent"),
        (15, 43, "too_far_apart"),
    ],
)
def test_eras_must_cover_the_index(record: Record, alpha_days: int, gap: int, criterion: str | None) -> None:
    record.background(1)
    record.drug(1, "alpha", -gap, -gap + alpha_days - 1)
    record.drug(1, "beta", 0)
    assert record.exclusion(1) == criterion


@pytest.mark.parametrize(("gap", "criterion"), [(41, None), (42, "not_concurrent")])
def test_an_infusion_covers_its_cycle_and_21_days(record: Record, gap: int, criterion: str | None) -> None:
    record.background(1)
    record.drug(1, "beta", -gap, source="administration")
    record.drug(1, "alpha", 0, 100)
    assert record.exclusion(1) == criterion


@pytest.mark.parametrize(("restart", "first_start"), [(-21, -42), (-20, -20)])
def test_adjacent_records_are_one_era_and_an_uncovered_day_makes_two(
    record: Record, restart: int, first_start: int
) -> None:
    record.background(1)
    record.drug(1, "alpha", -42, -29, "dispense")  # covers to day -22
    record.drug(1, "alpha", restart, 100, "dispense")
    record.drug(1, "beta", 0)
    # Two eras: the combination begins with the second. Its line is that of the first all the same.
    assert rows(record.relation("cohort_member"), "first_start", "prior_lines") == [(on(first_start), 1)]


def test_no_gap_while_a_drug_of_an_earlier_line_is_taken(record: Record) -> None:
    record.newcomer(1)
    record.drug(1, "gamma", -300, -10)
    record.drug(1, "delta", -250, -245)
    record.drug(1, "delta", -100, -95)  # 145 days after its last dose, and gamma went on
    record.drug(1, "alpha", 0, 100)
    record.drug(1, "beta", 0, 100)
    assert rows(record.relation("prior_line"), "line", "line_start") == [(1, on(-300)), (2, on(-250))]


@pytest.mark.parametrize(
    ("earlier", "restart", "lines"),
    [
        ([], 60, None),  # the first line, resumed, has none before it
        ([], 119, None),
        ([], 120, 1),  # after 90 days without any drug it is another line
        ([("gamma", -180, -120)], 60, 1),
        ([("gamma", -10, 5)], 60, 1),  # begun before the combination: not its own line, resumed
    ],
)
def test_treatment_that_is_resumed_is_not_a_line_before_itself(
    record: Record, earlier: list[tuple[str, int, int]], restart: int, lines: int | None
) -> None:
    record.newcomer(1)
    for drug in (*earlier, ("alpha", 0, 30), ("beta", 0, 30), ("alpha", restart, 200), ("beta", restart, 200)):
        record.drug(1, *drug)
    record.visit(1, 300)
    found = rows(record.relation("cohort_member"), "prior_lines")
    assert found == ([] if lines is None else [(lines,)])


def test_a_restart_after_a_gap_is_a_new_first_day(record: Record) -> None:
    record.background(1)
    record.drug(1, "alpha", -300, -200)
    record.drug(1, "alpha", -5, 100)
    record.drug(1, "beta", 0)
    results = record.results()
    assert rows(results.cohort, "cohort_start_date") == [(on(0),)]
    strata = set(results.estimate["stratum"])
    assert {"earlier=Alpha", "line=later"} <= strata


def test_first_qualifying_combination_is_the_only_index(record: Record) -> None:
    record.background(1)
    for start in (0, 300):
        record.drug(1, "alpha", start, start + 60)
        record.drug(1, "beta", start + 3, start + 60)
    assert rows(record.relation("cohort_member"), "index_date") == [(on(3),)]


def test_a_later_combination_counts_when_the_first_did_not_qualify(record: Record) -> None:
    record.person(1)
    record.condition(1, 201, -200)
    record.condition(1, 211, 150)
    for start in (0, 300):
        record.drug(1, "alpha", start, start + 60)
        record.drug(1, "beta", start, start + 60)
    assert rows(record.relation("cohort_member"), "index_date") == [(on(300),)]


def test_prescriptions_are_not_exposure(record: Record) -> None:
    record.background(1)
    record.drug(1, "alpha", 0, 100)
    record.drug(1, "beta", 0, 100, "prescription")
    assert record.exclusion(1) == "beta_exposure"


@pytest.mark.parametrize(
    ("statement_start", "first_day"),
    [(-3, 0), (-13, 0), (-14, -14), (-100, -100)],
)
def test_the_most_trusted_source_dates_a_start_within_one_cycle(
    record: Record, statement_start: int, first_day: int
) -> None:
    record.background(1)
    record.drug(1, "alpha", statement_start, 100, "statement")
    record.drug(1, "alpha", 0, 13, "dispense")
    record.drug(1, "beta", 0)
    record.drug(1, "alpha", 14, 30, "dispense")
    criterion = None if first_day >= -42 else "added_later"
    assert record.exclusion(1) == criterion
    if criterion is None:
        # An event between the statement's start and the trusted one is before the first dose.
        record.adverse_event(1, "tired", statement_start, 1)
        assert len(record.relation("adverse_event")) == (1 if first_day == statement_start else 0)


def test_source_concept_names_a_drug_without_standard_concept(record: Record) -> None:
    record.background(1)
    record.drug(1, "beta", 0)
    row = record.drug(1, "alpha", 0, 50)
    record.con.execute(
        "UPDATE cdm.drug_exposure SET drug_source_concept_id = drug_concept_id, drug_concept_id = 0"
        " WHERE drug_exposure_id = ?",
        [row],
    )
    assert record.exclusion(1) is None


def test_nothing_after_the_cut_exists(record: Record) -> None:
    record.member(1)
    assert len(record.results(cut=on(0)).cohort) == 1
    earlier = record.results(cut=on(-1))
    assert len(earlier.cohort) == 0
    assert rows(earlier.attrition, "criterion", "excluded")[1] == ("alpha_exposure", 1)


@pytest.mark.parametrize(("day", "criterion"), [(0, None), (1, "diagnosis")])
def test_diagnosis_by_index(record: Record, day: int, criterion: str | None) -> None:
    record.person(1)
    record.condition(1, 201, day)
    record.condition(1, 211, -10)
    record.drug(1, "gamma", -100, -50)
    record.drug(1, "alpha", 0, 50)
    record.drug(1, "beta", 0)
    assert record.exclusion(1) == criterion


@pytest.mark.parametrize(
    ("finding", "criterion"),
    [
        ({"measurement_concept_id": 211}, None),
        ({"measurement_concept_id": 211, "value_as_concept_id": 290}, "metastatic"),
        ({"measurement_concept_id": 999, "value_as_concept_id": 211}, None),
        ({"measurement_concept_id": 211, "measurement_date": on(1)}, "metastatic"),
    ],
)
def test_spread_may_stand_in_a_measurement(record: Record, finding: dict[str, object], criterion: str | None) -> None:
    record.person(1)
    record.condition(1, 201, -200)
    record.drug(1, "gamma", -100, -50)
    record.drug(1, "alpha", 0, 50)
    record.drug(1, "beta", 0)
    record.insert("measurement", person_id=1, **{"measurement_date": on(-5), **finding})
    assert record.exclusion(1) == criterion


def test_an_observation_is_no_diagnosis(record: Record) -> None:
    record.person(1)
    record.insert("observation", person_id=1, observation_concept_id=201, observation_date=on(-200))  # tentative
    record.insert("observation", person_id=1, value_as_concept_id=201, observation_date=on(-200))  # of a relative
    record.condition(1, 211, -190)
    record.drug(1, "gamma", -180, -120)
    record.drug(1, "alpha", 0, 50)
    record.drug(1, "beta", 0)
    assert record.exclusion(1) == "diagnosis"


@pytest.mark.parametrize(
    ("born", "criterion"),
    [
        ((2002, 3, 1), None),  # 18 on the day
        ((2002, 3, 2), "adult"),
        ((2002, 3, None), None),  # a partial date is the first day of its period
        ((2002, None, None), None),
        ((2003, None, None), "adult"),
    ],
)
def test_adult_at_index(record: Record, born: tuple[int | None, ...], criterion: str | None) -> None:
    record.background(1, born)
    record.drug(1, "alpha", 0, 50)
    record.drug(1, "beta", 0)
    assert record.exclusion(1) == criterion


def _with_prior(record: Record, spread: int, *courses: tuple[str, int, int]) -> None:
    record.person(1)
    record.condition(1, 201, -900)
    record.condition(1, 211, spread)
    record.drug(1, "alpha", -10, 50)
    record.drug(1, "beta", 0)
    for name, start, end in courses:
        record.drug(1, name, start, end)


@pytest.mark.parametrize(
    ("courses", "criterion"),
    [
        ([], "prior_line"),
        ([("gamma", -10, 20)], "prior_line"),  # on the line's first day: not before it
        ([("gamma", -11, 20)], None),
    ],
)
def test_a_prior_line_begins_before_the_first_component(
    record: Record, courses: list[tuple[str, int, int]], criterion: str | None
) -> None:
    _with_prior(record, -500, *courses)
    assert record.exclusion(1) == criterion


@pytest.mark.parametrize(("spread", "criterion"), [(-117, None), (-116, "prior_line")])
def test_adjuvant_therapy_counts_if_relapse_came_within_183_days(
    record: Record, spread: int, criterion: str | None
) -> None:
    _with_prior(record, spread, ("gamma", -350, -300))
    assert record.exclusion(1) == criterion


@pytest.mark.parametrize(
    ("courses", "line"),
    [
        ([("gamma", -400, -350)], "second"),
        ([("gamma", -400, -350), ("gamma", -261, -200)], "second"),  # 89 days without drug
        ([("gamma", -400, -350), ("gamma", -260, -200)], "later"),  # 90
        ([("gamma", -400, -350), ("delta", -372, -340)], "second"),  # new agent on day 28 of the line
        ([("gamma", -400, -350), ("delta", -371, -340)], "later"),  # on day 29
        ([("beta", -400, -350), ("beta two", -345, -200)], "second"),  # another agent of the class
        ([("alpha", -400, -350), ("beta", -358, -300)], "second"),  # 42 days apart: one combination
        ([("alpha", -400, -350), ("beta", -357, -300)], "later"),
    ],
)
def test_lines_of_therapy(record: Record, courses: list[tuple[str, int, int]], line: str) -> None:
    _with_prior(record, -900, *courses)
    strata = record.relation("stratum_value")
    assert rows(strata[strata["stratum"] == "line"], "label") == [(line,)]


def test_attrition_adds_up(record: Record) -> None:
    record.member(1)
    record.background(2)  # disease only
    record.background(3)
    record.drug(3, "alpha", 0, 50)
    record.person(4)  # no disease
    record.drug(4, "alpha", 0, 50)
    record.drug(4, "beta", 0)
    record.person(5)  # never enters
    record.drug(5, "gamma", 0)
    assert rows(record.results().attrition, "step", "criterion", "excluded", "remaining") == [
        (0, "entered", 0, 4),
        (1, "alpha_exposure", 1, 3),
        (2, "beta_exposure", 1, 2),
        (3, "too_far_apart", 0, 2),
        (4, "added_later", 0, 2),
        (5, "not_concurrent", 0, 2),
        (6, "diagnosis", 1, 1),
        (7, "metastatic", 0, 1),
        (8, "adult", 0, 1),
        (9, "prior_line", 0, 1),
    ]


def test_strata_at_index(record: Record) -> None:
    record.background(1, (1950, 6, 1))
    record.condition(1, 203, -5)  # the later, unspecific diagnosis does not hide the specific one
    record.drug(1, "alpha", 0, 50)
    record.drug(1, "beta two", 0, source="administration")
    record.measurement(1, 280, -29, value_as_number=0)
    record.measurement(1, 280, -28, value_as_number=2)
    record.measurement(1, 280, 1, value_as_number=0)
    assert rows(record.relation("stratum_value"), "stratum", "label", "is_missing") == [
        ("subtype", "Common", False),
        ("agent", "Beta two", False),
        ("age", "old", False),
        ("status", "poor", False),
        ("line", "second", False),
        ("earlier", "none", True),
    ]


@pytest.mark.parametrize(
    ("earlier", "label"),
    [((), "none"), (("alpha",), "Alpha"), (("beta two",), "Beta"), (("beta", "alpha"), "Alpha, Beta")],
)
def test_earlier_exposure_to_either_class_is_a_stratum(record: Record, earlier: tuple[str, ...], label: str) -> None:
    record.member(1)
    for name in earlier:
        record.drug(1, name, -300, -250)
    strata = record.relation("stratum_value").query("stratum == 'earlier'")
    assert rows(strata, "label", "is_missing") == [(label, not earlier)]


@pytest.mark.parametrize("turn", [1, -1])
def test_strata_do_not_depend_on_keys(record: Record, turn: int) -> None:
    record.person(1)
    for concept in (201, 202)[::turn]:
        record.condition(1, concept, -200)
    record.condition(1, 211, -190)
    record.drug(1, "gamma", -180, -120)
    record.drug(1, "alpha", 0, 50)
    for name in ("beta", "beta two")[::turn]:
        record.drug(1, name, 0)
    for value in (0, 2)[::turn]:
        record.measurement(1, 280, -5, value_as_number=value)
    strata = record.relation("stratum_value").query("stratum in ('subtype', 'agent', 'status')")
    assert rows(strata, "stratum", "label") == [("subtype", "Common"), ("agent", "Beta one"), ("status", "poor")]


def test_a_value_that_is_not_finite_is_missing(record: Record) -> None:
    record.member(1)
    record.measurement(1, 280, -5, value_as_number=float("nan"))
    strata = record.relation("stratum_value").query("stratum == 'status'")
    assert rows(strata, "label") == [("Unknown",)]


def test_who_has_no_value_is_in_no_bin_in_a_large_cohort_either(record: Record) -> None:
    for person in range(1, 13):
        record.member(person)
    record.measurement(1, 280, -5, value_as_number=2)
    strata = record.relation("stratum_value").query("stratum == 'status'")
    assert rows(strata, "label") == [("poor",), *[("Unknown",)] * 11]


def test_own_concepts_and_descendants(record: Record) -> None:
    record.con.execute(
        "INSERT INTO cdm.concept VALUES (2000000201, 'Own', 'Condition', 'ONCO', 'Disorder', 'S', 'own-common',"
        " '1970-01-01', '2099-12-31', NULL)"
    )
    record.person(1)
    record.condition(1, 2000000201, -200)
    record.condition(1, 211, -190)
    record.drug(1, "gamma", -180, -120)
    record.drug(1, "alpha", 0, 50)
    record.drug(1, "beta", 0)
    assert rows(record.relation("best_response"), "subtype") == [("Common",)]
