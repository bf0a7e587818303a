"""Results are written once under their hash, never changed, and read back as they were computed."""

from __future__ import annotations

import dataclasses

import duckdb
import pandas as pd
import pytest

from onco_etl.errors import StateError
from onco_registry.recompute import recompute
from onco_registry.results import FRAMES, read, write
from outcomes.record import CUT, Record, on, rows


@pytest.fixture(name="filled")
def _filled(record: Record) -> Record:
    for person in (1, 2):
        record.member(person)
        record.sum(person, 0, 100)
        record.sum(person, 60, 60)
        record.adverse_event(person, "tired", 10, 2, related=True)
    record.death(1, 200)
    return record


def test_read_gives_what_was_written(filled: Record) -> None:
    results = filled.results()
    con = duckdb.connect()
    assert write(con, results)
    again = read(con, "fictional")
    assert (again.data_cut, again.as_of_run, again.hash) == (CUT, 1, results.hash)
    for name, frame in results.frames().items():
        pd.testing.assert_frame_equal(again.frames()[name], frame)


def test_the_same_hash_again_changes_nothing(filled: Record) -> None:
    con = duckdb.connect()
    assert write(con, filled.results())
    before = {name: con.execute(f"SELECT count(*) FROM results.{name}").fetchone() for name in FRAMES}
    assert not write(con, filled.results())
    assert before == {name: con.execute(f"SELECT count(*) FROM results.{name}").fetchone() for name in FRAMES}


def test_the_latest_run_is_read_unless_told(filled: Record) -> None:
    con = duckdb.connect()
    for run, cut in ((1, on(100)), (1, CUT), (2, on(100))):
        write(con, recompute(filled.con, filled.registry, data_cut=cut, as_of_run=run))
    assert [(r.as_of_run, r.data_cut) for r in (read(con, "fictional"),)] == [(2, on(100))]
    assert read(con, "fictional", data_cut=CUT).as_of_run == 1
    assert read(con, "fictional", as_of_run=1).data_cut == CUT


def test_nothing_to_read() -> None:
    with pytest.raises(StateError, match="no results of registry 'fictional'"):
        read(duckdb.connect(), "fictional")


def test_the_hash_stands_for_all_that_decides(filled: Record) -> None:
    def hash_of(**changed: object) -> str:
        values = {"data_cut": CUT, "as_of_run": 1, "inputs_hash": "", **changed}
        return recompute(filled.con, filled.registry, **values).hash  # type: ignore[arg-type]

    assert hash_of() == hash_of()
    changed = [hash_of(), hash_of(data_cut=on(100)), hash_of(as_of_run=2), hash_of(inputs_hash="other vocabulary")]
    assert len(set(changed)) == 4


def test_only_the_cdm_is_needed_and_it_is_left_as_it_was(filled: Record) -> None:
    filled.results()
    tables = filled.con.execute(
        "SELECT DISTINCT schema_name FROM duckdb_tables() WHERE database_name != 'system'"
    ).fetchall()
    assert tables == [("cdm",)]


def test_an_empty_cdm_gives_an_empty_cohort(record: Record) -> None:
    results = record.results()
    assert len(results.cohort) == 0
    assert rows(results.estimate.head(1), "measure", "estimate", "x", "n") == [("orr", None, 0, 0)]
    assert set(results.consistency_check["status"]) == {"pass"}
    assert write(duckdb.connect(), results)


def test_the_method_stands_beside_every_interval(immune: Record) -> None:
    for person, (day, response) in enumerate(((50, "PR"), (60, "PD"), (70, "SD"), (80, "PR"), (90, "PD"), (20, "PD"))):
        immune.member(person)
        immune.response(person, day, response)
        immune.adverse_event(person, "tired", day, 2, related=True)
    found = immune.results().estimate
    having = found[found["lower"].notna() | found["upper"].notna()]
    assert set(having["ci_method"]) == {
        "clopper-pearson", "log-log", "spss-plain", "exact-poisson", "aalen-johansen-log-log", "range",
    }  # fmt: skip


def test_frames_have_their_declared_columns(filled: Record) -> None:
    results = filled.results()
    assert [field.name for field in dataclasses.fields(results)][4:] == list(FRAMES)
    assert {name: list(frame.columns) for name, frame in results.frames().items()} == {
        name: list(columns) for name, columns in FRAMES.items()
    }


def test_tables_of_an_earlier_release_keep_their_rows_and_get_the_new_columns(filled: Record) -> None:
    con = duckdb.connect()
    results = filled.results()
    write(con, results)
    con.execute("ALTER TABLE results.adverse_event DROP COLUMN emergence; DROP TABLE results.dose")
    with pytest.raises(StateError, match="no results of registry 'fictional'"):
        read(con, "fictional")
    later = filled.results(cut=on(300))
    assert write(con, later)
    pd.testing.assert_frame_equal(read(con, "fictional", data_cut=on(300)).adverse_event, later.adverse_event)
    old = con.execute("SELECT count(*), count(emergence) FROM results.adverse_event WHERE hash = ?", [results.hash])
    assert old.fetchone() == (len(results.adverse_event), 0)
