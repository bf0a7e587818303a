"""Dates, references and texts, value by value."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

import duckdb
import pytest

from onco_etl import relations
from onco_etl.errors import ConfigurationError

REFERENCE = (
    "{{'reference': $1::VARCHAR, 'type': {type}::VARCHAR, 'identifier': NULL::STRUCT(system VARCHAR, value VARCHAR)}}"
)


def value(con: duckdb.DuckDBPyConnection, expression: str, *parameters: Any) -> Any:
    (found,) = con.execute(f"SELECT {expression}", list(parameters)).fetchone() or (None,)
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2022-01-01", datetime(2022, 1, 1)),
        ("2022-01-01T23:30:00Z", datetime(2022, 1, 2, 7, 30)),
        ("2022-01-01T23:30Z", datetime(2022, 1, 2, 7, 30)),
        ("2022-01-01T23:30:00-05:00", datetime(2022, 1, 2, 12, 30)),
        ("2022-01-01T23:30:00.500+08:00", datetime(2022, 1, 1, 23, 30, 0, 500_000)),
        ("2022-01-01T23:30:00", datetime(2022, 1, 1, 23, 30)),
        ("2022-03", datetime(2022, 3, 1)),
        ("2022", datetime(2022, 1, 1)),
        ("2022-02-30", None),
        ("2022-02-30T10:00:00Z", None),
        (None, None),
    ],
)
def test_072_a_datetime_is_cut_in_the_hospital_timezone(
    con: duckdb.DuckDBPyConnection, text: str | None, expected: datetime | None
) -> None:
    assert value(con, "fhir_datetime($1::VARCHAR)", text) == expected
    assert value(con, "fhir_date($1::VARCHAR)", text) == (expected.date() if expected else None)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("2022-02-28", False),
        ("2022-02", False),
        ("2022", False),
        (None, False),
        ("2022-02-30", True),
        ("2022-13", True),
        ("2022-2-3", True),
        ("20220203", True),
        ("2022/02/03", True),
        ("yesterday", True),
        ("2022-02-03 10:00:00", True),
        ("2022-02-03T25:00:00Z", True),
        ("2022-02-03T10:60:00Z", True),
        ("2022-02-30T10:00:00+08:00", True),
        ("2022-02-03T10:00:00+08:00", False),
        ("2022-02-03T10:00:60.5Z", False),
        ("0999-02-30", True),
        ("0999-02-28", False),
        ("", True),
    ],
)
def test_impossible_dates(con: duckdb.DuckDBPyConnection, text: str | None, wrong: bool) -> None:
    assert value(con, "is_wrong_date($1::VARCHAR)", text) is wrong


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2022-02-03", None, None),
        (None, None, "missing-start-date"),
        ("2022-02-31", None, "impossible-date"),
        ("2022-02-03", "2022-02-31", "impossible-date"),
        ("2022-02-03", "2022-02-02", "end-before-start"),
        ("2022-02-03T10:00:00+08:00", "2022-02-03T09:00:00+08:00", None),
        ("2022-02-03", "2022-02", None),
        ("2022-02-03", "2022", None),
        ("2022", "2022", None),
        ("2022-02-28", "2022-02", None),
        ("2022-03-01", "2022-02", "end-before-start"),
        ("2021-05-10", "2020", "end-before-start"),
        ("2022", "2021-12-31", "end-before-start"),
        ("2022-02", "2022-01", "end-before-start"),
    ],
)
def test_070_a_resource_without_a_start_date_is_refused(
    con: duckdb.DuckDBPyConnection, start: str | None, end: str | None, expected: str | None
) -> None:
    assert value(con, "wrong_dates($1::VARCHAR, $2::VARCHAR)", start, end) == expected


@pytest.mark.parametrize(
    ("date_from", "start", "end_from", "expected"),
    [
        (None, "2022-02-03", None, None),
        ("issued", "2022-02-03", None, "date: issued"),
        (None, "2022-02", None, "precision: month"),
        ("recordedDate", "2022", "start", "date: recordedDate; precision: year; end: start"),
        (None, "2022-02-03", "precision month", "end: precision month"),
    ],
)
def test_071_derivation(
    con: duckdb.DuckDBPyConnection, date_from: str | None, start: str, end_from: str | None, expected: str | None
) -> None:
    found = value(con, "derivation_of($1::VARCHAR, $2::VARCHAR, $3::VARCHAR)", date_from, start, end_from)
    assert found == expected


@pytest.mark.parametrize(
    ("reference", "kind", "expected"),
    [
        ("Patient/p1", None, "main/Patient/p1"),
        ("Patient/p1/_history/2", None, "main/Patient/p1"),
        ("https://example.org/fhir/Patient/p1", None, "main/Patient/p1"),
        ("https://example.org/fhir/Patient/p1/_history/2", None, "main/Patient/p1"),
        ("urn:uuid:8a7f", None, "main/Patient/8a7f"),
        ("urn:uuid:8a7f", "Group", "main/Group/8a7f"),
        ("Group/g1", None, "main/Group/g1"),
        ("Patient?identifier=1", None, None),
        ("#contained", None, None),
        ("p1", None, None),
        (None, None, None),
    ],
)
def test_reference_key(
    con: duckdb.DuckDBPyConnection, reference: str | None, kind: str | None, expected: str | None
) -> None:
    found = value(con, f"patient_key('main', {REFERENCE.format(type='$2')})", reference, kind)
    assert found == expected


@pytest.mark.parametrize(
    ("reference", "own"),
    [
        ("https://example.org/fhir/Patient/p1", True),
        ("Patient/p1", True),
        ("https://example.org/fhir-test/Patient/p1", False),
        ("http://elsewhere.example.org/Patient/p1/_history/2", False),
    ],
)
def test_a_record_on_another_server_is_not_ours(reference: str, own: bool) -> None:
    with duckdb.connect() as con:
        servers = ["https://example.org/fhir/"]
        relations.define_macros(con, timezone="UTC", secret="s", extract_date=date(2024, 1, 1), servers=servers)
        found = value(con, f"patient_key('main', {REFERENCE.format(type='NULL')})", reference)
        assert (found == "main/Patient/p1") is own
        # Its address names it, so that equal ones can be counted, but not to a reader.
        assert own or re.fullmatch(r"main/Patient\?[0-9a-f]{32}", found)
        assert value(con, f"wrong_subject('main', {REFERENCE.format(type='NULL')})", reference) is None


def test_an_episode_of_care_is_no_visit(con: duckdb.DuckDBPyConnection) -> None:
    reference = REFERENCE.format(type="NULL")
    assert value(con, f"encounter_key('main', {reference})", "Encounter/e1") == "main/Encounter/e1"
    assert value(con, f"encounter_key('main', {reference})", "EpisodeOfCare/e1") is None


def test_known_texts_are_compared_plainly(con: duckdb.DuckDBPyConnection) -> None:
    assert value(con, "plain_text($1)", "  Hand-Foot　 Syndrome（HFS） ") == "hand-foot syndrome(hfs)"


def test_a_hash_needs_the_secret(con: duckdb.DuckDBPyConnection) -> None:
    first = value(con, "keyed_hash('Zhang San')")
    con.execute("SET VARIABLE onco_secret = 'another'")
    second = value(con, "keyed_hash('Zhang San')")
    con.execute("SET VARIABLE onco_secret = 'it''s a secret'")
    assert first.startswith("text:")
    assert len(first) == 21
    assert first != second
    assert value(con, "keyed_hash('Zhang San')") == first


def test_the_timezone_must_exist() -> None:
    with duckdb.connect() as con, pytest.raises(ConfigurationError, match="'Mars/Olympus' is not a time zone"):
        relations.define_macros(con, timezone="Mars/Olympus", secret="", extract_date=date(2024, 1, 1))
