"""The replica has the published file's rows, whichever way it came to them."""

from __future__ import annotations

from typing import Any

import duckdb

from etl.histories import NIGHTS, History, lines
from hospital.nights import (
    Hospital,
    about,
    deletion,
    patient,
    visit,
    weight,
)
from onco_etl import rebuild
from onco_etl.postgres.tables import Column, Table, published_tables
from postgres.database import Database, file_tables, plain, published, site_of, verified

REFUSED_KEY = "fpk_measurement_measurement_concept_id"


def same(hospital: Hospital, database: Database) -> None:
    """The replica's rows are the file's, table by table."""
    found, expected = database.tables(), file_tables(hospital.settings.data)
    assert found.keys() == expected.keys()
    assert {name for name in found if found[name] != expected[name]} == set()


def test_a_full_publish(hospital: Hospital, database: Database) -> None:
    done = published(hospital)
    assert (done.run, done.before, done.full) == (1, None, "there was no replica")
    assert (done.rows["cdm.person"], done.rows["registry.lineage"]) == (2, 12)
    assert (done.broken, done.notes) == ([], [])
    same(hospital, database)
    assert (verified(hospital).tables, verified(hospital).differences) == (51, [])
    again = published(hospital)
    assert (again.before, again.full, again.rows) == (1, None, {})


def test_what_changed_is_all_that_is_brought(hospital: Hospital, database: Database) -> None:
    published(hospital)
    hospital.night(weight(value=61.5), deletion("AdverseEvent/a1"))
    done = published(hospital)
    assert (done.run, done.before, done.full) == (2, 1, None)
    assert {name: rows for name, rows in done.rows.items() if name.startswith("cdm.")} == {
        "cdm.measurement": 1,
        "cdm.condition_occurrence": 1,
        "cdm.observation": 2,
        "cdm.fact_relationship": 1,
        "cdm.condition_era": 1,
    }
    same(hospital, database)


def test_nights_with_deletions_and_merged_patients(hospital: Hospital, database: Database) -> None:
    published(hospital)
    condition = {"resourceType": "Condition", "id": "c1", "recordedDate": "2021-03-01", **about()}
    nights: list[tuple[Any, ...]] = [
        (visit("e2", "p2"), weight("o2", "p2", encounter={"reference": "Encounter/e2"}), condition),
        (patient("p2", deceasedDateTime="2022-05-06"), deletion("Encounter/e2")),
        (patient("p2", link=[{"other": {"reference": "Patient/p1"}, "type": "replaced-by"}]), deletion("Condition/c1")),
        (deletion("Patient/p1"),),
    ]
    # A table that the registries come to have, and have no more.
    tables = {2: "CREATE TABLE results.extra AS SELECT 1 AS n", 4: "DROP TABLE results.extra"}
    for number, night in enumerate(nights, start=2):
        hospital.change(tables.get(number, "SELECT 1"))
        hospital.night(*night)
        # Not every night reaches the replica: it catches up.
        if number != 3:
            assert published(hospital).run == number
            same(hospital, database)


def test_deltas_of_drawn_histories_equal_one_full_publish(
    hospital: Hospital, database: Database, server: Database, drawn: dict[str, History]
) -> None:
    published(hospital)
    for night in range(NIGHTS):
        hospital.night(*"".join(lines(history.nights[night], name) for name, history in drawn.items()).splitlines())
        assert published(hospital).full is None
        same(hospital, database)
    assert verified(hospital).differences == []
    other = Database(server.host, f"{database.name}_full")
    server.do(f"CREATE DATABASE {other.name} OWNER {other.owner}")
    by_deltas = database.tables()
    published(site_of(hospital, other))
    assert other.tables() == by_deltas
    for view in ("adverse_event", "provenance"):
        query = f"SELECT * FROM registry.{view}"
        assert plain(database.ask(query)) == plain(hospital.published(query))


def test_the_views_say_the_same(hospital: Hospital, database: Database) -> None:
    published(hospital)
    for view in ("adverse_event", "provenance"):
        query = f"SELECT * FROM registry.{view}"
        assert plain(database.ask(query)) == plain(hospital.published(query))
    (found,) = database.ask("SELECT term, start_from, seriousness, targets FROM registry.adverse_event")
    assert found[:3] == ("hypertension", "date", "Serious")
    assert [target["cdm_table"] for target in found[3]] == ["condition_occurrence"]


def test_many_changes_are_built_beside_the_table(hospital: Hospital, database: Database) -> None:
    published(hospital)
    before = database.ask("SELECT 'cdm.measurement'::regclass::oid, 'cdm.person'::regclass::oid")
    hospital.night(weight(value=61.5))
    assert published(hospital, build_from=1).full is None
    after = database.ask("SELECT 'cdm.measurement'::regclass::oid, 'cdm.person'::regclass::oid")
    assert (after[0][0] != before[0][0], after[0][1] == before[0][1]) == (True, True)
    same(hospital, database)
    # Others refer to persons, so then everything is built.
    hospital.night(patient(birthDate="1971"))
    assert published(hospital, build_from=1).full == "more than a tenth of cdm.person changed"
    same(hospital, database)


def test_after_a_rebuild_all_is_built(hospital: Hospital, database: Database) -> None:
    published(hospital)
    rebuild.rebuild(hospital.settings)
    done = published(hospital)
    assert done.full == "the workspace was rebuilt"
    assert "cdm.concept" not in done.rows
    same(hospital, database)


def test_a_replica_that_is_not_as_it_should_be_is_built_anew(hospital: Hospital, database: Database) -> None:
    published(hospital)
    another = "it is of another workspace, or of a later state of this one"
    for damage, reason in (
        ("DROP TABLE registry.fate", "tables are missing"),
        ("UPDATE registry_books.content SET signature = '' WHERE name = 'person'", "its tables are of another shape"),
        ("UPDATE registry_books.state SET started = started - interval '1 hour'", another),
        ("UPDATE registry_books.state SET run = 7", another),
    ):
        database.do(damage)
        done = published(hospital)
        assert (done.full, "cdm.concept" in done.rows) == (reason, False)
    same(hospital, database)


def test_rows_that_somebody_took_are_there_again(hospital: Hospital, database: Database) -> None:
    published(hospital)
    database.do("DELETE FROM cdm.observation")
    hospital.night(weight(value=61.5))
    assert published(hospital).full == "cdm.observation has 0 rows instead of 2"
    same(hospital, database)


def test_a_foreign_key_that_does_not_hold_is_reported_and_comes_back(hospital: Hospital, database: Database) -> None:
    published(hospital)
    hospital.change(
        """
        INSERT INTO cdm.measurement
        SELECT * REPLACE (9001 AS measurement_id, 9001 AS _row_id, 424242 AS measurement_concept_id, 2 AS _run_from)
        FROM cdm.measurement
        """
    )
    hospital.night(weight("o2", "p2", encounter=None))
    done = published(hospital)
    assert [(key.constraint, key.table, key.rows) for key in done.broken] == [(REFUSED_KEY, "cdm.measurement", 1)]
    query = f"SELECT count(*) FROM pg_constraint WHERE conname = '{REFUSED_KEY}'"
    assert (done.full, database.ask(query)) == (None, [(0,)])
    assert [key.constraint for key in verified(hospital).broken] == [REFUSED_KEY]
    # Its row ends with the next run.
    hospital.change(
        """
        INSERT INTO history.measurement SELECT *, 3 FROM cdm.measurement WHERE _row_id = 9001;
        DELETE FROM cdm.measurement WHERE _row_id = 9001
        """
    )
    hospital.night(patient("p4"))
    done = published(hospital)
    assert (done.full, done.broken, database.ask(query)) == (None, [], [(1,)])
    same(hospital, database)


def test_verify_finds_what_was_changed(hospital: Hospital, database: Database) -> None:
    published(hospital)
    database.do("UPDATE cdm.measurement SET value_as_number = 60.00000000000001")
    database.do("UPDATE registry.runs SET finished = finished + interval '1 microsecond'")
    database.do("DELETE FROM registry.fate WHERE resource_type = 'Encounter'; DROP TABLE cdm.note_nlp")
    assert verified(hospital).differences == [
        "cdm.measurement has other values in some of its 1 rows",
        "cdm.note_nlp is missing",
        "registry.fate has 5 rows instead of 6",
        "registry.runs has other values in some of its 1 rows",
    ]


def test_a_view_is_no_table_though_another_schema_has_one_of_its_name() -> None:
    with duckdb.connect() as con:
        con.execute("CREATE SCHEMA registry; CREATE VIEW registry.x AS SELECT 1 AS a")
        con.execute("CREATE SCHEMA results; CREATE TABLE results.x (b INTEGER)")
        assert published_tables(con, "memory") == [Table("results", "x", (Column("b", "integer"),))]
