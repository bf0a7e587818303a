"""Small Athena downloads: rows as tuples, written as Athena writes them."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Rows = Sequence[Sequence[Any]]

# The header lines of a download of 2026.
HEADERS = {
    "concept": (
        "concept_id concept_name domain_id vocabulary_id concept_class_id standard_concept concept_code "
        "valid_start_date valid_end_date invalid_reason"
    ),
    "concept_relationship": "concept_id_1 concept_id_2 relationship_id valid_start_date valid_end_date invalid_reason",
    "concept_ancestor": ("ancestor_concept_id descendant_concept_id min_levels_of_separation max_levels_of_separation"),
    "vocabulary": "vocabulary_id vocabulary_name vocabulary_reference vocabulary_version vocabulary_concept_id",
    "drug_strength": (
        "drug_concept_id ingredient_concept_id amount_value amount_unit_concept_id numerator_value "
        "numerator_unit_concept_id denominator_value denominator_unit_concept_id box_size valid_start_date "
        "valid_end_date invalid_reason"
    ),
}


def concept(
    number: int,
    code: str,
    *,
    vocabulary: str = "SNOMED",
    domain: str = "Condition",
    standard: str = "S",
    invalid: str = "",
    name: str = "",
    kind: str = "Clinical Finding",
) -> tuple[Any, ...]:
    """A row of CONCEPT."""
    return (
        number,
        name or f"concept {number}",
        domain,
        vocabulary,
        kind,
        standard,
        code,
        "19700101",
        "20991231",
        invalid,
    )


def related(first: int, second: int, relationship: str = "Maps to", invalid: str = "") -> tuple[Any, ...]:
    """A row of CONCEPT_RELATIONSHIP."""
    return first, second, relationship, "19700101", "20991231", invalid


def write(folder: Path, *, release: str = "v5.0 01-JAN-26", **tables: Rows) -> Path:
    """A download in a folder; VOCABULARY, unless given, has the row that names the release."""
    tables.setdefault("vocabulary", [("None", "OMOP Standardized Vocabularies", "", release, 44819096)])
    folder.mkdir(parents=True, exist_ok=True)
    for table, rows in tables.items():
        lines = [HEADERS[table].replace(" ", "\t"), *("\t".join(str(value) for value in row) for row in rows)]
        (folder / f"{table.upper()}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")
    return folder


def zipped(folder: Path, path: Path) -> Path:
    """The files of a folder as a zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)
    return path
