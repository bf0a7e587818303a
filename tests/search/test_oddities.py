"""Servers that answer a search oddly: what is read all the same, and what is an error that names the type alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from onco_etl.errors import ServerError
from onco_etl.server.search import search
from onco_etl.server.settings import ServerSettings
from onco_etl.server.wire import Wire
from search.hospital import read
from search.scripted import Answer, Query, Script, bundle, capability, ok, refused, serving

SINCE = datetime(2024, 1, 1, 20, tzinfo=UTC)


def patient(name: str, when: str | None = "2024-01-02T10:00:00Z", **more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": name, **({"meta": {"lastUpdated": when}} if when else {}), **more}


def one_type(answer: Script, **offer: Any) -> Script:
    """A server that offers Patient and answers everything else that is asked by `answer`."""

    def script(path: str, query: Query) -> Answer:
        return ok(capability("Patient", **offer)) if path == "metadata" else answer(path, query)

    return script


def pull(script: Script, folder: Path, since: datetime | None = None, **more: Any) -> datetime:
    with serving(script) as base:
        settings = ServerSettings(url=base, method="search", **{"types": ("Patient",), "attempts": 1, **more})
        with Wire(settings) as wire:
            return search(wire, settings, folder, since).until


def names(folder: Path) -> list[str]:
    """The ids of the Patients that were read, in order."""
    return [json.loads(line).get("id") for line in read(folder).get("Patient.ndjson", [])]


def test_a_server_that_counts_nothing_is_read_by_its_links(tmp_path: Path) -> None:
    # The links are relative, and lead past an empty page.
    pages = {
        "": bundle(patient("p1"), next_url="Patient?page=2"),
        "2": bundle(next_url="?page=3"),
        "3": bundle(patient("p2")),
    }
    pull(one_type(lambda _, query: ok(pages[query.get("page", [""])[0]])), tmp_path)
    assert names(tmp_path) == ["p1", "p2"]


def test_what_is_no_match_is_told_and_not_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    issue = {"severity": "warning", "code": "processing", "diagnostics": "p1 is Jane Roe"}
    odd = {"severity": "Jane", "code": "Roe"}
    outcome = {"resourceType": "OperationOutcome", "issue": [issue, odd]}
    page = bundle(
        patient("p1"),
        {"resource": outcome, "search": {"mode": "outcome"}},
        {"resource": {"resourceType": "Organization", "id": "o1"}, "search": {"mode": "include"}},
        total=1,
    )
    pull(one_type(lambda *_: ok(page)), tmp_path)
    assert sorted(read(tmp_path)) == ["Patient.ndjson"]
    assert names(tmp_path) == ["p1"]
    said = capsys.readouterr().out
    assert "code=processing" in said
    assert "severity=unknown" in said
    assert "Jane" not in said


def test_texts_are_kept_whatever_is_in_them(tmp_path: Path) -> None:
    odd = {**patient("p1", active=True, multipleBirthInteger=2), "name": [{"text": '张 "Ü" 😀 \n\t\x1f \\ <b>'}]}
    pull(one_type(lambda *_: ok(json.dumps(bundle(odd, total=1), indent=2).encode())), tmp_path)
    assert [json.loads(line) for line in read(tmp_path)["Patient.ndjson"]] == [odd]


def test_a_resource_without_an_id_is_left_to_the_etl_to_refuse(tmp_path: Path) -> None:
    nameless = {"resourceType": "Patient"}
    pull(one_type(lambda *_: ok(bundle(nameless, nameless, total=2))), tmp_path)
    assert names(tmp_path) == [None, None]


@pytest.mark.parametrize(
    ("stated", "until"),
    [
        ("2024-01-02T21:59:30.5+02:00", datetime(2024, 1, 2, 19, 59, 30, 500000, tzinfo=UTC)),
        ("2024-01-02T20:30:00Z", datetime(2024, 1, 2, 20, tzinfo=UTC)),
        ("2024-01-02", datetime(2024, 1, 2, 20, tzinfo=UTC)),
    ],
)
def test_the_instant_is_the_earlier_of_those_that_the_server_states(
    tmp_path: Path, stated: str, until: datetime
) -> None:
    page = bundle(patient("p1"), meta={"lastUpdated": stated})
    assert pull(one_type(lambda *_: ok(page)), tmp_path) == until


def test_a_server_without_a_date_header_tells_the_time_in_its_bundles(tmp_path: Path) -> None:
    def script(path: str, _: Query) -> Answer:
        page = bundle(patient("p1"), meta={"lastUpdated": "2024-01-02T20:00:00Z"})
        return ok(capability("Patient") if path == "metadata" else page, date=None)

    assert pull(script, tmp_path, SINCE) == datetime(2024, 1, 2, 20, tzinfo=UTC)
    assert names(tmp_path) == ["p1"]


@pytest.mark.parametrize("date", [None, "yesterday"])
def test_a_server_that_does_not_tell_the_time(tmp_path: Path, date: str | None) -> None:
    def script(path: str, _: Query) -> Answer:
        return ok(capability("Patient") if path == "metadata" else bundle(patient("p1")), date=date)

    with pytest.raises(ServerError, match="does not tell the time"):
        pull(script, tmp_path)


@pytest.mark.parametrize("heeded", [False, True])
def test_a_type_whose_search_takes_no_date_is_read_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], heeded: bool
) -> None:
    def answer(_: str, query: Query) -> Answer:
        strict = heeded and set(query) != {"_count"}
        return refused(400) if strict else ok(bundle(patient("old", "2020-01-01T00:00:00Z"), patient("new"), total=2))

    pull(one_type(answer), tmp_path, SINCE)
    assert names(tmp_path) == ["old", "new"]
    assert "type read whole" in capsys.readouterr().out


@pytest.mark.parametrize("status", [400, 404])
def test_a_type_that_the_server_refuses_is_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], status: int
) -> None:
    def script(path: str, _: Query) -> Answer:
        answers = {"metadata": ok(capability("Patient", "Encounter")), "Patient": ok(bundle(patient("p1")))}
        return answers.get(path, refused(status))

    pull(script, tmp_path, types=("Encounter", "Patient"))
    assert sorted(read(tmp_path)) == ["Patient.ndjson"]
    assert "type left out" in capsys.readouterr().out


def test_a_server_that_refuses_every_type_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match="refuses to search any type that is wanted"):
        pull(one_type(lambda *_: refused(400)), tmp_path)


def test_order_is_asked_for_where_it_is_offered(tmp_path: Path) -> None:
    asked: list[Query] = []

    def answer(_: str, query: Query) -> Answer:
        asked.append(query)
        return ok(bundle(patient("p1")))

    pull(one_type(answer, dated=False), tmp_path / "a")
    pull(one_type(answer), tmp_path / "b")
    assert [query.get("_sort") for query in asked if "_count" in query] == [None, ["_lastUpdated"]]


def test_what_moves_between_pages_is_read_again(tmp_path: Path) -> None:
    # p1 is changed after the first page: the others move up, and p2 is on no page of the first walk.
    walks: list[str] = []

    def answer(_: str, query: Query) -> Answer:
        if "_summary" in query:
            return ok(bundle(total=3))
        if "_offset" not in query:
            walks.append("")
            shown = [patient("p1")] if len(walks) == 1 else [patient("p2")]
            return ok(bundle(*shown, total=4 - len(walks), next_url="Patient?_offset=1"))
        return ok(bundle(patient("p3"), total=2))

    pull(one_type(answer), tmp_path, SINCE)
    assert names(tmp_path) == ["p2", "p3"]


def test_totals_that_are_wrong_can_be_told(tmp_path: Path) -> None:
    wrong = one_type(lambda *_: ok(bundle(patient("p1"), total=2)))
    with pytest.raises(ServerError, match=r"counts 2 resources, but its pages end after 1; .*server\.totals"):
        pull(wrong, tmp_path)
    pull(wrong, tmp_path, totals=False)
    assert names(tmp_path) == ["p1"]


def _round(_: str, query: Query) -> Answer:
    """Links that never repeat, over pages that do."""
    following = int(query.get("page", ["0"])[0]) + 1
    return ok(bundle(patient("p1"), next_url=f"Patient?page={following}"))


def _expired(_: str, query: Query) -> Answer:
    return refused(410) if "page" in query else ok(bundle(patient("p1"), next_url="Patient?page=2"))


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (lambda *_: ok(bundle(patient("p1"), patient("p2"), patient("p3"))), "Patient: the server ignores _count: 3"),
        (_round, "Patient: the next links lead round"),
        (_expired, "answered 410"),
        (lambda *_: refused(403), "answered 403"),
        (lambda *_: ok(b"<html>Patient Jane Roe</html>"), "Patient: the server's answer is no JSON"),
        (lambda *_: ok(b""), "Patient: the server's answer is no JSON"),
        (lambda *_: ok(b'{"resourceType": "Bundle"} {"resourceType": "Bundle"}'), "no JSON"),
        (lambda *_: ok(b'{"resourceType": "Bundle", "id": "\xff"}'), "no JSON"),
        (lambda *_: ok(b"[1]"), "Patient: the server's answer is no Bundle"),
        (lambda *_: ok({"resourceType": "OperationOutcome"}), "Patient: the server's answer is no Bundle"),
        (lambda *_: ok({"resourceType": "Bundle", "entry": {"a": 1}}), "Patient: the server's answer is no Bundle"),
        (lambda *_: ok(bundle(patient("p1"), next_url="https://elsewhere.example.org/x")), "not declared"),
        (lambda *_: ok(bundle(patient("p1"), next_url="ftp://[::1")), "an address that is none"),
    ],
)
def test_what_is_no_answer_to_a_search(tmp_path: Path, answer: Script, error: str) -> None:
    with pytest.raises(ServerError, match=error) as raised:
        pull(one_type(answer), tmp_path, page_size=2)
    assert "Jane" not in str(raised.value)
    assert read(tmp_path) == {}


@pytest.mark.parametrize(
    "odd",
    [
        {"link": {"relation": "next"}},
        {"link": [1, None, {"relation": "next"}, {"relation": ["next"], "url": {}}]},
        {"total": "many", "meta": 1},
        {"total": -1, "meta": {"lastUpdated": "infinity"}},
        {"entry": [None, 1, [], {}, {"resource": 1}, {"resource": patient("p1")}, {"search": [], "request": 1}]},
        {"entry": [{"resource": patient("p1")}, {"resource": {"resourceType": "OperationOutcome", "issue": {}}}]},
        {"entry": [{"resource": patient("p1")}, {"resource": {"resourceType": "OperationOutcome", "issue": [1, {}]}}]},
        {"entry": [{"resource": patient("p1", when)} for when in ("infinity", "9999-12-31T23:59:59Z", "soon", "")]},
        {"entry": [{"resource": {**patient("p1"), "meta": [1]}}]},
    ],
)
def test_odd_parts_of_a_bundle_hide_nothing_else(tmp_path: Path, odd: dict[str, Any]) -> None:
    pull(one_type(lambda *_: ok({**bundle(patient("p1")), **odd})), tmp_path, SINCE)
    assert set(names(tmp_path)) == {"p1"}


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        (ok(b"<html></html>"), "no CapabilityStatement"),
        (ok(bundle()), "no CapabilityStatement"),
        (ok(capability("Patient", release="5.0.0")), "fhirVersion is '5.0.0'"),
        (ok({"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "rest": 1}), "no search of any type"),
        (refused(404), "answered 404"),
    ],
)
def test_a_server_that_does_not_say_what_it_offers(tmp_path: Path, metadata: Answer, error: str) -> None:
    with pytest.raises(ServerError, match=error):
        pull(lambda *_: metadata, tmp_path)
