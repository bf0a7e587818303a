"""The replica has the loaded vocabulary whole, with what the published file adds to it."""

from __future__ import annotations

from pathlib import Path

from hospital.nights import Hospital, about, patient
from onco_etl import pipeline, vocabulary
from postgres.database import Database, file_tables, published, verified
from support.athena import concept, related, write

SNOMED = "http://snomed.info/sct"
CONCEPTS = "SELECT concept_id FROM cdm.concept WHERE concept_id BETWEEN 888000 AND 888999 ORDER BY 1"


def load(hospital: Hospital, folder: Path, release: str, *more: int) -> None:
    """Load a release with concepts 888001 and 888002 and `more`, and map again."""
    found = [concept(0, "0", vocabulary="None", domain="Metadata", standard="", kind="Undefined")]
    found += [concept(number, f"f{number}") for number in (888001, 888002, *more)]
    relations = [related(number, number) for number in (888001, 888002, *more)]
    write(folder, release=release, concept=found, concept_relationship=relations)
    vocabulary.load(hospital.settings.data, folder)
    pipeline.remap(hospital.settings)


def test_a_vocabulary_is_published_whole_and_only_when_it_is_another(
    hospital: Hospital, database: Database, tmp_path: Path
) -> None:
    published(hospital)
    load(hospital, tmp_path / "first", "v5.0 01-JAN-26")
    done = published(hospital)
    # Of this download the concept of vocabulary 'None' is missing.
    assert [(key.constraint, key.rows) for key in done.broken] == [("fpk_vocabulary_vocabulary_concept_id", 1)]
    assert done.full == "the vocabulary is another"
    assert database.ask(CONCEPTS) == [(888001,), (888002,)]
    # The published file has of it what rows use: nothing yet. What it adds, the replica has too.
    assert hospital.published(CONCEPTS) == []
    added = {row for row in file_tables(hospital.settings.data)["cdm.concept"] if row[0] >= 2_000_000_000}
    assert len(added) > 50
    assert added <= set(database.tables()["cdm.concept"])
    assert verified(hospital).differences == []

    # A night that uses a concept changes the slice, and nothing of the vocabulary.
    hospital.night(
        {
            "resourceType": "Condition",
            "id": "c1",
            "recordedDate": "2021-03-01",
            "code": {"coding": [{"system": SNOMED, "code": "f888001"}]},
            **about(),
        }
    )
    before = database.ask("SELECT 'cdm.concept'::regclass::oid, xmin::text FROM cdm.concept WHERE concept_id = 888001")
    assert published(hospital).full is None
    assert hospital.published(CONCEPTS) == [(888001,)]
    assert (
        database.ask("SELECT 'cdm.concept'::regclass::oid, xmin::text FROM cdm.concept WHERE concept_id = 888001")
        == before
    )
    assert verified(hospital).differences == []

    load(hospital, tmp_path / "second", "v5.0 01-JUN-26", 888003)
    assert published(hospital).full == "the vocabulary is another"
    assert database.ask(CONCEPTS) == [(888001,), (888002,), (888003,)]
    assert verified(hospital).differences == []


def test_what_is_added_to_the_vocabulary_comes_and_goes(hospital: Hospital, database: Database) -> None:
    published(hospital)
    assert database.ask(CONCEPTS) == []
    hospital.change(
        """
        INSERT INTO cdm.concept SELECT * REPLACE (888500 AS concept_id) FROM cdm.concept WHERE concept_id = 0;
        INSERT INTO cdm.concept_ancestor VALUES (888500, 888500, 0, 0);
        UPDATE cdm.concept SET concept_name = 'renamed' WHERE concept_id = 9201
        """
    )
    hospital.night(patient("p3"))
    done = published(hospital)
    assert (done.full, done.broken) == (None, [])
    assert {"cdm.concept", "cdm.concept_ancestor"} <= set(done.rows)
    assert database.ask(CONCEPTS) == [(888500,)]
    assert verified(hospital).differences == []
    hospital.change("DELETE FROM cdm.concept_ancestor WHERE ancestor_concept_id = 888500")
    hospital.change("DELETE FROM cdm.concept WHERE concept_id = 888500")
    hospital.night(patient("p4"))
    done = published(hospital)
    assert (done.full, done.broken) == (None, [])
    assert database.ask(CONCEPTS) == []
    assert verified(hospital).differences == []
