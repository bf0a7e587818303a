"""Concept maps: what decides among codes, texts and the site's own map."""

from __future__ import annotations

import csv
import zipfile
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from onco_etl import cdm, concepts, vocabulary_slice
from onco_etl.errors import ConfigurationError, MappingError

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
LOCAL = "http://example.org/drug"
HEADER = (
    "source_code,source_concept_id,source_vocabulary_id,source_code_description,target_concept_id,"
    "target_vocabulary_id,valid_start_date,valid_end_date,invalid_reason\n"
)
NIVOLUMAB, PEMBROLIZUMAB, DOCETAXEL = 45892628, 45775965, 1315942


def taken(concept: dict[str, Any]) -> dict[str, Any]:
    return {
        "resourceType": "MedicationAdministration",
        "id": "m1",
        "status": "completed",
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2024-01-01",
        "medicationCodeableConcept": concept,
    }


def coding(system: str, code: str, display: str | None = None) -> dict[str, Any]:
    return {"system": system, "code": code, **({"display": display} if display else {})}


def drug(mapped: Any, concept: dict[str, Any]) -> tuple[Any, ...]:
    row: tuple[Any, ...] = mapped(taken(concept)).row("drug_exposure", "drug_concept_id, drug_source_value")
    return row


def test_the_preferred_system_decides(mapped: Any) -> None:
    both = [coding("http://www.whocc.no/atc", "L01FF01"), coding(RXNORM, "1547545")]
    assert drug(mapped, {"coding": both}) == (PEMBROLIZUMAB, "1547545")


def test_of_one_system_the_first_decides(mapped: Any) -> None:
    assert drug(mapped, {"coding": [coding(RXNORM, "1597876"), coding(RXNORM, "1547545")]}) == (NIVOLUMAB, "1597876")


def test_a_code_decides_before_a_text(mapped: Any) -> None:
    concept = {"coding": [coding(RXNORM, "1547545", "多西他赛")], "text": "多西他赛"}
    assert drug(mapped, concept) == (PEMBROLIZUMAB, "1547545")


def test_the_text_decides_before_a_display(mapped: Any) -> None:
    concept = {"coding": [coding(LOCAL, "YP9", "可瑞达")], "text": "多西他赛"}
    assert drug(mapped, concept) == (DOCETAXEL, "YP9")


def test_071_a_text_that_decides_beside_an_unmapped_code_is_recorded(mapped: Any) -> None:
    beside = {"coding": [coding(LOCAL, "YP9")], "text": "多西他赛"}
    answer = {"coding": [coding("http://example.org/answer", "1")], "text": "PR"}
    found = mapped(
        taken(beside),
        {**taken({"text": "多西他赛"}), "id": "m2"},
        {
            "resourceType": "Observation",
            "id": "o1",
            "status": "final",
            "subject": {"reference": "Patient/p1"},
            "effectiveDateTime": "2024-01",
            "code": {"coding": [coding("http://example.org/item", "LX")], "text": "总体疗效评价"},
            "valueCodeableConcept": answer,
        },
    )
    assert found.rows("drug_exposure", "drug_concept_id, drug_source_value, derivation") == [
        (DOCETAXEL, "YP9", "end: start; concept: known text"),
        (DOCETAXEL, "多西他赛", "end: start"),
    ]
    columns = "value_as_concept_id, measurement_source_value, value_source_value, derivation"
    assert found.row("measurement", columns) == (
        1635152, "LX", "1", "precision: month; concept: known text; value: known text",
    )  # fmt: skip


def test_a_resolving_coding_decides_before_one_that_does_not(mapped: Any) -> None:
    concept = {"coding": [coding(RXNORM, "0"), coding("http://www.whocc.no/atc", "L01FF01")]}
    assert drug(mapped, concept) == (NIVOLUMAB, "L01FF01")


def test_032_033_unresolved_keeps_the_code_as_received(mapped: Any) -> None:
    assert drug(mapped, {"coding": [coding(LOCAL, "x" * 60, "something")], "text": "something"}) == (0, "x" * 50)


def test_an_unknown_text_leaves_a_hash_only(mapped: Any) -> None:
    found = drug(mapped, {"text": "Mr Li's own herbs"})
    assert found[0] == 0
    assert found[1].startswith("text:")
    assert len(found[1]) == 21


def test_nothing_at_all(mapped: Any) -> None:
    assert drug(mapped, {}) == (0, None)


def test_a_drug_is_not_a_diagnosis(mapped: Any) -> None:
    found = mapped(
        {
            "resourceType": "Condition",
            "id": "c1",
            "subject": {"reference": "Patient/p1"},
            "onsetDateTime": "2024-01-01",
            "code": {"text": "CR"},
        },
        taken({"text": "高血压"}),
    )
    assert found.rows("condition_occurrence", "condition_concept_id") == [(0,)]
    assert found.rows("drug_exposure", "drug_concept_id") == [(0,)]


def test_one_row_per_concept_and_target(mapped: Any, con: Any) -> None:
    code = {"coding": [coding("http://snomed.info/sct", "94391008")]}
    done = {"resourceType": "Procedure", "subject": {"reference": "Patient/p1"}, "performedDateTime": "2024-01-01"}
    done["status"] = "completed"
    con.execute(
        "INSERT INTO mapping.starter BY NAME SELECT 'SNOMED' AS vocabulary_id, '94391008' AS concept_code,"
        " 36770283 AS concept_id, 'Measurement' AS domain_id, 999999999 AS target_no"
    )
    mapped({**done, "id": "a", "code": code}, {**done, "id": "b", "code": code})
    rows = con.execute(
        "SELECT used_as, target_no, concept_id, domain_id, source_concept_id, source_value FROM mapping.codeable"
        " ORDER BY target_no"
    ).fetchall()
    assert rows == [
        ("event", 1, 254591, "Condition", 254591, "94391008"),
        ("event", 2, 36770283, "Measurement", 0, "94391008"),
    ]


def test_a_procedure_coded_as_a_drug_has_no_drug_for_a_concept(mapped: Any) -> None:
    code = {"coding": [coding("http://www.nlm.nih.gov/research/umls/rxnorm", "1547545")]}
    done = {"resourceType": "Procedure", "subject": {"reference": "Patient/p1"}, "performedDateTime": "2024-01-01"}
    found = mapped({**done, "id": "a", "status": "completed", "code": code})
    assert found.rows("procedure_occurrence", "procedure_concept_id, procedure_source_value") == [(0, "1547545")]


def test_two_concepts_of_one_key_are_refused(mapped: Any, con: Any) -> None:
    con.execute("CREATE OR REPLACE TEMP MACRO codeable_key(used_as, concept) AS 1")
    with pytest.raises(MappingError, match="same key"):
        mapped(taken({"text": "a"}), {**taken({"text": "b"}), "id": "m2"})


def test_the_site_decides_before_everything(mapped: Any, con: Any, tmp_path: Path) -> None:
    path = tmp_path / "site's map.csv"
    path.write_text(
        HEADER
        + f"YP9,,{LOCAL},,{PEMBROLIZUMAB},RxNorm,2020-01-01,2099-12-31,\n"
        + f"1597876,0,RxNorm,,{DOCETAXEL},RxNorm,2020-01-01,2099-12-31,\n"
        + f"1597876,0,{RXNORM},,{DOCETAXEL},RxNorm,2020-01-01,2099-12-31,\n"
        + f"1547545,0,RxNorm,,{DOCETAXEL},RxNorm,2020-01-01,2099-12-31,D\n",
        encoding="utf-8",
    )
    concepts.load(con, site_map=path)
    assert drug(mapped, {"coding": [coding(LOCAL, "YP9"), coding(RXNORM, "72962")]}) == (PEMBROLIZUMAB, "YP9")
    con.execute("DELETE FROM staged.medication_administration")
    assert drug(mapped, {"coding": [coding(RXNORM, "1597876")]}) == (DOCETAXEL, "1597876")
    assert con.execute("SELECT count(*) FROM mapping.codeable").fetchone() == (1,)
    con.execute("DELETE FROM staged.medication_administration")
    assert drug(mapped, {"coding": [coding(RXNORM, "1547545")]}) == (PEMBROLIZUMAB, "1547545")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("source_code,target_concept_id\n", "line 1: column source_concept_id is missing"),
        (HEADER + "A,0,http://x,,twelve,RxNorm,,,\n", "line 2: column target_concept_id: 'twelve' is not a concept id"),
        (HEADER + "A,0,http://x,,1,RxNorm,,,\n,0,http://x,,1,RxNorm,,,\n", "line 3: column source_code is empty"),
        (HEADER + "A,0,http://x,,99999999999,RxNorm,,,\n", "line 2: column target_concept_id: '99999999999'"),
        (HEADER + "A,0,http://x\n", "line 2: has not 9 columns"),
    ],
)
def test_a_malformed_site_map_is_refused(con: Any, tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "map.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=message):
        concepts.load(con, site_map=path)


def test_a_missing_site_map_is_refused(con: Any, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        concepts.load(con, site_map=tmp_path / "none.csv")


def test_039_the_block_of_custom_concepts_can_be_moved(mapped: Any, con: Any) -> None:
    concepts.load(con, block_start=2_100_000_000)
    assert drug(mapped, {"text": "福可维"}) == (2_100_000_001, "福可维")


def test_the_vocabulary_slice_stands_alone(con: Any) -> None:
    cdm.create_tables(con, tables=cdm.VOCABULARY_TABLES)
    vocabulary_slice.renew(con)
    tables = {table: con.execute(f"FROM cdm.{table}").fetchall() for table in cdm.VOCABULARY_TABLES}
    ids = {row[0] for row in tables["concept"]}
    assert len(ids) == len(tables["concept"])
    assert {0, 8507, 32818, 45775965, 36552407, 2_000_000_001, 8588, 763790, 1147127} <= ids
    for row in tables["concept"]:
        assert None not in row[:5]
        assert row[6]
    assert {row[2] for row in tables["concept"]} == {row[0] for row in tables["domain"]}
    assert {row[3] for row in tables["concept"]} == {row[0] for row in tables["vocabulary"]}
    assert {row[4] for row in tables["concept"]} == {row[0] for row in tables["concept_class"]}
    related = {(row[0], row[1]) for row in tables["concept_relationship"]}
    assert (2_000_000_001, 2_000_000_001) in related
    assert (37557580, 2_000_000_001) in related
    assert {concept for pair in related for concept in pair} <= ids
    assert (2_000_000_001, 2_000_000_001, 0, 0) in tables["concept_ancestor"]


def rows_of(name: str) -> list[dict[str, str]]:
    with files("onco_mappings").joinpath("concepts", name).open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def test_every_map_row_has_a_target(con: Any) -> None:
    assert con.execute("FROM mapping.starter WHERE concept_id IS NULL OR domain_id IS NULL").fetchall() == []
    assert con.execute("FROM mapping.string WHERE concept_id IS NULL OR domain_id IS NULL").fetchall() == []


def test_every_target_is_described(con: Any) -> None:
    """A text can lead to a concept that no code leads to; the published file has it, too."""
    targets = "SELECT concept_id FROM mapping.starter UNION SELECT concept_id FROM mapping.string"
    assert con.execute(f"FROM ({targets}) ANTI JOIN mapping.known_concept USING (concept_id)").fetchall() == []
    assert con.execute(
        "SELECT concept_name, domain_id, standard_concept FROM mapping.known_concept WHERE concept_id = 9191"
    ).fetchall() == [("positive", "Meas Value", "S")]


def test_every_vocabulary_of_the_maps_has_a_system(con: Any) -> None:
    used = con.execute("SELECT DISTINCT vocabulary_id FROM mapping.starter").fetchall()
    known = {row["vocabulary_id"] for row in rows_of("systems.csv")}
    assert {vocabulary for (vocabulary,) in used} - known == {"RxNorm Extension", "Cancer Modifier"}


def test_a_text_means_one_concept_of_a_domain(con: Any) -> None:
    twice = con.execute(
        "SELECT text, domain_id FROM mapping.string GROUP BY ALL HAVING count(*) > 1 ORDER BY ALL"
    ).fetchall()
    assert twice == []


def test_custom_concepts_are_numbered_once() -> None:
    offsets = [row["offset"] for row in rows_of("custom_concepts.csv")]
    codes = [row["concept_code"] for row in rows_of("custom_concepts.csv")]
    assert len(set(offsets)) == len(offsets)
    assert len(set(codes)) == len(codes)


def test_no_concept_id_is_remembered(con: Any) -> None:
    """Every id was read in the verified reference files or the sample of a vocabulary, where these are at hand."""
    shared = Path(__file__).parents[3] / "shared"
    if not (shared / "reference").is_dir():
        pytest.skip("no ../shared/reference here")
    verified = "".join(path.read_text(encoding="utf-8") for path in (shared / "reference").glob("vocab_*.csv"))
    for sample in (shared / "data" / "omop-vocabulary-sample").glob("*.zip"):
        with zipfile.ZipFile(sample).open("CONCEPT.csv") as concept:
            verified += concept.read().decode()
    used = con.execute("SELECT concept_id FROM mapping.known_concept WHERE concept_id < 2_000_000_000").fetchall()
    assert [concept_id for (concept_id,) in used if str(concept_id) not in verified] == []
