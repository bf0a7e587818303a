"""What a loaded vocabulary makes of codes: targets, values, domains, and what wins over what."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from onco_etl import cdm, concepts, vocabulary, vocabulary_slice
from support.athena import concept, related, write

SNOMED, ICD10, LOINC = "http://snomed.info/sct", "http://hl7.org/fhir/sid/icd-10", "http://loinc.org"
ICDO3, HEMONC, UCUM = "http://terminology.hl7.org/CodeSystem/icd-o-3", "https://hemonc.org", "http://unitsofmeasure.org"
ANLOTINIB, CUSTOM_ANLOTINIB, SARCOMA = 8801, 2_000_000_001, 8101

CONCEPTS = [
    concept(8101, "s1"),
    concept(8102, "s2", domain="Observation"),
    concept(8103, "s3", domain="Procedure"),
    concept(8104, "s4", domain="Measurement"),
    concept(8105, "s5", domain="Meas Value"),
    concept(8106, "old", standard="", invalid="U"),
    concept(8107, "gone", standard="", invalid="D"),
    concept(8108, "again", standard="", invalid="D"),
    concept(8109, "again"),
    concept(8110, "lonely", standard=""),
    concept(8111, "unit", domain="Unit", vocabulary="UCUM"),
    concept(8112, "classification", standard="C"),
    concept(8201, "C49.9", vocabulary="ICD10", standard=""),
    concept(8202, "Z80", vocabulary="ICD10", standard=""),
    concept(8203, "X00", vocabulary="ICD10", standard=""),
    concept(8204, "Y00", vocabulary="ICD10", standard=""),
    concept(8301, "8890/3-C49.2", vocabulary="ICDO3", standard=""),
    concept(8402, "33728-7", vocabulary="LOINC", domain="Measurement"),
    concept(8401, "89247-1", vocabulary="LOINC", domain="Observation"),
    concept(ANLOTINIB, "anlo", vocabulary="RxNorm Extension", domain="Drug", kind="Ingredient"),
    concept(37557580, "121127", vocabulary="HemOnc", domain="Drug", standard=""),
    concept(36854475, "OMOP5172091", vocabulary="RxNorm Extension", domain="Drug", standard="", invalid="U"),
    concept(763790, "446411000124101", standard="", invalid="U"),
    concept(8802, "new sintilimab", vocabulary="RxNorm", domain="Drug", kind="Ingredient"),
]
RELATED = [
    related(8106, 8101),
    related(8107, 8101, invalid="D"),
    related(8107, 8101, "Concept replaced by"),
    related(8201, 8101),
    related(8201, 8103),
    related(8202, 8102),
    related(8202, 8101, "Maps to value"),
    related(8203, 8106),
    related(8204, 8104),
    related(8204, 8105, "Maps to value"),
    related(8204, 8101, "Maps to value"),
    related(8301, 8101),
    related(37557580, ANLOTINIB),
    related(36854475, 8802),
    related(763790, 8101),
]


@pytest.fixture(scope="module")
def athena(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vocabulary")
    vocabulary.load(folder, write(folder / "athena", concept=CONCEPTS, concept_relationship=RELATED))
    return folder


@pytest.fixture(scope="module", autouse=True)
def known(session_con: duckdb.DuckDBPyConnection, athena: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The connection of `mapped`, with the vocabulary; without it again at the end."""
    vocabulary.attach(session_con, athena)
    concepts.load(session_con)
    concepts.resolve(session_con)
    yield session_con
    vocabulary.attach(session_con)
    concepts.load(session_con)
    concepts.resolve(session_con)


def condition(*codings: tuple[str, str], text: str | None = None) -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "id": "c1",
        "subject": {"reference": "Patient/p1"},
        "onsetDateTime": "2024-01-01",
        "code": {"coding": [{"system": s, "code": c} for s, c in codings], **({"text": text} if text else {})},
    }


def resolved(mapped: Any, *codings: tuple[str, str], text: str | None = None) -> list[tuple[Any, ...]]:
    """(concept, domain, source concept, value, source value) of each target."""
    found = mapped(condition(*codings, text=text)).con.execute(
        """
        SELECT concept_id, domain_id, source_concept_id, value_as_concept_id, source_value
        FROM mapping.codeable ORDER BY target_no
        """
    )
    rows: list[tuple[Any, ...]] = found.fetchall()
    return rows


@pytest.mark.parametrize(
    ("coding", "rows"),
    [
        # A standard concept is its own, also where no "Maps to" says so.
        ((SNOMED, "s1"), [(8101, "Condition", 8101, None, "s1")]),
        # Not standard: what it maps to; several targets are several rows.
        ((ICD10, "C49.9"), [(8101, "Condition", 8201, None, "C49.9"), (8103, "Procedure", 8201, None, "C49.9")]),
        # Invalid: followed where "Maps to" leads, and by nothing else.
        ((SNOMED, "old"), [(8101, "Condition", 8106, None, "old")]),
        ((SNOMED, "gone"), [(0, None, 8107, None, "gone")]),
        # A code that was used again.
        ((SNOMED, "again"), [(8109, "Condition", 8109, None, "again")]),
        # Known and not standard, without a target; classification concepts are not standard.
        ((SNOMED, "lonely"), [(0, None, 8110, None, "lonely")]),
        ((SNOMED, "classification"), [(0, None, 8112, None, "classification")]),
        # A target that is not standard is none.
        ((ICD10, "X00"), [(0, None, 8203, None, "X00")]),
        # "Maps to value"; with several values, a row each.
        ((ICD10, "Z80"), [(8102, "Observation", 8202, 8101, "Z80")]),
        ((ICD10, "Y00"), [(8104, "Measurement", 8204, 8101, "Y00"), (8104, "Measurement", 8204, 8105, "Y00")]),
        # ICD-O-3 conditions: always what they map to, whatever the starter map says.
        ((ICDO3, "8890/3-C49.2"), [(8101, "Condition", 8301, None, "8890/3-C49.2")]),
        # The domain is the vocabulary's.
        ((LOINC, "89247-1"), [(8401, "Observation", 8401, None, "89247-1")]),
        # A unit or an answer is no finding.
        ((UCUM, "unit"), [(0, None, 8111, None, "unit")]),
        # Not in the vocabulary: the starter maps go on.
        ((LOINC, "1742-6"), [(3006923, "Measurement", 3006923, None, "1742-6")]),
        (("http://example.org", "s1"), [(0, None, 0, None, "s1")]),
    ],
)
def test_what_a_code_becomes(mapped: Any, coding: tuple[str, str], rows: list[tuple[Any, ...]]) -> None:
    assert resolved(mapped, coding) == rows


def test_each_target_goes_to_the_table_of_its_domain(mapped: Any) -> None:
    found = mapped(condition((ICD10, "C49.9")))
    assert found.rows("condition_occurrence", "condition_concept_id, condition_source_concept_id, slot") == [
        (8101, 8201, "")
    ]
    assert found.rows("procedure_occurrence", "procedure_concept_id, procedure_source_concept_id, slot") == [
        (8103, 8201, "target2")
    ]


def test_a_value_goes_with_its_row(mapped: Any) -> None:
    found = mapped(condition((ICD10, "Z80")))
    assert found.rows("condition_occurrence", "1") == []
    assert found.rows("observation", "observation_concept_id, value_as_concept_id, observation_source_value") == [
        (8102, 8101, "Z80")
    ]


def test_the_vocabulary_decides_before_a_preferred_system_of_the_starter_maps(mapped: Any) -> None:
    assert resolved(mapped, (LOINC, "1742-6"), (ICD10, "C49.9"))[0][0] == 8101


def taken(mapped: Any, coding: list[dict[str, str]], text: str | None = None) -> Any:
    concept_ = {"coding": coding, **({"text": text} if text else {})}
    found = mapped(
        {
            "resourceType": "MedicationAdministration",
            "id": "m1",
            "status": "completed",
            "subject": {"reference": "Patient/p1"},
            "effectiveDateTime": "2024-01-01",
            "medicationCodeableConcept": concept_,
        }
    )
    return found.row("drug_exposure", "drug_concept_id, drug_source_concept_id")


def test_a_custom_concept_gives_way_to_the_vocabularys_own(known: Any, mapped: Any) -> None:
    assert taken(mapped, [{"system": HEMONC, "code": "121127"}]) == (ANLOTINIB, 37557580)
    known.execute("DELETE FROM staged.medication_administration")
    assert taken(mapped, [], text="福可维") == (ANLOTINIB, 0)
    cdm.create_tables(known, tables=cdm.VOCABULARY_TABLES)
    vocabulary_slice.renew(known)
    assert known.execute(
        "SELECT concept_name, standard_concept, invalid_reason FROM cdm.concept WHERE concept_id = $1",
        [CUSTOM_ANLOTINIB],
    ).fetchall() == [("anlotinib", None, "U")]
    assert known.execute(
        "SELECT relationship_id, concept_id_2 FROM cdm.concept_relationship WHERE concept_id_1 = $1",
        [CUSTOM_ANLOTINIB],
    ).fetchall() == [("Maps to", ANLOTINIB)]


def test_a_custom_concept_stays_where_the_vocabulary_has_none(known: Any, mapped: Any) -> None:
    assert taken(mapped, [], text="普特利单抗") == (2_000_000_002, 0)
    cdm.create_tables(known, tables=cdm.VOCABULARY_TABLES)
    vocabulary_slice.renew(known)
    assert known.execute(
        """
        SELECT c.standard_concept, c.concept_class_id, r.concept_id_2, a.ancestor_concept_id
        FROM cdm.concept AS c
        JOIN cdm.concept_relationship AS r ON r.concept_id_1 = c.concept_id AND r.relationship_id = 'Maps to'
        JOIN cdm.concept_ancestor AS a ON a.descendant_concept_id = c.concept_id
        WHERE c.concept_id = 2000000002
        """
    ).fetchall() == [("S", "Ingredient", 2_000_000_002, 2_000_000_002)]


def test_a_starter_target_that_is_not_standard_any_more_is_followed(known: Any, mapped: Any) -> None:
    """The text leads to a starter concept that this release has replaced."""
    assert taken(mapped, [], text="信迪利单抗") == (8802, 0)
    assert known.execute("SELECT DISTINCT concept_id FROM mapping.string WHERE text = '达伯舒'").fetchall() == [(8802,)]


def test_what_the_selects_name_stays(known: Any) -> None:
    """Grade 1 is a constant of the SELECTs: replacing it in the maps alone would part them."""
    assert known.execute(
        "SELECT DISTINCT concept_id FROM mapping.starter WHERE vocabulary_id = 'AE grade' AND concept_code = '1'"
    ).fetchall() == [(763790,)]


def test_what_is_declared_of_a_code_holds_for_what_the_vocabulary_makes_of_it(known: Any) -> None:
    """The longest diameter: sent in cm, kept in mm, whatever its concept."""
    assert known.execute(
        "SELECT concept_id FROM mapping.unit_conversion WHERE factor = 10 AND concept_id < 2000000000 ORDER BY 1"
    ).fetchall() == [(8402,), (3046581,)]


def test_a_code_is_looked_up_once(known: Any, mapped: Any) -> None:
    resolved(mapped, (ICD10, "C49.9"))
    resolved(mapped, (ICD10, "C49.9"))
    resolved(mapped, (ICD10, "unknown"))
    resolved(mapped, (ICD10, "unknown"))
    assert known.execute(
        """
        SELECT concept_code, concept_id FROM mapping.vocabulary_code
        WHERE vocabulary_id = 'ICD10' AND concept_code IN ('C49.9', 'unknown') ORDER BY ALL
        """
    ).fetchall() == [("C49.9", 8201), ("unknown", None)]
