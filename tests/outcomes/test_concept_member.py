"""Which concepts a concept set has, once a vocabulary is loaded: what its concepts gave way to."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from outcomes.record import Record

FROM, UNTIL = date(1970, 1, 1), date(2099, 12, 31)
OWN, REPLACED, ALPHA, DIAGNOSIS = 2_000_000_201, 7001, 101, 201


@pytest.fixture
def vocabulary(record: Record) -> Record:
    def concept(number: int, code: str, domain: str, vocabulary: str) -> None:
        row = [number, code, domain, vocabulary, "Undefined", None, code, FROM, UNTIL, None]
        record.con.execute(f"INSERT INTO cdm.concept VALUES ({', '.join('?' * 10)})", row)

    concept(OWN, "own-common", "Condition", "ONCO")
    concept(ALPHA, "alpha", "Drug", "RxNorm")
    concept(DIAGNOSIS, "diagnosis", "Condition", "ICDO3")
    return record


def maps_to(record: Record, first: int, second: int, invalid: str | None = None) -> None:
    row = [first, second, "Maps to", FROM, UNTIL, invalid]
    record.con.execute("INSERT INTO cdm.concept_relationship VALUES (?, ?, ?, ?, ?, ?)", row)


def sets_of(record: Record, concept: int) -> list[str]:
    found = record.relation("concept_member").query(f"concept_id == {concept}")
    names: Any = sorted(found["concept_set"])
    return list(names)


def test_an_own_concept_stands_for_what_it_gave_way_to(vocabulary: Record) -> None:
    before = sets_of(vocabulary, OWN)
    maps_to(vocabulary, OWN, REPLACED)
    assert before
    assert sets_of(vocabulary, REPLACED) == sets_of(vocabulary, OWN) == before


def test_a_drug_stands_for_what_replaced_it(vocabulary: Record) -> None:
    maps_to(vocabulary, ALPHA, REPLACED)
    maps_to(vocabulary, ALPHA, 7002, invalid="D")
    assert sets_of(vocabulary, REPLACED) == sets_of(vocabulary, ALPHA) == ["alpha"]
    assert sets_of(vocabulary, 7002) == []


def test_a_diagnosis_does_not_stand_for_something_wider(vocabulary: Record) -> None:
    maps_to(vocabulary, DIAGNOSIS, REPLACED)
    assert sets_of(vocabulary, DIAGNOSIS)
    assert sets_of(vocabulary, REPLACED) == []


def test_a_concept_stands_for_the_codes_that_the_starter_maps_took_for_it(vocabulary: Record) -> None:
    vocabulary.insert(
        "source_to_concept_map", source_code="a1", source_concept_id=7003, target_concept_id=ALPHA, valid_end_date=UNTIL
    )
    assert sets_of(vocabulary, 7003) == ["alpha"]


def test_and_for_what_these_codes_map_to(vocabulary: Record) -> None:
    vocabulary.insert(
        "source_to_concept_map",
        source_code="a1",
        source_concept_id=DIAGNOSIS,
        target_concept_id=ALPHA,
        valid_end_date=UNTIL,
    )
    vocabulary.con.execute("UPDATE cdm.concept SET domain_id = 'Drug' WHERE concept_id = $1", [DIAGNOSIS])
    maps_to(vocabulary, DIAGNOSIS, REPLACED)
    assert sets_of(vocabulary, REPLACED) == ["alpha", "disease"]


def test_a_code_of_a_loaded_vocabulary_is_a_concept(vocabulary: Record) -> None:
    assert sets_of(vocabulary, 7002) == []
    row = [7002, "gamma", "Measurement", "LOINC", "Lab Test", "S", "2324-2", FROM, UNTIL, None]
    vocabulary.con.execute(f"INSERT INTO cdm.concept VALUES ({', '.join('?' * 10)})", row)
    assert sets_of(vocabulary, 7002) == ["lab_gamma_glutamyltransferase"]
