"""What is unmapped goes to Usagi and comes back as a map; what is no map is refused by line and column."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from onco_etl import pipeline, unmapped, workspace
from onco_etl.errors import ConfigurationError
from onco_etl.settings import EtlSettings
from onco_etl.site_map import read_site_map, read_site_systems

LOCAL = "http://example.org/lab"
# The columns of a file that Usagi 1.4 saves.
USAGI = (
    "sourceCode,sourceName,sourceFrequency,sourceAutoAssignedConceptIds,ADD_INFO:system,matchScore,mappingStatus,"
    "equivalence,statusSetBy,statusSetOn,conceptId,conceptName,domainId,mappingType,comment,createdBy,createdOn,"
    "assignedReviewer"
)
# Those of its export.
EXPORTED = (
    "source_code,source_concept_id,source_vocabulary_id,source_code_description,target_concept_id,"
    "target_vocabulary_id,valid_start_date,valid_end_date,invalid_reason\r\n"
)


def batch(folder: Path, name: str, resources: list[dict[str, Any]]) -> Path:
    path = folder / f"{name}.ndjson"
    path.write_text("\n".join(json.dumps(resource) for resource in resources), encoding="utf-8")
    return path


def laboratory(name: str, coding: list[dict[str, str]], text: str | None = None) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2024-01-01",
        "code": {"coding": coding, **({"text": text} if text else {})},
        "valueQuantity": {"value": 3},
    }


def test_what_is_unmapped_goes_to_usagi_and_comes_back(tmp_path: Path) -> None:
    settings = EtlSettings(data=tmp_path / "data", validation_sample=0)
    pipeline.init(settings)
    twice = [{"system": LOCAL, "code": "Na+", "display": 'Sodium, "serum"'}]
    resources = [
        {"resourceType": "Patient", "id": "p1", "birthDate": "1970"},
        laboratory("o1", twice),
        laboratory("o2", twice),
        laboratory("o3", [], text="Mrs Wang's test"),
        laboratory("o4", [{"system": LOCAL, "code": "void"}]),
        laboratory("o5", [{"system": LOCAL, "code": "unchecked"}]),
    ]
    pipeline.sync(settings, batch(tmp_path, "first", resources))
    exported = tmp_path / "unmapped.csv"
    with workspace.connect(settings.data, read_only=True) as con:
        assert unmapped.export(con, exported) == 4
    assert exported.stat().st_mode & 0o777 == 0o600
    with exported.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    hashed = rows[1]["source_code"]
    assert hashed.startswith("text:")
    assert [tuple(row.values()) for row in rows] == [
        ("Na+", 'Sodium, "serum"', "2", LOCAL, "", "measurement", "measurement_concept_id"),
        (hashed, "Mrs Wang's test", "1", "", "", "measurement", "measurement_concept_id"),
        ("unchecked", "unchecked", "1", LOCAL, "", "measurement", "measurement_concept_id"),
        ("void", "void", "1", LOCAL, "", "measurement", "measurement_concept_id"),
    ]

    # As Usagi saves it.
    decided = {"Na+": ("APPROVED", 3013721), hashed: ("APPROVED", 3006923), "void": ("APPROVED", 0)}
    saved = tmp_path / "saved.csv"
    with saved.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, USAGI.split(","), restval="")
        writer.writeheader()
        for row in rows:
            status, target = decided.get(row["source_code"], ("UNCHECKED", 8576))
            writer.writerow(
                {
                    "sourceCode": row["source_code"],
                    "sourceName": row["source_name"],
                    "sourceFrequency": row["frequency"],
                    "ADD_INFO:system": row["system"],
                    "mappingStatus": status,
                    "conceptId": target,
                    "mappingType": "MAPS_TO",
                }
            )
    mapped = replace(settings, site_map=saved)
    pipeline.remap(mapped)
    with workspace.connect(settings.data, read_only=True) as con:
        assert con.execute(
            "SELECT measurement_source_value, measurement_concept_id FROM cdm.measurement ORDER BY ALL"
        ).fetchall() == [("Na+", 3013721), ("Na+", 3013721), (hashed, 3006923), ("unchecked", 0), ("void", 0)]
        # Left unmapped on purpose: no longer work.
        assert [row["source_code"] for row in unmapped.worklist(con)] == ["unchecked"]


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("CREATE SCHEMA mapping; CREATE TABLE mapping.system (system VARCHAR, vocabulary_id VARCHAR, n INTEGER)")
    con.execute("INSERT INTO mapping.system VALUES ('http://loinc.org', 'LOINC', 3)")
    return con


def read(con: duckdb.DuckDBPyConnection, path: Path, text: str) -> list[tuple[Any, ...]]:
    """What a map is read as: code, vocabulary, target and whether it is a value."""
    path.write_text(text, encoding="utf-8", newline="")
    read_site_map(con, path)
    return con.execute(
        "SELECT source_code, source_vocabulary_id, target_concept_id, is_value FROM site_row ORDER BY n"
    ).fetchall()


def saved(*rows: str) -> str:
    """A file of Usagi with rows of code, system, status, concept and kind."""
    lines = ["sourceCode,ADD_INFO:system,mappingStatus,conceptId,mappingType", *rows]
    return "\r\n".join(lines) + "\r\n"


def test_of_a_file_that_usagi_saves_only_what_is_approved_counts(con: Any, tmp_path: Path) -> None:
    text = saved(
        f"a,{LOCAL},APPROVED,1,MAPS_TO",
        f"a,{LOCAL},APPROVED,2,MAPS_TO_VALUE",
        f"b,{LOCAL},UNCHECKED,3,MAPS_TO",
        f"c,{LOCAL},IGNORED,4,MAPS_TO",
        f'"d,""e""",{LOCAL},APPROVED,0,EVENT',
        "f,,APPROVED,5,VALUE",
    )
    assert read(con, tmp_path / "saved.csv", text) == [
        ("a", LOCAL, 1, False),
        ("a", LOCAL, 2, True),
        ('d,"e"', LOCAL, 0, False),
        ("f", "", 5, True),
    ]


def test_an_export_of_usagi_is_a_source_to_concept_map(con: Any, tmp_path: Path) -> None:
    text = EXPORTED + "a,0,LOINC,name,1,SNOMED,1970-01-01,2099-12-31,\r\ntext:0123,0,,free,2,None,,,\r\n"
    assert read(con, tmp_path / "map.csv", text) == [("a", "LOINC", 1, False), ("text:0123", "", 2, False)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (saved("a,x:y,APPROVED,one,MAPS_TO"), "line 2: column conceptId: 'one' is not a concept id"),
        (saved("a,x:y,APPROVED,1,MAPS_TO", ",x:y,APPROVED,1,MAPS_TO"), "line 3: column sourceCode is empty"),
        (saved("a,x:y,MAYBE,1,MAPS_TO"), "line 2: column mappingStatus: 'MAYBE' is no status of Usagi"),
        (saved("a,x:y,APPROVED,1,MAPS_TO_UNIT"), "line 2: column mappingType: 'MAPS_TO_UNIT' is not supported"),
        (saved("a,x:y,APPROVED"), "line 2: has not 5 columns"),
        ("sourceCode,mappingStatus,conceptId\r\n", "line 1: column ADD_INFO:system is missing"),
        (EXPORTED + "a,0,HOSPITAL,,1,SNOMED,,,\r\n", "line 2: column source_vocabulary_id: 'HOSPITAL' is neither"),
        (EXPORTED + "a,0,,,1,SNOMED,,,\r\n", "line 2: column source_vocabulary_id is empty"),
    ],
)
def test_what_is_no_map_is_refused(con: Any, tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        read(con, tmp_path / "map.csv", text)


def test_a_site_names_its_own_systems(con: Any, tmp_path: Path) -> None:
    path = tmp_path / "systems.csv"
    path.write_text(
        f"system,vocabulary_id,preference\n{LOCAL},HOSPITAL,1\nhttp://loinc.org,LOINC,9\n", encoding="utf-8"
    )
    read_site_systems(con, path)
    assert con.execute("FROM mapping.system ORDER BY ALL").fetchall() == [
        (LOCAL, "HOSPITAL", 1),
        ("http://loinc.org", "LOINC", 9),
    ]
    text = EXPORTED + "a,0,HOSPITAL,,1,SNOMED,,,\r\n"
    assert read(con, tmp_path / "map.csv", text) == [("a", "HOSPITAL", 1, False)]
    path.write_text("system,vocabulary_id,preference\nx:y,Z,first\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="line 2: column preference: 'first' is not a number"):
        read_site_systems(con, path)


def test_an_export_is_no_map_and_neither_is_any_other_file(tmp_path: Path) -> None:
    settings = EtlSettings(data=tmp_path / "data", validation_sample=0)
    pipeline.init(settings)
    exported, other = tmp_path / "work.csv", tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n", encoding="utf-8")
    with workspace.connect(settings.data, read_only=True) as con:
        unmapped.export(con, exported)
    with duckdb.connect() as con:
        con.execute("CREATE SCHEMA mapping; CREATE TABLE mapping.system (vocabulary_id VARCHAR)")
        with pytest.raises(ConfigurationError) as error:
            read_site_map(con, exported)
        assert str(error.value) == (
            f"{exported}: this is what `unmapped export` wrote, not yet a map: open it in Usagi, approve, save, and "
            "name the saved file in the setting site_map"
        )
        with pytest.raises(ConfigurationError, match="neither a SOURCE_TO_CONCEPT_MAP nor a file that Usagi saves"):
            read_site_map(con, other)


@pytest.mark.parametrize("kept", ["patients: do not lose", f"{USAGI}\r\nNa+,Sodium\r\n", ""])
def test_an_export_takes_the_place_of_its_own_earlier_one_alone(tmp_path: Path, kept: str) -> None:
    settings = EtlSettings(data=tmp_path / "data", validation_sample=0)
    pipeline.init(settings)
    out = tmp_path / "work.csv"
    out.write_text(kept, encoding="utf-8", newline="")
    with workspace.connect(settings.data, read_only=True) as con:
        with pytest.raises(ConfigurationError) as error:
            unmapped.export(con, out)
        assert str(error.value) == (f"{out}: exists already, and is no earlier export; choose another file with --out")
        assert out.read_bytes() == kept.encode()
        with pytest.raises(ConfigurationError, match="exists already"):
            unmapped.export(con, tmp_path)
        out.unlink()
        for _ in range(2):
            assert unmapped.export(con, out) == 0
    assert out.read_text(encoding="utf-8") == "source_code,source_name,frequency,system,vocabulary_id,cdm_table,field\n"
