"""Endpoints: what decides them, on what day, and from which CDM row."""

from __future__ import annotations

import pytest

from outcomes.record import CUT, Record, on, rows

DECISION = ("time_days", "event", "decided_by", "decided_on", "cdm_table", "cdm_row_id")


def _endpoint(record: Record, name: str, day: int | None = None) -> tuple[object, ...]:
    endpoint = record.relation("endpoint", CUT if day is None else on(day))
    [row] = rows(endpoint[endpoint["endpoint"] == name], *DECISION)
    return row


def test_progression_decides_pfs(record: Record) -> None:
    record.member(1)
    record.response(1, 50, "SD")
    row = record.response(1, 100, "PD")
    record.death(1, 130)
    assert _endpoint(record, "pfs") == (101, True, "progression", on(100), "measurement", row)
    assert _endpoint(record, "os") == (131, True, "death", on(130), "death", 1)


def test_death_without_progression_decides_pfs(record: Record) -> None:
    record.member(1)
    record.response(1, 50, "SD")
    record.death(1, 300)
    assert _endpoint(record, "pfs") == (301, True, "death", on(300), "death", 1)


def test_on_one_day_the_event_named_first_decides(record: Record) -> None:
    record.member(1)
    row = record.response(1, 100, "PD")
    record.death(1, 100)
    assert _endpoint(record, "pfs") == (101, True, "progression", on(100), "measurement", row)


def test_without_event_pfs_ends_at_the_last_adequate_assessment(record: Record) -> None:
    record.member(1)
    row = record.response(1, 50, "SD")
    record.response(1, 120, "NE")
    record.visit(1, 200)
    assert _endpoint(record, "pfs") == (51, False, "last_adequate_assessment", on(50), "measurement", row)


def test_without_adequate_assessment_pfs_is_one_day(record: Record) -> None:
    record.member(1)
    record.response(1, 120, "NE")
    assert _endpoint(record, "pfs")[:4] == (1, False, "no_adequate_assessment", on(0))


def test_progression_after_new_therapy_is_an_event(record: Record) -> None:
    record.member(1)
    record.drug(1, "delta", 60, 80)
    record.response(1, 100, "PD")
    results = record.results()
    assert rows(results.best_response, "response") == [("NE",)]
    assert _endpoint(record, "pfs")[:4] == (101, True, "progression", on(100))


def test_nothing_after_the_cut_is_an_event_or_a_contact(record: Record) -> None:
    record.member(1)
    row = record.response(1, 50, "SD")
    record.response(1, 100, "PD")
    record.death(1, 100)
    assert _endpoint(record, "pfs", 99) == (51, False, "last_adequate_assessment", on(50), "measurement", row)
    assert _endpoint(record, "os", 99) == (51, False, "last_known_alive", on(50), "measurement", row)
    assert _endpoint(record, "os", 100)[:4] == (101, True, "death", on(100))


@pytest.mark.parametrize(
    ("table", "values"),
    [
        ("visit_occurrence", {"visit_start_date": on(400), "visit_end_date": on(400)}),
        ("visit_occurrence", {"visit_start_date": on(390), "visit_end_date": on(400)}),
        ("measurement", {"measurement_date": on(400)}),
        ("drug_exposure", {"drug_exposure_start_date": on(400), "drug_exposure_end_date": on(430)}),
        ("condition_occurrence", {"condition_start_date": on(400)}),
        ("procedure_occurrence", {"procedure_date": on(400)}),
        ("observation", {"observation_date": on(400)}),
    ],
)
def test_last_contact_is_in_any_of_these_tables(record: Record, table: str, values: dict[str, object]) -> None:
    record.member(1)
    row = record.insert(table, person_id=1, **values)
    assert _endpoint(record, "os") == (401, False, "last_known_alive", on(400), table, row)


@pytest.mark.parametrize("turn", [1, -1])
def test_of_contacts_of_one_day_the_concept_decides_whatever_their_keys(record: Record, turn: int) -> None:
    record.member(1)
    keys = {concept: record.measurement(1, concept, 400) for concept in (901, 902)[::turn]}
    assert _endpoint(record, "os")[2:] == ("last_known_alive", on(400), "measurement", keys[902])


def test_a_visit_that_ends_after_the_cut_is_a_contact_at_its_start(record: Record) -> None:
    record.member(1)
    record.visit(1, 390, 400)
    assert _endpoint(record, "os", 395)[:4] == (391, False, "last_known_alive", on(390))


def test_cohort_ends_with_death_or_last_contact(record: Record) -> None:
    record.member(1)
    record.death(1, 130)
    record.member(2)
    record.visit(2, 140)
    assert rows(record.results().cohort, "cohort_definition_id", "subject_id", "cohort_end_date") == [
        (7, 1, on(130)),
        (7, 2, on(140)),
    ]


def _short(record: Record, name: str) -> tuple[object, ...]:
    """Time, event and what decided it, for the endpoint of the one patient."""
    return _endpoint(record, name)[:3]


@pytest.mark.parametrize(("day", "expected"), [(140, (141, True)), (141, (1, False))])
def test_an_event_after_missed_assessments_is_censored_before_them(
    record: Record, day: int, expected: tuple[int, bool]
) -> None:
    record.member(1)
    record.response(1, day, "PD")
    assert _endpoint(record, "pfs")[:2] == (day + 1, True)
    assert _endpoint(record, "pfs_missed_assessments")[:2] == expected


@pytest.mark.parametrize(("death", "expected"), [(190, (191, True, "death")), (191, (51, False))])
def test_death_after_missed_assessments_counts_from_the_last_adequate_one(
    record: Record, death: int, expected: tuple[object, ...]
) -> None:
    record.member(1)
    record.response(1, 50, "SD")
    record.response(1, 100, "NE")
    record.death(1, death)
    assert _short(record, "pfs_missed_assessments")[: len(expected)] == expected


def test_an_earlier_gap_does_not_matter_where_assessments_went_on(record: Record) -> None:
    record.member(1)
    record.response(1, 200, "SD")
    record.response(1, 260, "PD")
    assert _short(record, "pfs_missed_assessments") == (261, True, "progression")


def test_progression_after_new_therapy_is_censored_at_the_last_assessment_before_it(record: Record) -> None:
    record.member(1)
    row = record.response(1, 50, "SD")
    record.response(1, 90, "SD")
    record.drug(1, "delta", 60, 80)
    record.response(1, 100, "PD")
    censored = (51, False, "last_adequate_assessment", on(50), "measurement", row)
    assert _endpoint(record, "pfs_new_therapy") == censored
    assert _short(record, "pfs") == (101, True, "progression")


def test_progression_on_the_day_of_new_therapy_is_what_it_was_given_for(record: Record) -> None:
    record.member(1)
    record.drug(1, "delta", 60, 80)
    record.response(1, 60, "PD")
    assert _short(record, "pfs_new_therapy") == (61, True, "progression")


def test_new_therapy_without_event_ends_follow_up_too(record: Record) -> None:
    record.member(1)
    record.response(1, 50, "SD")
    record.drug(1, "delta", 60, 80)
    record.response(1, 90, "SD")
    assert _short(record, "pfs_new_therapy") == (51, False, "last_adequate_assessment")
    assert _short(record, "pfs") == (91, False, "last_adequate_assessment")


@pytest.mark.parametrize(
    ("day", "decided"), [(14, (201, False, "last_known_alive")), (15, (16, True, "later_progression"))]
)
def test_real_world_progression_counts_from_day_15(record: Record, day: int, decided: tuple[object, ...]) -> None:
    record.member(1)
    record.response(1, day, "PD")
    record.visit(1, 200)
    assert _short(record, "rwpfs") == decided


def test_the_first_component_stopped_and_the_last(record: Record) -> None:
    record.background(1)
    alpha = record.drug(1, "alpha", 0, 40)
    beta = record.drug(1, "beta", 0, 100)
    record.visit(1, 300)
    assert _endpoint(record, "ttd_any") == (41, True, "any_component_stopped", on(40), "drug_exposure", alpha)
    assert _endpoint(record, "ttd_all") == (101, True, "all_components_stopped", on(100), "drug_exposure", beta)


def test_a_drug_that_covers_index_by_its_grace_alone_stops_at_index(record: Record) -> None:
    record.background(1)
    record.drug(1, "alpha", -20, -7)
    for day in (0, 21):
        record.drug(1, "beta", day)
    record.visit(1, 200)
    assert _short(record, "ttd_any") == (1, True, "any_component_stopped")
    assert record.results().consistency_check.query("status == 'fail'").empty


def test_who_was_last_seen_under_cover_of_a_dose_has_not_stopped(record: Record) -> None:
    record.member(1, treated=100)
    record.visit(1, 105)
    assert _short(record, "ttd_any") == (106, False, "last_known_alive")


def test_death_under_treatment_is_discontinuation(record: Record) -> None:
    record.member(1, treated=100)
    record.death(1, 101)
    assert _short(record, "ttd_all") == (102, True, "death")


def test_new_therapy_ends_treatment_even_under_cover(record: Record) -> None:
    record.member(1, treated=100)
    row = record.drug(1, "delta", 103, 110)
    assert _short(record, "ttd_any")[:2] == (101, True)
    assert _endpoint(record, "ttnt") == (104, True, "new_therapy", on(103), "drug_exposure", row)


@pytest.mark.parametrize(
    ("delta", "decided"),
    [
        ([28], (401, False)),  # of the same line
        ([29], (30, True)),
        ([28, 49, 70, 150], (401, False)),
        ([10, 160], (401, False)),  # 80 days after the last dose of any drug, and no new agent
        ([10, 169], (401, False)),
        ([10, 170], (171, True)),  # after 90 days without any drug it begins anew
    ],
)
def test_an_agent_of_the_line_is_no_new_therapy_but_after_a_gap(
    record: Record, delta: list[int], decided: tuple[int, bool]
) -> None:
    record.member(1, treated=80)
    for day in delta:
        record.drug(1, "delta", day)
    record.visit(1, 400)
    assert _short(record, "ttnt")[:2] == decided


@pytest.mark.parametrize(
    ("cycles", "decided"),
    [
        ([35, 56, 77], (361, False)),  # begun between the two drugs
        ([-10, 29, 50], (361, False)),  # before the first
        ([-60, 29, 50], (361, False)),  # 89 days without it
        ([-61, 29, 50], (361, False)),  # after 90 days it begins anew, but before index
        ([-50, 41, 62], (2, True)),
        ([-100, 250], (211, True)),  # of a line before, given again
    ],
)
def test_what_was_begun_before_index_is_not_new_by_its_later_cycles(
    record: Record, cycles: list[int], decided: tuple[int, bool]
) -> None:
    record.background(1)
    record.drug(1, "alpha", 0, 300)
    record.drug(1, "beta", 40, 300)
    for day in cycles:
        record.drug(1, "delta", day)
    record.visit(1, 400)
    assert _short(record, "ttnt")[:2] == decided


def test_without_new_therapy_ttnt_ends_with_death_or_last_contact(record: Record) -> None:
    record.member(1)
    record.visit(1, 300)
    assert _short(record, "ttnt") == (301, False, "last_known_alive")
    record.death(1, 310)
    assert _short(record, "ttnt") == (311, True, "death")


def test_response_and_its_duration_in_responders(record: Record) -> None:
    record.member(1)
    first = record.response(1, 60, "PR")
    record.response(1, 120, "CR")
    record.response(1, 180, "PD")
    assert _endpoint(record, "ttr") == (61, True, "response", on(60), "measurement", first)
    assert _short(record, "dor") == (121, True, "progression")


def test_a_response_that_lasts_is_censored_at_the_last_assessment(record: Record) -> None:
    record.member(1)
    record.response(1, 60, "PR")
    assert _short(record, "dor") == (1, False, "last_adequate_assessment")


@pytest.mark.parametrize("late", ["after progression", "after new therapy"])
def test_a_response_after_progression_or_new_therapy_makes_no_responder(record: Record, late: str) -> None:
    record.member(1)
    if late == "after progression":
        record.response(1, 40, "PD")
    else:
        record.drug(1, "delta", 60, 80)
    record.response(1, 60, "PR")
    endpoint = record.relation("endpoint")
    assert set(endpoint["endpoint"]) & {"ttr", "dor"} == set()
