"""OMOP CDM v5.4: the facts, the DuckDB tables and the SQLAlchemy metadata say the same."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from onco_etl import cdm, cdm_metadata

SPECIFICATION = Path(__file__).resolve().parents[3] / "shared" / "reference" / "cdm_v54_fields.csv"


def test_every_table_of_the_specification() -> None:
    assert len(cdm.fields()) == 39
    assert sum(len(fields) for fields in cdm.fields().values()) == 432
    assert cdm.columns("death") == (
        "person_id",
        "death_date",
        "death_datetime",
        "death_type_concept_id",
        "cause_concept_id",
        "cause_source_value",
        "cause_source_concept_id",
    )


def test_facts_equal_the_specification() -> None:
    if not SPECIFICATION.exists():
        pytest.skip("../shared/reference is not there")
    with SPECIFICATION.open(encoding="utf-8") as source:
        specified = [
            (
                row["table"],
                row["field"].strip('"'),
                row["type"].lower().replace("varchar(max)", "text"),
                row["required"],
            )
            for row in csv.DictReader(source)
        ]
    facts = [
        (field.table, field.name, field.type, "Yes" if field.required else "No")
        for fields in cdm.fields().values()
        for field in fields
    ]
    assert facts == specified


def test_duckdb_tables() -> None:
    con = duckdb.connect()
    cdm.create_tables(con)
    described = con.execute("DESCRIBE cdm.measurement").fetchall()
    assert [row[0] for row in described] == list(cdm.columns("measurement"))
    kinds = {row[0]: (row[1], row[2]) for row in described}
    assert kinds["measurement_id"] == ("INTEGER", "NO")
    assert kinds["value_as_number"] == ("DOUBLE", "YES")
    assert kinds["measurement_datetime"] == ("TIMESTAMP", "YES")


def test_keys_point_to_rows() -> None:
    assert cdm.primary_key("measurement") == "measurement_id"
    assert cdm.primary_key("death") is None
    assert cdm.key_references("observation") == {
        "person_id": "person",
        "provider_id": "provider",
        "visit_occurrence_id": "visit_occurrence",
        "visit_detail_id": "visit_detail",
        "observation_event_id": "",
    }


def test_metadata_for_postgres() -> None:
    table = cdm_metadata.metadata().tables["cdm.drug_era"]
    assert [column.name for column in table.columns] == list(cdm.columns("drug_era"))
    assert [key.target_fullname for key in table.c.person_id.foreign_keys] == ["cdm.person.person_id"]
    ddl = str(CreateTable(table).compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]
    assert "drug_era_id INTEGER NOT NULL" in ddl
    assert "SERIAL" not in ddl
    assert isinstance(cdm_metadata.metadata().tables["cdm.note"].c.note_text.type, sa.Text)
