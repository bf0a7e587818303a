"""episode and episode_event, by the rules of a fictional registry: literal rows in, literal episodes out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from etl.derived import Record, Row, Rows, ancestor, exposure, occurrence
from onco_etl.episodes import EpisodeRules, RuleConcept

TAKEN, PRESCRIBED = 32818, 32838
ALPHA, BETA, GAMMA, DELTA = 101, 102, 111, 112
DISEASE, SPREAD, DENIED, RESPONSE, PD, SD, NE, NEITHER = 201, 211, 290, 300, 304, 303, 305, 306
FIRST, REGIMEN, METASTATIC, PROGRESSION = 32528, 32531, 32944, 32949

RULES = EpisodeRules(
    registry="fictional",
    regimen="Alpha plus beta",
    regimen_concept_id=900,
    components=2,
    combination_days=42,
    new_agent_days=28,
    gap_days=90,
    sources=(TAKEN,),
    concepts=(
        RuleConcept("therapy", "Alpha", ALPHA, agent="alpha", is_component=True),
        RuleConcept("therapy", "Beta", BETA, agent="beta", is_component=True),
        RuleConcept("therapy", "Gamma", GAMMA, agent="Gamma"),
        RuleConcept("therapy", "Delta", DELTA, agent="Delta"),
        RuleConcept("disease", "Disease", DISEASE, descendants=True),
        RuleConcept("metastatic", "Spread", SPREAD),
        RuleConcept("negative", "Negative", DENIED),
        RuleConcept("response", "Response", RESPONSE),
        RuleConcept("answer", "PD", PD),
        RuleConcept("answer", "SD", SD),
        RuleConcept("answer", "NON-CR/NON-PD", NEITHER),
        RuleConcept("answer", "NE", NE),
    ),
)
EPISODE = "episode_concept_id, episode_number, episode_start_date, episode_end_date, episode_object_concept_id"
NAMED = "episode_concept_id, episode_number, episode_source_value"
EVENTS = """
    SELECT e.episode_concept_id, e.episode_number, v.event_id, v.episode_event_field_concept_id
    FROM cdm.episode_event AS v JOIN cdm.episode AS e USING (episode_id) ORDER BY ALL
"""


def dose(drug: int, start: str, end: str, kind: int = TAKEN, person: int = 1) -> Row:
    return exposure(person, start, end, drug=drug, drug_type_concept_id=kind)


def finding(day: str, concept: int, value: int | None = None, time: str = "08:00") -> Row:
    return {
        "person_id": 1,
        "measurement_concept_id": concept,
        "measurement_date": day,
        "measurement_datetime": f"{day} {time}",
        "value_as_concept_id": value,
    }


def events(record: Record) -> Rows:
    return record.con.execute(EVENTS).fetchall()


def test_lines_of_therapy_are_regimens(record: Record) -> None:
    record.put(
        "drug_exposure",
        dose(GAMMA, "2021-01-01", "2021-01-05"),
        dose(DELTA, "2021-01-20", "2021-01-20"),
        dose(GAMMA, "2021-02-01", "2021-02-05"),
        # A new agent more than 28 days after the line's start.
        dose(ALPHA, "2021-04-01", "2021-04-14"),
        # The other component within 42 days of it.
        dose(BETA, "2021-05-12", "2021-05-12"),
        # No drug for 90 days.
        dose(ALPHA, "2021-08-10", "2021-08-20"),
    )
    record.derive(rules=[RULES])
    assert record.rows("episode", EPISODE) == [
        (REGIMEN, 1, "2021-01-01", "2021-02-05", 0),
        (REGIMEN, 2, "2021-04-01", "2021-05-12", 900),
        (REGIMEN, 3, "2021-08-10", "2021-08-20", 0),
    ]
    assert record.rows("episode", f"{NAMED}, episode_type_concept_id, episode_parent_id, _derivation") == [
        (REGIMEN, 1, "fictional: Delta + Gamma", 32882, None, "rules of fictional"),
        (REGIMEN, 2, "fictional: Alpha plus beta", 32882, None, "rules of fictional"),
        (REGIMEN, 3, "fictional: Alpha", 32882, None, "rules of fictional"),
    ]
    # Field concept of drug_exposure.drug_exposure_id.
    assert events(record) == [
        (REGIMEN, 1, 1, 1147094),
        (REGIMEN, 1, 2, 1147094),
        (REGIMEN, 1, 3, 1147094),
        (REGIMEN, 2, 4, 1147094),
        (REGIMEN, 2, 5, 1147094),
        (REGIMEN, 3, 6, 1147094),
    ]


def test_a_line_with_another_drug_is_not_the_registrys_combination(record: Record) -> None:
    days = "2021-01-01", "2021-03-01"
    record.put("drug_exposure", *(dose(drug, *days) for drug in (ALPHA, BETA, DELTA)))
    record.derive(rules=[RULES])
    assert record.rows("episode", "episode_source_value, episode_object_concept_id") == [
        ("fictional: Alpha + Beta + Delta", 0)
    ]


@pytest.mark.parametrize(("derivation", "lines"), [("end: start + 29 days", 2), (None, 1)])
def test_the_guessed_end_of_a_prescription_is_no_therapy(record: Record, derivation: str | None, lines: int) -> None:
    record.put(
        "drug_exposure",
        dose(GAMMA, "2021-01-01", "2021-01-30", PRESCRIBED) | {"_derivation": derivation},
        dose(GAMMA, "2021-04-10", "2021-05-09", PRESCRIBED) | {"_derivation": derivation},
    )
    record.derive(rules=[replace(RULES, sources=(TAKEN, PRESCRIBED))])
    assert len(record.rows("episode", "episode_number")) == lines


def test_while_a_drug_of_an_earlier_line_is_taken_there_is_no_gap(record: Record) -> None:
    record.put(
        "drug_exposure",
        dose(GAMMA, "2021-01-01", "2021-10-18"),
        dose(DELTA, "2021-02-20", "2021-02-25"),
        dose(DELTA, "2021-07-20", "2021-07-25"),
    )
    record.derive(rules=[RULES])
    assert record.rows("episode", "episode_number, episode_start_date") == [(1, "2021-01-01"), (2, "2021-02-20")]


def test_a_prescription_is_no_therapy(record: Record) -> None:
    record.put("drug_exposure", dose(ALPHA, "2021-01-01", "2021-01-30", PRESCRIBED))
    record.derive(rules=[RULES])
    assert record.rows("episode", EPISODE) == []


def test_disease_episodes(record: Record) -> None:
    record.put("concept_ancestor", ancestor(DISEASE, 202))
    record.put(
        "condition_occurrence",
        occurrence(1, "2020-06-01", concept=DISEASE),
        occurrence(1, "2020-05-01", concept=202),
        occurrence(1, "2020-05-01", concept=DISEASE),
        occurrence(1, "2020-05-01", concept=999),
    )
    record.put(
        "measurement",
        finding("2020-07-01", SPREAD, DENIED),
        finding("2020-08-01", SPREAD),
        finding("2020-09-01", SPREAD),
    )
    record.put("drug_exposure", dose(ALPHA, "2020-08-15", "2020-08-15"))
    record.derive(rules=[RULES])
    assert record.rows("episode", EPISODE) == [
        (FIRST, 1, "2020-05-01", None, DISEASE),
        (REGIMEN, 1, "2020-08-15", "2020-08-15", 0),
        (METASTATIC, 1, "2020-08-01", None, DISEASE),
    ]
    assert events(record) == [
        (FIRST, 1, 2, 1147127),
        (FIRST, 1, 3, 1147127),
        (REGIMEN, 1, 1, 1147094),
        (METASTATIC, 1, 2, 1147138),
    ]
    parents = """
        SELECT e.episode_concept_id, p.episode_concept_id
        FROM cdm.episode AS e LEFT JOIN cdm.episode AS p ON p.episode_id = e.episode_parent_id ORDER BY ALL
    """
    assert record.con.execute(parents).fetchall() == [(FIRST, None), (REGIMEN, FIRST), (METASTATIC, FIRST)]


def test_without_the_disease_a_metastasis_is_not_its_own(record: Record) -> None:
    record.put("measurement", finding("2020-08-01", SPREAD), finding("2020-09-01", RESPONSE, PD))
    record.derive(rules=[RULES])
    assert record.rows("episode", EPISODE) == []


def test_progressions(record: Record) -> None:
    record.put("condition_occurrence", occurrence(1, "2020-01-01", concept=DISEASE))
    record.put(
        "measurement",
        finding("2020-03-01", RESPONSE, SD),
        finding("2020-05-01", RESPONSE, PD),
        # Not evaluable, then the same progression.
        finding("2020-06-01", RESPONSE, NE),
        finding("2020-07-01", RESPONSE, PD),
        # Of one day the last response counts.
        finding("2020-09-01", RESPONSE, PD, "08:00"),
        finding("2020-09-01", RESPONSE, SD, "09:00"),
        finding("2020-11-01", RESPONSE, PD),
        # The next line of therapy began in between.
        finding("2021-02-01", RESPONSE, PD),
    )
    record.put("drug_exposure", dose(GAMMA, "2020-01-05", "2020-10-30"), dose(ALPHA, "2020-11-10", "2021-03-01"))
    record.derive(rules=[RULES])
    progressions = [row for row in record.rows("episode", EPISODE) if row[0] == PROGRESSION]
    assert progressions == [
        (PROGRESSION, 1, "2020-05-01", None, DISEASE),
        (PROGRESSION, 2, "2020-11-01", None, DISEASE),
        (PROGRESSION, 3, "2021-02-01", None, DISEASE),
    ]
    assert [row for row in events(record) if row[0] == PROGRESSION] == [
        (PROGRESSION, 1, 2, 1147138),
        (PROGRESSION, 1, 4, 1147138),
        (PROGRESSION, 2, 7, 1147138),
        (PROGRESSION, 3, 8, 1147138),
    ]


def test_neither_response_nor_progression_of_other_disease_ends_a_progression(record: Record) -> None:
    record.put("condition_occurrence", occurrence(1, "2020-06-01", concept=DISEASE))
    record.put(
        "measurement",
        finding("2021-01-01", RESPONSE, PD),
        finding("2021-03-01", RESPONSE, NEITHER),
        finding("2021-05-01", RESPONSE, PD),
    )
    record.derive(rules=[RULES])
    found = record.rows("episode", "episode_concept_id, episode_start_date")
    assert [row for row in found if row[0] == PROGRESSION] == [(PROGRESSION, "2021-01-01"), (PROGRESSION, "2021-05-01")]


def test_a_response_of_the_domain_observation_has_no_field_concept(record: Record) -> None:
    record.put("condition_occurrence", occurrence(1, "2020-01-01", concept=DISEASE))
    response = {"observation_concept_id": RESPONSE, "value_as_concept_id": PD, "observation_date": "2020-05-01"}
    record.put("observation", {"person_id": 1, **response})
    record.derive(rules=[RULES])
    assert (PROGRESSION, 1, 1, 0) in events(record)


def test_each_registry_has_its_own_episodes(record: Record) -> None:
    other = replace(RULES, registry="other", gap_days=10, concepts=RULES.concepts[:4])
    record.put("condition_occurrence", occurrence(1, "2020-01-01", concept=DISEASE))
    record.put("drug_exposure", dose(GAMMA, "2021-01-01", "2021-01-05"), dose(GAMMA, "2021-02-01", "2021-02-05"))
    record.derive(rules=[RULES, other])
    assert record.rows("episode", NAMED) == [
        (FIRST, 1, "fictional: disease"),
        (REGIMEN, 1, "fictional: Gamma"),
        (REGIMEN, 1, "other: Gamma"),
        (REGIMEN, 2, "other: Gamma"),
    ]


def test_late_data_keeps_the_keys_of_what_stays(record: Record) -> None:
    record.put(
        "drug_exposure", dose(GAMMA, "2021-06-01", "2021-06-05"), dose(DELTA, "2021-06-01", "2021-06-01", person=2)
    )
    record.derive(1, rules=[RULES])
    keys = "SELECT person_id, episode_start_date, episode_id FROM cdm.episode ORDER BY ALL"
    before = record.con.execute(keys).fetchall()
    record.put("drug_exposure", dose(DELTA, "2021-01-01", "2021-01-05"), run=2)
    record.derive(2, rules=[RULES])
    assert record.rows("episode", "person_id, episode_number, episode_start_date, _run_from") == [
        (1, 1, "2021-01-01", 2),
        (1, 2, "2021-06-01", 2),
        (2, 1, "2021-06-01", 1),
    ]
    assert [row for row in record.con.execute(keys).fetchall() if row in before] == before
    assert [row[2] for row in events(record)] == [2, 3, 1]
    # What ended takes its episode and events along.
    record.forget("drug_exposure", "person_id = 1", 3)
    record.derive(3, rules=[RULES])
    assert record.rows("episode", "person_id, episode_number") == [(2, 1)]
    assert [row[2] for row in events(record)] == [2]
    assert record.rows("episode_event", "_run_from") == [(1,)]
