"""What is erased leaves the replica, too; where that is away, the erasure is not finished."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hospital.nights import Hospital
from onco_etl import erasure
from onco_etl.errors import ReplicaError
from onco_etl.postgres.settings import PostgresSettings
from postgres.database import Database, file_tables, published

PERSONS = "SELECT count(*) FROM cdm.person"


def test_an_erased_patient_leaves_the_replica(hospital: Hospital, database: Database) -> None:
    published(hospital)
    assert database.ask(PERSONS) == [(2,)]
    assert erasure.erase(hospital.settings, "Patient/p2") is not None
    assert database.ask(PERSONS) == [(1,)]
    assert database.tables() == file_tables(hospital.settings.data)


def test_with_the_replica_away_the_same_command_completes_it(hospital: Hospital, database: Database) -> None:
    published(hospital)
    away = replace(hospital.settings, postgres=PostgresSettings(url="host=/nowhere dbname=x user=y"))
    with pytest.raises(ReplicaError):
        erasure.erase(away, "Patient/p2")
    assert hospital.published(PERSONS) == [(1,)]
    assert hospital.workspace("SELECT count(*) FROM state.erasure WHERE finished IS NULL") == [(1,)]
    assert database.ask(PERSONS) == [(2,)]
    assert erasure.erase(hospital.settings, "Patient/p2") is None
    assert hospital.workspace("SELECT count(*) FROM state.erasure WHERE finished IS NULL") == [(0,)]
    assert database.ask(PERSONS) == [(1,)]
