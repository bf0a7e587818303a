"""What is promised of a publish: one at a time, all or nothing, as OHDSI has it, and readers who only read."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import psycopg
import pytest

from hospital.nights import Hospital, patient, weight
from onco_etl.errors import ConfigurationError, ReplicaError
from onco_etl.postgres.lock import held, words
from onco_etl.postgres.settings import PostgresSettings
from onco_etl.postgres.tables import cdm_tables
from postgres.database import Database, file_tables, published

PERSONS = "SELECT count(*) FROM cdm.person"


@contextmanager
def publishing_stopped(hospital: Hospital, database: Database) -> Iterator[list[BaseException]]:
    """A publish that waits, near its end, for a table that another session holds; what it raised, at last."""
    raised: list[BaseException] = []

    def publish() -> None:
        try:
            published(hospital)
        except ReplicaError as error:
            raised.append(error)

    with database.connect() as holder, holder.transaction():
        holder.execute("LOCK TABLE registry.runs IN SHARE MODE")
        thread = threading.Thread(target=publish)
        thread.start()
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        give_up = time.monotonic() + 60
        while database.ask(waiting) == [(0,)] and time.monotonic() < give_up:
            time.sleep(0.02)
        assert database.ask(waiting) == [(1,)]
        yield raised
    thread.join()


def test_readers_see_the_old_state_until_the_end(hospital: Hospital, database: Database) -> None:
    published(hospital)
    hospital.night(patient("p3"))
    with publishing_stopped(hospital, database) as raised:
        assert database.ask(PERSONS) == [(2,)]
    assert (raised, database.ask(PERSONS)) == ([], [(3,)])


def test_a_publish_that_is_killed_changes_nothing_and_the_next_catches_up(
    hospital: Hospital, database: Database
) -> None:
    published(hospital)
    before = database.tables()
    hospital.night(patient("p3"))
    with publishing_stopped(hospital, database) as raised:
        database.ask(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'onco-registry %'"
        )
    assert [str(error) for error in raised] == ["Postgres: terminating connection due to administrator command"]
    assert database.tables() == before
    done = published(hospital)
    assert (done.before, done.run, done.full) == (1, 2, None)
    assert database.tables() == file_tables(hospital.settings.data)


def test_one_publishes_at_a_time(hospital: Hospital, database: Database) -> None:
    with held(database.settings):
        with pytest.raises(
            ReplicaError, match=r"another holds the lock of `publish` .*: onco-registry publish: process"
        ):
            published(hospital)
        with held(database.settings, "night") as connection:
            assert connection.execute("SELECT 1").fetchall() == [(1,)]
    assert published(hospital).run == 1


def test_analysts_read_and_do_not_write(hospital: Hospital, database: Database) -> None:
    published(hospital)
    database.do("ALTER ROLE onco_analyst LOGIN")
    # By the search path of the role.
    assert database.ask("SELECT count(*) FROM person", "onco_analyst") == [(2,)]
    assert database.ask("SELECT count(*) FROM adverse_event", "onco_analyst") == [(1,)]
    for refused in (
        "DELETE FROM cdm.person",
        "CREATE TABLE cdm.own (n int)",
        "CREATE TABLE results.own (n int)",
        "UPDATE registry.runs SET run = 0",
        "SELECT count(*) FROM registry_books.state",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            database.do(refused, "onco_analyst")
    # What comes later is theirs to read, too; and nobody else's.
    hospital.night(patient("p3"))
    assert published(hospital, build_from=1).full == "more than a tenth of cdm.person changed"
    assert database.ask("SELECT count(*) FROM person", "onco_analyst") == [(3,)]
    database.do("DROP ROLE IF EXISTS nobody; CREATE ROLE nobody LOGIN")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        database.ask(PERSONS, "nobody")


def test_an_owner_who_may_not_create_roles_says_what_the_dba_does(
    hospital: Hospital, database: Database, server: Database
) -> None:
    server.do("DROP ROLE IF EXISTS modest; CREATE ROLE modest LOGIN")
    server.do(f"GRANT CREATE ON DATABASE {database.name} TO modest")
    modest = replace(database.settings, url=database.url("modest"), analyst_role="readers_to_be")
    hospital.settings = replace(hospital.settings, postgres=modest)
    assert published(hospital).notes == [
        "role readers_to_be is not there and may not be created: the DBA does, then publish with --full"
    ]
    assert database.ask(PERSONS) == [(2,)]


def test_keys_indices_and_types_are_those_of_ohdsi(hospital: Hospital, database: Database) -> None:
    published(hospital)
    names = database.ask("SELECT conname, contype FROM pg_constraint WHERE connamespace = 'cdm'::regnamespace")
    keys = {name for name, kind in names if kind == "p"}
    references = {name for name, kind in names if kind == "f"}
    assert {"xpk_person", "xpk_measurement", "xpk_concept", "xpk_vocabulary", "xpk_episode"} <= keys
    assert len(keys) == 28
    assert {
        "fpk_person_gender_concept_id",
        "fpk_measurement_visit_occurrence_id",
        "fpk_concept_domain_id",
    } <= references
    assert references == {r.constraint for table in cdm_tables().values() for r in table.references}
    assert len(references) == 177
    indices = {name for (name,) in database.ask("SELECT indexname FROM pg_indexes WHERE schemaname = 'cdm'")}
    assert {
        "idx_gender",
        "idx_measurement_concept_id_1",
        "idx_concept_vocabluary_id",
        "idx_drug_era_person_id_1",
    } <= indices
    assert max(len(name) for name in keys | references | indices) <= 63
    types = database.ask(
        """
        SELECT column_name, data_type, character_maximum_length, is_nullable FROM information_schema.columns
        WHERE table_schema = 'cdm' AND table_name = 'measurement' AND column_name IN (
            'measurement_id', 'measurement_date', 'measurement_datetime', 'value_as_number', 'measurement_source_value'
        ) ORDER BY ordinal_position
        """
    )
    assert types == [
        ("measurement_id", "integer", None, "NO"),
        ("measurement_date", "date", None, "NO"),
        ("measurement_datetime", "timestamp without time zone", None, "YES"),
        ("value_as_number", "numeric", None, "YES"),
        ("measurement_source_value", "character varying", 50, "YES"),
    ]


def test_a_cdm_of_somebody_else_is_not_touched(hospital: Hospital, database: Database) -> None:
    database.do("CREATE SCHEMA cdm; CREATE TABLE cdm.person (person_id int); INSERT INTO cdm.person VALUES (7)")
    with pytest.raises(ReplicaError, match=r"^cdm\.person is there and was not made by this program"):
        published(hospital, full=True)
    assert database.ask("SELECT person_id FROM cdm.person") == [(7,)]
    elsewhere = replace(
        database.settings, cdm_schema="onco_cdm", registry_schema="onco_registry", results_schema="onco_results"
    )
    hospital.settings = replace(hospital.settings, postgres=elsewhere)
    assert published(hospital).run == 1
    assert database.ask("SELECT count(*) FROM onco_registry.adverse_event") == [(1,)]
    assert database.ask("SELECT nspname FROM pg_namespace WHERE nspname IN ('registry', 'results')") == []


def test_views_of_others_are_neither_dropped_nor_in_the_way_of_a_night(hospital: Hospital, database: Database) -> None:
    published(hospital)
    database.do("CREATE VIEW public.heavy AS SELECT person_id FROM cdm.measurement WHERE value_as_number > 60")
    hospital.night(weight(value=61.5))
    published(hospital, build_from=1)
    assert database.ask("SELECT count(*) FROM public.heavy") == [(1,)]
    with pytest.raises(ReplicaError, match=r"^view public\.heavy depends on cdm\.measurement, which is to be built"):
        published(hospital, full=True)
    assert database.ask("SELECT count(*) FROM public.heavy") == [(1,)]


def test_errors_have_no_values_and_no_passwords(hospital: Hospital, database: Database) -> None:
    with database.connect() as connection:
        connection.execute("CREATE TABLE public.t (n int CONSTRAINT one_each PRIMARY KEY, d date)")
        with pytest.raises(psycopg.errors.UniqueViolation) as twice:
            connection.execute("INSERT INTO t (n) VALUES (4711), (4711)")
        with pytest.raises(psycopg.errors.InvalidDatetimeFormat) as unread:
            connection.execute("INSERT INTO t VALUES (1, 'Mrs Wang')")
    assert words(twice.value) == "UniqueViolation, public.t, one_each (SQLSTATE 23505)"
    assert words(unread.value) == "InvalidDatetimeFormat (SQLSTATE 22007)"
    for url in ("postgresql://u:s3cret@nowhere/db", "host=nowhere password=s3cret", "s3cret"):
        hospital.settings = replace(hospital.settings, postgres=PostgresSettings(url=url))
        with pytest.raises(ConfigurationError, match=r"^postgres\.url: ") as refused:
            published(hospital)
        assert "s3cret" not in str(refused.value)
    away = PostgresSettings(url=f"host={database.host}/away dbname=x user=y", password="s3cret")
    hospital.settings = replace(hospital.settings, postgres=away)
    with pytest.raises(ReplicaError, match=r"^Postgres: connection") as gone:
        published(hospital)
    assert "s3cret" not in str(gone.value) + repr(hospital.settings)


def test_a_database_that_cannot_hold_every_text_is_refused(hospital: Hospital, database: Database) -> None:
    name = f"{database.name}_latin"
    database.do(f"CREATE DATABASE {name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    latin = replace(database.settings, url=f"host={database.host} dbname={name} user=postgres")
    hospital.settings = replace(hospital.settings, postgres=latin)
    with pytest.raises(ReplicaError, match=r"^the database is in LATIN1: make one in UTF8"):
        published(hospital)
