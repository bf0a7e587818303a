"""What DuckDB accepts of a batch, where each line stands, and what is said of the refused ones."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onco_etl import landing, sources, staging
from onco_etl.errors import InputError

LIMITS = landing.Limits(line=1 << 24, file=1 << 30)
PATIENT = '{"resourceType": "Patient", "id": "p1"}'
OBSERVATION = '{"resourceType": "Observation", "id": "o1", "valueQuantity": {"value": 1.5}}'
WRONG_NUMBER = '{"resourceType": "Observation", "id": "o2", "valueQuantity": {"value": "abc"}}'
WRONG_SHAPE = '{"resourceType": "Observation", "id": "o3", "code": ["x"]}'


def staged(folder: Path) -> duckdb.DuckDBPyConnection:
    """`incoming` for the files in folder/in."""
    scratch = folder / "scratch"
    scratch.mkdir()
    landed = landing.land(sources.find(folder / "in"), folder / "landing", source="main", limits=LIMITS)
    con = duckdb.connect()
    staging.stage(con, landed, scratch=scratch, maximum_object_size=LIMITS.line)
    return con


def write(folder: Path, **files: str | bytes) -> Path:
    """folder/in with one file per keyword; `__` in a name stands for a dot."""
    target = folder / "in"
    target.mkdir(exist_ok=True)
    for name, content in files.items():
        data = content if isinstance(content, bytes) else content.encode()
        (target / name.replace("__", ".")).write_bytes(data)
    return target


def ids(con: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    return [value for (value,) in con.execute(f"SELECT id FROM incoming.{table} ORDER BY id").fetchall()]


def refusals(con: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    return con.execute(
        "SELECT line, entry, resource_type, resource_id, reason, element FROM incoming.refused ORDER BY ALL"
    ).fetchall()


def test_one_type_per_file_plain_and_gz(tmp_path: Path) -> None:
    write(tmp_path, Patient__ndjson=PATIENT + "\n", Observation__ndjson__gz=gzip.compress(OBSERVATION.encode()))
    con = staged(tmp_path)
    assert ids(con, "patient") == ["p1"]
    assert con.execute('SELECT id, "valueQuantity".value FROM incoming.observation').fetchall() == [("o1", 1.5)]
    assert refusals(con) == []


def test_mixed_lines_are_sorted_by_type(tmp_path: Path) -> None:
    write(tmp_path, all__ndjson=f'{PATIENT}\n{OBSERVATION}\n{{"resourceType": "Account", "id": "a"}}\n')
    con = staged(tmp_path)
    assert (ids(con, "patient"), ids(con, "observation"), ids(con, "other")) == (["p1"], ["o1"], ["a"])


def test_pretty_resource_and_bundles(tmp_path: Path) -> None:
    entries = [{"resource": json.loads(PATIENT)}, {"resource": json.loads(OBSERVATION)}]
    write(
        tmp_path,
        patient__json=json.dumps({"resourceType": "Patient", "id": "pretty"}, indent=2),
        searchset__json=json.dumps({"resourceType": "Bundle", "type": "searchset", "entry": entries}, indent=2),
        bundles__ndjson=json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries[:1]}),
    )
    con = staged(tmp_path)
    assert ids(con, "patient") == ["p1", "p1", "pretty"]
    assert ids(con, "observation") == ["o1"]


def test_transaction_bundle_resolves_urns_and_gives_deletions(tmp_path: Path) -> None:
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {"fullUrl": "urn:uuid:aa", "resource": {"resourceType": "Patient"}},
            {
                "fullUrl": "urn:uuid:bb",
                "resource": {"resourceType": "Observation", "id": "o9", "subject": {"reference": "urn:uuid:aa"}},
            },
            {"request": {"method": "DELETE", "url": "Condition/c1"}},
        ],
    }
    write(tmp_path, bundle__json=json.dumps(bundle))
    con = staged(tmp_path)
    assert ids(con, "patient") == ["aa"]
    assert con.execute("SELECT id, subject.reference FROM incoming.observation").fetchall() == [("o9", "Patient/aa")]
    assert con.execute("SELECT entry, resource_type, resource_id FROM incoming.removed").fetchall() == [
        (3, "Condition", "c1")
    ]


def test_deletions_by_any_address_and_with_their_date(tmp_path: Path) -> None:
    modified = {"response": {"lastModified": "2024-01-01T00:00:00Z", "etag": 'W/"7"'}}
    entries: list[dict[str, Any]] = [
        {"request": {"method": "DELETE", "url": "http://example.org/fhir/Patient/p1/_history/3"}},
        {"request": {"method": "DELETE", "url": "Patient/p2"}, "resource": json.loads(PATIENT), **modified},
        {"request": {"method": "DELETE", "url": "Observation?identifier=a/b|c"}},
        {"request": {"method": "DELETE", "url": "Patient/"}},
    ]
    write(tmp_path, bundle__json=json.dumps({"resourceType": "Bundle", "type": "history", "entry": entries}))
    con = staged(tmp_path)
    assert ids(con, "patient") == []
    found = con.execute(
        "SELECT resource_type, resource_id, last_updated, version_id FROM incoming.removed ORDER BY entry"
    )
    assert found.fetchall() == [("Patient", "p1", None, "3"), ("Patient", "p2", "2024-01-01T00:00:00Z", "7")]
    assert refusals(con) == [
        (1, 3, None, None, "missing-id", "Bundle.entry.request.url"),
        (1, 4, None, None, "missing-id", "Bundle.entry.request.url"),
    ]


def test_lines_named_json_whose_first_is_malformed_are_still_lines(tmp_path: Path) -> None:
    write(tmp_path, a__json=f'{{"resourceType": "Patient", "id": "x"\n{PATIENT}\n{OBSERVATION}\n')
    con = staged(tmp_path)
    assert (ids(con, "patient"), ids(con, "observation")) == (["p1"], ["o1"])
    assert [(line, reason) for line, _, _, _, reason, _ in refusals(con)] == [(1, "malformed-json")]


def test_a_broken_document_is_one_refusal(tmp_path: Path) -> None:
    write(tmp_path, a__json='{\n "resourceType": "Patient",\n "id": \n}\n')
    assert [(line, reason) for line, _, _, _, reason, _ in refusals(staged(tmp_path))] == [(1, "malformed-json")]


def test_several_resources_in_a_document_have_places_of_their_own(tmp_path: Path) -> None:
    one = json.dumps({"resourceType": "Patient", "id": "a", "address": "x"}, indent=2)
    write(tmp_path, a__json=f"{one}\n{json.dumps(json.loads(PATIENT), indent=2)}\n{one}\n")
    con = staged(tmp_path)
    assert ids(con, "patient") == ["p1"]
    assert [line for line, *_ in refusals(con)] == [1, 3]


@pytest.mark.parametrize("content", ["3", "null", '"text"', "[]"])
def test_whatever_a_file_holds_is_accounted_for(tmp_path: Path, content: str) -> None:
    write(tmp_path, a__json=content, b__ndjson=content)
    assert len(refusals(staged(tmp_path))) == 2


def test_a_path_with_an_apostrophe(tmp_path: Path) -> None:
    folder = tmp_path / "o'brien"
    folder.mkdir()
    write(folder, **{"it's__json": f"{PATIENT}\n{OBSERVATION}\n"})
    assert ids(staged(folder), "patient") == ["p1"]


def test_a_deeply_nested_first_line(tmp_path: Path) -> None:
    deep = '{"resourceType": "Patient", "id": "deep", "x": ' + "[" * 3000 + "]" * 3000 + "}"
    write(tmp_path, a__ndjson=f"{deep}\n{PATIENT}\n")
    con = staged(tmp_path)
    assert len(ids(con, "patient")) + len(refusals(con)) == 2


def test_refused_lines_name_line_resource_and_element(tmp_path: Path) -> None:
    lines = [OBSERVATION, "", WRONG_NUMBER, "{oops", WRONG_SHAPE, '{"id": "x"}', "[1]"]
    write(tmp_path, Observation__ndjson="\n".join(lines) + "\n")
    con = staged(tmp_path)
    assert ids(con, "observation") == ["o1"]
    assert refusals(con) == [
        (3, 0, "Observation", "o2", "invalid-shape", "Observation.valueQuantity.value"),
        (4, 0, None, None, "malformed-json", None),
        (5, 0, "Observation", "o3", "invalid-shape", "Observation.code"),
        (6, 0, None, None, "no-resource-type", None),
        (7, 0, None, None, "no-resource-type", None),
    ]


TRUE_FOR_A_NUMBER = [
    ("valueQuantity.value", '"valueQuantity": {"value": true}'),
    (
        "component.valueQuantity.value",
        '"component": [{"valueQuantity": {"value": 2}}, {"valueQuantity": {"value":false}}]',
    ),
    ("referenceRange.low.value", '"referenceRange": [{"low": {"value" : true}}]'),
]


@pytest.mark.parametrize(("element", "members"), TRUE_FOR_A_NUMBER)
@pytest.mark.parametrize("bundled", [False, True])
def test_a_boolean_is_no_number(tmp_path: Path, element: str, members: str, bundled: bool) -> None:
    line = f'{{"resourceType": "Observation", "id": "o2", {members}}}'
    entry = f'{{"resourceType": "Bundle", "entry": [{{"resource": {line}}}, {{"resource": {OBSERVATION}}}]}}'
    write(tmp_path, **{"Bundle__ndjson" if bundled else "Observation__ndjson": f"{entry if bundled else line}\n"})
    con = staged(tmp_path)
    assert refusals(con) == [(1, int(bundled), "Observation", "o2", "invalid-shape", f"Observation.{element}")]
    assert ids(con, "observation") == (["o1"] if bundled else [])


def test_a_boolean_elsewhere_under_the_name_of_a_number_is_read(tmp_path: Path) -> None:
    line = '{"resourceType": "Observation", "id": "o2", "valueQuantity": {"value": 1}, "extension": [{"value": true}]}'
    write(tmp_path, Observation__ndjson=f"{OBSERVATION}\n{line}\n")
    con = staged(tmp_path)
    assert (ids(con, "observation"), refusals(con)) == (["o1", "o2"], [])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"resourceType": "Patient"}'.encode("utf-16"), "is UTF-16, not UTF-8"),
        (b'{"resourceType": "Pat\x00ient"}', "holds a NUL byte at column 22"),
        (b'{"resourceType": "\xff"}', "is not UTF-8 at byte 19"),
        (b'{"resourceType": "Patient"}{}', "Extra data (column 28)"),
        (b'{"resourceType": "Secret Name', "Unterminated string starting at (column 18)"),
    ],
)
def test_malformed_line_is_explained_without_its_text(tmp_path: Path, line: bytes, message: str) -> None:
    write(tmp_path, Patient__ndjson=PATIENT.encode() + b"\n" + line + b"\n")
    con = staged(tmp_path)
    assert ids(con, "patient") == ["p1"]
    assert con.execute("SELECT line, reason, message FROM incoming.refused").fetchall() == [
        (2, "malformed-json", message)
    ]


def test_duplicate_key_is_refused(tmp_path: Path) -> None:
    write(tmp_path, Patient__ndjson=f'{PATIENT}\n{{"resourceType": "Patient", "id": "a", "id": "b"}}\n')
    con = staged(tmp_path)
    assert ids(con, "patient") == ["p1"]
    assert con.execute("SELECT line, message FROM incoming.refused").fetchall() == [(2, "has a key twice")]


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b""])
def test_ends_of_lines(tmp_path: Path, end: bytes) -> None:
    write(tmp_path, Patient__ndjson=PATIENT.encode() + (end or b"\n") + PATIENT.replace("p1", "p2").encode() + end)
    con = staged(tmp_path)
    assert (ids(con, "patient"), refusals(con)) == (["p1", "p2"], [])


@pytest.mark.parametrize(("name", "indent"), [("a__json", 2), ("a__json", None), ("a__ndjson", None)])
def test_a_byte_order_mark_is_ignored_in_every_layout(tmp_path: Path, name: str, indent: int | None) -> None:
    write(tmp_path, **{name: json.dumps(json.loads(PATIENT), indent=indent).encode("utf-8-sig")})
    con = staged(tmp_path)
    assert (ids(con, "patient"), refusals(con)) == (["p1"], [])


def test_values_of_a_document_that_are_too_large_stand_alone(tmp_path: Path) -> None:
    large = json.dumps({"resourceType": "Patient", "id": "large", "x": "y" * LIMITS.line}, indent=1)
    write(tmp_path, a__json=f"{json.dumps(json.loads(PATIENT), indent=1)}\n{large}\n")
    con = staged(tmp_path)
    assert ids(con, "patient") == ["p1"]
    assert [(line, reason) for line, _, _, _, reason, _ in refusals(con)] == [(2, "too-large")]


def test_blank_lines_and_crlf_keep_line_numbers(tmp_path: Path) -> None:
    second = PATIENT.replace("p1", "p2")
    write(tmp_path, Patient__ndjson=f"\r\n{PATIENT}\r\n\r\n   \r\n{second}\r\n")
    con = staged(tmp_path)
    assert con.execute("SELECT n, line FROM incoming.place ORDER BY n").fetchall() == [(1, 2), (2, 5)]


LINES = st.sampled_from(
    [
        *(f'{{"resourceType": "Observation", "id": "good-{n}", "status": "final"}}' for n in range(3)),
        WRONG_NUMBER,
        WRONG_SHAPE,
        "{oops",
        '{"resourceType": "Observation", "id": "twice", "id": "twice"}',
        '{"resourceType": "Observation", "id": "bad-period", "effectivePeriod": "2020"}',
    ]
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LINES, min_size=1, max_size=30))
def test_a_line_is_judged_alike_whatever_its_neighbours(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("neighbours")
    write(folder, Observation__ndjson="\n".join(lines) + "\n")
    con = staged(folder)
    assert ids(con, "observation") == sorted(json.loads(line)["id"] for line in lines if "good-" in line)
    refused = [number for number, *_ in refusals(con)]
    assert refused == [number for number, line in enumerate(lines, start=1) if "good-" not in line]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: folder / "missing", "no such file or folder"),
        (lambda folder: folder, "nothing to read"),
    ],
)
def test_unreadable_paths_are_one_line_errors(tmp_path: Path, make: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        sources.find(make(tmp_path))


def test_damaged_gz_is_an_error_and_leaves_no_landing(tmp_path: Path) -> None:
    damaged = gzip.compress((PATIENT + "\n").encode() * 100_000)[:-20]
    write(tmp_path, Patient__ndjson__gz=damaged)
    with pytest.raises(InputError, match="cannot be read"):
        landing.land(sources.find(tmp_path / "in"), tmp_path / "landing", source="main", limits=LIMITS)
    assert not (tmp_path / "landing").exists()
