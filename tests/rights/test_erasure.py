"""`erase`: no byte of the data folder holds the person any more, and everybody else is as before."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from etl.site import Site, patient, weight
from etl.test_rebuild import tables
from onco_etl import erasure, pipeline, quality, rebuild, replica, workspace
from onco_etl.errors import ConfigurationError
from rights import planted

PERSON = "Patient/zqid-p"


class Erased:
    """A site before and after the erasure of its planted patient."""

    def __init__(self, folder: Path) -> None:
        self.site = Site(folder)
        planted.nights(self.site)
        self.data = self.site.settings.data
        _compute(self.site)
        self.traces = planted.traces(self.data)
        self.before = planted.everything(self.site)
        self.person: int = self.site.workspace("SELECT id FROM keys.person WHERE contains(row_key, 'zqid')")[0][0]
        self.resource_keys = [
            key for (key,) in self.site.workspace("SELECT id FROM keys.resource WHERE contains(row_key, 'zqid')")
        ]
        self.scope = erasure.scope(self.site.settings, PERSON)
        self.unchanged_by_looking = planted.everything(self.site) == self.before
        self.done = erasure.erase(self.site.settings, PERSON)
        self.after = planted.everything(self.site)


def _compute(site: Site) -> None:
    """What a recompute leaves of each person, and of many together."""
    with workspace.connect(site.settings.data) as con:
        con.execute(
            """
            CREATE TABLE results.endpoint AS SELECT person_id AS subject_id, 3 AS time_days FROM cdm.person;
            CREATE TABLE results.worked_out AS SELECT 'orr' AS measure, 0.5 AS estimate;
            """
        )


@pytest.fixture(scope="module", name="erased")
def _erased(tmp_path_factory: pytest.TempPathFactory) -> Erased:
    return Erased(tmp_path_factory.mktemp("erased"))


def test_the_tokens_are_planted_everywhere(erased: Erased) -> None:
    found = {trace.split("/")[0].split(":")[0] for trace in erased.traces}
    assert found == {"landing", "workspace.duckdb", "published", "pull"}
    assert sum(trace.startswith("landing") for trace in erased.traces) > 20


def test_what_it_says_beforehand_and_that_it_changes_nothing(erased: Erased) -> None:
    assert erased.scope == erased.done
    assert erased.unchanged_by_looking
    assert erased.scope is not None
    assert erased.scope.patients == (PERSON,)
    assert (erased.scope.linked, erased.scope.mentions) == ((), 0)
    assert erased.scope.resources == {
        "Account": 1,
        "AdverseEvent": 1,
        "Condition": 1,
        "Coverage": 1,
        "Encounter": 1,
        "MedicationAdministration": 1,
        "MedicationDispense": 1,
        "MedicationRequest": 1,
        "MedicationStatement": 1,
        "Observation": 9,
        "Patient": 1,
        "Procedure": 1,
        "Task": 1,
    }


def test_no_byte_of_the_data_folder_holds_the_person(erased: Erased) -> None:
    assert planted.traces(erased.data) == []
    assert not erased.data.joinpath("workspace.duckdb.wal").exists()
    assert [path.name for path in erased.data.glob("workspace*")] == ["workspace.duckdb"]


def test_no_row_has_the_persons_number(erased: Erased) -> None:
    for path in (erased.data / "workspace.duckdb", erased.data / "published" / replica.CURRENT):
        with duckdb.connect(path, read_only=True) as con:
            columns = con.execute(
                "SELECT schema_name, table_name, column_name FROM duckdb_columns() "
                "WHERE column_name IN ('person_id', 'subject_id', '_resource_key', 'resource_key') AND NOT internal"
            ).fetchall()
            assert len(columns) > 20
            for schema, table, column in columns:
                gone = [erased.person] if column in ("person_id", "subject_id") else erased.resource_keys
                query = f'SELECT count(*) FROM "{schema}"."{table}" WHERE {column} IN ({", ".join(map(str, gone))})'
                assert con.execute(query).fetchone() == (0,), (schema, table, column)


def test_everybody_else_is_as_before(erased: Erased) -> None:
    for name, rows in erased.after.items():
        if name == "state.landed":
            assert {row.replace('"erased"', '"zqid-p.json"') for row in rows} == erased.before[name]
            continue
        assert rows <= erased.before[name], name
        for text in erased.before[name] - rows:
            row: dict[str, Any] = json.loads(text)
            is_theirs = "zqid" in text or row.get("person_id") == erased.person
            is_theirs = is_theirs or row.get("_resource_key") in erased.resource_keys
            is_theirs = is_theirs or f"person/{erased.person}/" in str(row.get("row_key"))
            # Lines that name no resource, and the version that was theirs by mistake.
            assert is_theirs or row.get("resource") in (None, "main/Observation/moved", "main/Task/zqid-Task"), (
                name,
                row,
            )
    assert any("moved" in row for row in erased.after["cdm.measurement"] | erased.after["keys.measurement"])


def test_results_keep_the_numbers_of_many_and_lose_the_persons(erased: Erased) -> None:
    kept = (
        erased.site.published("SELECT count(*) FROM results.endpoint"),
        erased.site.published("FROM results.worked_out"),
    )
    assert kept == ([(2,)], [("orr", pytest.approx(0.5))])


def test_it_is_recorded_without_whom(erased: Erased) -> None:
    (record,) = erased.site.workspace("SELECT run, finished >= begun, resources, lines, files FROM state.erasure")
    assert erased.scope is not None
    assert record == (4, True, sum(erased.scope.resources.values()), erased.scope.lines, erased.scope.files)
    manifest = json.loads((erased.data / "landing" / "000002" / "manifest.json").read_text())
    assert [(file["name"], file.get("removed")) for file in manifest["files"]] == [
        ("bad.ndjson", {"erasure": 3}),
        ("bundles.ndjson", {"erasure": 3}),
        ("erased", {"erasure": 2}),
    ]
    assert erased.site.published("SELECT max(run) FROM registry.runs") == [(4,)]
    assert len(list((erased.data / "published").glob("warehouse-*"))) == 1


def test_the_checks_pass_and_a_rebuild_gives_the_same(erased: Erased) -> None:
    def failing() -> list[str]:
        with workspace.connect(erased.data) as con:
            return [f"{r.check} {r.cdm_table}" for r in quality.check(con, erased.data) if r.status == "fail"]

    books = ("fates_counted", "reason_documented", "lines_accounted", "key_", "row_has", "resource_has")
    assert [name for name in failing() if name.startswith(books)] == []
    before = tables(erased.site)
    rebuild.rebuild(erased.site.settings)
    assert tables(erased.site) == before
    assert planted.traces(erased.data) == []
    assert erased.site.workspace("SELECT count(*) FROM state.suppressed")[0][0] > 20
    # The next night of somebody else.
    assert erased.site.night(weight("o1", "p2", value=63), patient("p4")) == {"mapped": 2}


def test_without_the_workspace_the_rebuild_neither_uses_a_number_again_nor_lets_anybody_in(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.night(patient("p2"), patient("zqid-p"), weight("zqid-o1", "zqid-p"))
    (person,) = site.workspace("SELECT id FROM keys.person WHERE contains(row_key, 'zqid')")
    erasure.erase(site.settings, PERSON)
    before = tables(site)
    site.settings.data.joinpath(workspace.FILE).unlink()
    rebuild.rebuild(site.settings)
    assert tables(site) == before
    assert site.night(patient("p3"), patient("zqid-p")) == {"excluded": 1, "mapped": 1}
    assert site.workspace("SELECT id FROM keys.person WHERE row_key = 'main/Patient/p3'") == [(person[0] + 1,)]
    assert site.workspace("SELECT count(*) FROM state.erasure") == [(1,)]


def test_linked_records_are_named_and_go_on_request(tmp_path: Path) -> None:
    site = Site(tmp_path)
    replaced = [{"type": "replaced-by", "other": {"reference": "Patient/p2"}}]
    site.night(
        patient("zqid-p", link=replaced), patient("p2"), patient("p3"), weight("zqid-o1", "zqid-p"), weight("o2", "p2")
    )
    scope = erasure.scope(site.settings, PERSON)
    assert scope is not None
    assert (scope.linked, scope.resources) == (("Patient/p2",), {"Observation": 1, "Patient": 1})
    copied = replace(site.settings, data=tmp_path / "copy")
    shutil.copytree(site.settings.data, copied.data, symlinks=True)
    erasure.erase(site.settings, PERSON)
    assert site.rows() == [(1970, None, 60.0)]
    assert planted.traces(site.settings.data) == []
    erasure.erase(copied, "Patient/p2", linked=True)
    site.settings = copied
    assert site.rows() == []
    assert site.workspace("SELECT row_key FROM keys.resource") == [("main/Patient/p3",)]


def test_unknown_and_mistyped_patients(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.night(patient("p2"), weight("o1", "p1"))
    with pytest.raises(ConfigurationError, match=r"no such patient was received from source 'main'$"):
        erasure.erase(site.settings, "Patient/p9")
    with pytest.raises(ConfigurationError, match="written as Patient/123"):
        erasure.erase(site.settings, "Observation/o1")
    # One who was only referred to can be erased, and is then kept out.
    assert erasure.erase(site.settings, "Patient/p1") is not None
    with pytest.raises(ConfigurationError, match="it is kept out, for it was erased"):
        erasure.erase(site.settings, "Patient/p1")
    assert pipeline.remap(site.settings).fates == {}


def test_a_patient_of_another_source_is_named_with_it(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.night(patient("p1"), weight("o1", "p1"))
    main = site.settings
    site.settings = replace(main, source="clinic")
    site.night(patient("p1"), weight("o1", "p1", value=70.0), patient("p7"), weight("o7", "p7", value=77.0))
    site.settings = main
    pulled = main.data / "pull" / "Patient.ndjson"
    pulled.parent.mkdir()
    pulled.write_text(json.dumps(patient("p1")) + "\n", encoding="utf-8")
    with pytest.raises(ConfigurationError) as error:
        erasure.scope(main, "Patient/p7")
    assert str(error.value) == (
        "no such patient was received from source 'main'; one of that id came from clinic: name it as SOURCE/Patient/ID"
    )
    with pytest.raises(ConfigurationError, match=r"source 'other'; one of that id came from clinic, main:"):
        erasure.erase(main, "other/Patient/p1")
    before = (tmp_path / "data/landing/000001").joinpath("00001.json.zst").read_bytes()
    found = erasure.erase(main, "clinic/Patient/p1")
    assert found is not None
    assert (found.patients, found.resources, found.rows) == (("Patient/p1",), {"Observation": 1, "Patient": 1}, 2)
    assert [value for *_, value in site.rows()] == [60.0, 77.0]
    assert (tmp_path / "data/landing/000001").joinpath("00001.json.zst").read_bytes() == before
    # What is pulled is of this source, whose patient of that id is another.
    assert json.loads(pulled.read_text(encoding="utf-8")) == patient("p1")
    with pytest.raises(ConfigurationError, match="from source 'clinic'; it is kept out, for it was erased"):
        erasure.erase(main, "clinic/Patient/p1")
    assert erasure.erase(main, "main/Patient/p1") is not None
    assert pulled.read_text(encoding="utf-8").strip() == ""
    assert [value for *_, value in site.rows()] == [77.0]
    assert rebuild.rebuild(main).fates == {"mapped": 2}


_NUMBER = {"system": "urn:s", "value": "住院A12"}
_CONTAINED = [{"resourceType": "Patient", "id": "x", "identifier": [_NUMBER]}]
_ABOUT_THEM: dict[str, dict[str, Any]] = {
    "contained": {"resourceType": "Coverage", "id": "c1", "contained": _CONTAINED, "beneficiary": {"reference": "#x"}},
    "contained, mapped": weight("o2", subject={"reference": "#x"}, contained=_CONTAINED),
    "one of two": {
        "resourceType": "Account", "id": "a1", "subject": [{"reference": "Device/9"}, {"reference": "Patient/p1"}],
    },
    "identifier": {"resourceType": "Coverage", "id": "c2", "beneficiary": {"identifier": _NUMBER}},
}  # fmt: skip


@pytest.mark.parametrize("bundled", [False, True])
@pytest.mark.parametrize("way", _ABOUT_THEM)
def test_what_comes_again_about_them_is_dropped_however_it_says_whom_it_is_about(
    tmp_path: Path, way: str, bundled: bool
) -> None:
    site = Site(tmp_path)
    site.night(patient("p1", identifier=[_NUMBER]), weight("o1"))
    erasure.erase(site.settings, "Patient/p1")
    others = weight("o9", "p9", subject={"reference": "#x"}, contained=[{"resourceType": "Patient", "id": "x"}])
    came = [{**_ABOUT_THEM[way], "language": "zqid"}, others]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in came]}
    site.night(*([bundle] if bundled else came))
    ((theirs,), (other,)) = site.workspace("SELECT reason FROM state.ledger WHERE run = 3 ORDER BY line, entry")
    assert (theirs, other != "erased") == ("erased", True)
    assert planted.traces(site.settings.data) == []


_ODD = '{"resourceType": "Coverage", "id": "c"'
_DEEP = "[" * 3000 + "]" * 3000


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (f'{_ODD}, "beneficiary": {{"reference": "#x"}}, "z": {_DEEP}}}', "unsupported-type"),
        (f'{_ODD}, "subject": [{{"reference": "Patient/p1"}}], "z": {_DEEP}}}', "erased"),
        ('{"resourceType": "Coverage", "x": {"system": "urn:s", "value": "\\u4F4F\u9662A12"}', "erased"),
        ('{"resourceType": "Coverage", "x": {"system": "urn:t", "value": "\\u4F4F\u9662A12"}', "malformed-json"),
        (f'{_ODD}, "subject": [], "n": {"9" * 5000}}}', "unsupported-type"),
        (json.dumps(weight("o3", "p9", subject=[{"reference": "Patient/p1\0"}])), "erased"),
        (
            json.dumps({"resourceType": "Coverage", "id": "c", "beneficiary": {"reference": "#x"},
                        "contained": [{**_CONTAINED[0], "identifier": [{"value": "a\0b"}]}]}),
            "unsupported-type",
        ),
    ],
    ids=["deep", "deep, theirs", "broken, theirs", "broken", "long number", "NUL, refused", "NUL, identifier"],
)  # fmt: skip
def test_after_an_erasure_an_odd_line_has_its_fate_and_the_rest_goes_on(tmp_path: Path, line: str, reason: str) -> None:
    site = Site(tmp_path)
    site.night(patient("p1", identifier=[_NUMBER]))
    erasure.erase(site.settings, "Patient/p1")
    site.night(line, patient("p2"))
    assert site.workspace("SELECT reason FROM state.ledger WHERE run = 3 ORDER BY line") == [(reason,), ("rows",)]


@pytest.mark.parametrize("value", ["住院A12", r"\u4f4f\u9662A12", r"\u4F4F\u9662A12", r"\u4F4F院\u004112"])
@pytest.mark.parametrize("end", ["}}", ""])
def test_an_identifier_is_found_however_its_letters_are_written(tmp_path: Path, value: str, end: str) -> None:
    start = '{"resourceType": "Coverage", "id": "c1", "language": "zqid", "beneficiary": {"identifier": '
    site = Site(tmp_path)
    site.night(patient("p1", identifier=[_NUMBER]), f'{start}{{"system": "urn:s", "value": "{value}"}}{end}')
    erasure.erase(site.settings, "Patient/p1")
    assert planted.traces(site.settings.data) == []
