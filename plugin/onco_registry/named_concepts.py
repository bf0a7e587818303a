"""Which concepts of the registry definitions neither vocabulary nor starter maps hold: such a concept finds nobody."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator, Sequence
from importlib.resources import files
from pathlib import Path

import duckdb
import structlog

from onco_etl import vocabulary
from onco_etl.query import literal
from onco_registry.concept_definition import coded, read_reference
from onco_registry.definition import definition_files
from onco_registry.installed import folder_of, registry_names
from onco_registry.registry_model import ConceptReference
from onco_registry.status import Rows
from onco_registry.yaml_value import YamlValue

log = structlog.get_logger()

# The places of a definition where a concept stands: as a reference, as an id, and, of units, as the key itself.
_REFERENCE = re.compile(r"concept_sets\..+\[[0-9]+\]")
_ID = re.compile(
    r"exposure\.sources\..+\[[0-9]+\]|episodes\.regimen_concept_id|response\.lesions\.event_field"
    r"|safety\.event_fields\.[a-z_]+"
)
_KEY = re.compile(r"response\.units_in_mm\.([0-9]+)")


def unknown(con: duckdb.DuckDBPyConnection, data: Path, registries: Sequence[str]) -> Rows:
    """Concepts that neither the vocabulary of a data folder nor a map of its workspace `con` holds.

    registries: as the setting, so without any all that are installed. One row per place: registry, file, line, key,
    concept (its id, or vocabulary and code). Where no vocabulary is loaded, custom concepts alone: there is nothing to
    compare others with.
    """
    named = [(name, *place) for name in registries or registry_names() for place in _named(folder_of(name))]
    loaded = vocabulary.in_use(data) is not None
    named = [place for place in named if loaded or place[2].custom]
    references = {reference for _, _, reference in named}
    known = _custom(con, references) | (_known(con, data, references) if loaded else set())
    return [
        {
            "registry": Path(name).name,
            "file": value.file,
            "line": value.line,
            "key": value.path,
            "concept": _shown(reference),
        }
        for name, value, reference in named
        if reference not in known
    ]


def warn(con: duckdb.DuckDBPyConnection, data: Path, registries: Sequence[str]) -> None:
    """Log how many concepts of each registry are unknown, with the first and where all of them are listed."""
    found = unknown(con, data, registries)
    for registry in dict.fromkeys(row["registry"] for row in found):
        first, *others = (row for row in found if row["registry"] == registry)
        log.warning(
            "concepts not in the vocabulary",
            registry=registry,
            concepts=1 + len(others),
            first=f"{first['file']} line {first['line']}: {first['key']}: {first['concept']}",
            more="onco-registry vocabulary show",
        )


def _named(folder: Path) -> Iterator[tuple[YamlValue, ConceptReference]]:
    """Each concept of a definition, with its place."""
    for file in definition_files(folder):
        for value in YamlValue.load(file).all():
            if _REFERENCE.fullmatch(value.path):
                yield value, read_reference(value)
            elif _ID.fullmatch(value.path):
                yield value, ConceptReference(concept_id=value.integer())
            elif unit := _KEY.fullmatch(value.path):
                yield value, ConceptReference(concept_id=int(unit.group(1)))


def _shown(reference: ConceptReference) -> str:
    return str(reference.concept_id) if reference.concept_id is not None else " ".join(map(str, coded(reference)))


def _custom(con: duckdb.DuckDBPyConnection, references: Collection[ConceptReference]) -> set[ConceptReference]:
    """Those of the custom concepts that the starter maps, or rows of the workspace, have."""
    with files("onco_mappings").joinpath("concepts", "custom_concepts.csv").open(encoding="utf-8") as lines:
        codes = {row["concept_code"] for row in csv.DictReader(lines)}
    found = con.execute("SELECT concept_code FROM cdm.concept WHERE vocabulary_id = 'ONCO'").fetchall()
    codes |= {code for (code,) in found}
    return {reference for reference in references if reference.custom in codes}


def _known(
    con: duckdb.DuckDBPyConnection, data: Path, references: Collection[ConceptReference]
) -> set[ConceptReference]:
    """Those of the concepts that the loaded vocabulary, or a map or row of the workspace, holds."""
    mapped = (
        "SELECT unnest([source_concept_id, target_concept_id]) AS concept_id, source_vocabulary_id AS vocabulary_id, "
        "source_code AS concept_code FROM cdm.source_to_concept_map"
    )
    with duckdb.connect() as loaded:
        vocabulary.attach(loaded, data)
        found = _among(loaded, "FROM vocabulary_concept", references)
    return found | _among(con, "FROM cdm.concept", references) | _among(con, mapped, references)


def _among(
    con: duckdb.DuckDBPyConnection, relation: str, references: Collection[ConceptReference]
) -> set[ConceptReference]:
    """Those of the concepts that a relation with concept_id, vocabulary_id and concept_code has."""
    ids = ", ".join(str(one.concept_id) for one in references if one.concept_id is not None) or "NULL"
    codes = ", ".join(f"({literal(one.vocabulary)}, {literal(one.code)})" for one in references if one.code)
    by_id = con.execute(f"SELECT DISTINCT concept_id FROM ({relation}) WHERE concept_id IN ({ids})").fetchall()
    found = {ConceptReference(concept_id=number) for (number,) in by_id}
    if codes:
        select = f"SELECT DISTINCT vocabulary_id, concept_code FROM ({relation})"
        by_code = con.execute(f"{select} WHERE (vocabulary_id, concept_code) IN ({codes})").fetchall()
        found |= {ConceptReference(vocabulary=name, code=code) for name, code in by_code}
    return found
