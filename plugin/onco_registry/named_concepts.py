"""Which concept ids of the registry definitions a loaded vocabulary does not hold: such a concept finds nobody."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import duckdb
import structlog

from onco_etl import vocabulary
from onco_registry.definition import definition_files
from onco_registry.installed import folder_of, registry_names
from onco_registry.status import Rows
from onco_registry.yaml_value import YamlValue

log = structlog.get_logger()

# The keys of a definition under which a concept id stands, as a value or, of units, as the key itself.
_VALUE = re.compile(
    r"concept_sets\..+\.id|exposure\.sources\..+|episodes\.regimen_concept_id|response\.lesions\.event_field"
    r"|safety\.event_fields\..+"
)
_KEY = re.compile(r"response\.units_in_mm\.([0-9]+)")


def unknown(con: duckdb.DuckDBPyConnection, data: Path, registries: Sequence[str]) -> Rows:
    """Concept ids that neither the vocabulary of a data folder nor a map of its workspace `con` holds.

    registries: as the setting, so without any all that are installed. One row per place: registry, file, line, key,
    concept_id; none where no vocabulary is loaded, for there is nothing to compare with.
    """
    if vocabulary.in_use(data) is None:
        return []
    named = [(name, *place) for name in registries or registry_names() for place in _named(folder_of(name))]
    known = _known(con, data, {concept for _, _, concept in named})
    return [
        {"registry": Path(name).name, "file": value.file, "line": value.line, "key": value.path, "concept_id": concept}
        for name, value, concept in named
        if concept not in known
    ]


def warn(con: duckdb.DuckDBPyConnection, data: Path, registries: Sequence[str]) -> None:
    """Log how many concept ids of each registry are unknown, with the first and where all of them are listed."""
    found = unknown(con, data, registries)
    for registry in dict.fromkeys(row["registry"] for row in found):
        first, *others = (row for row in found if row["registry"] == registry)
        log.warning(
            "concepts not in the vocabulary",
            registry=registry,
            concepts=1 + len(others),
            first=f"{first['file']} line {first['line']}: {first['key']}: {first['concept_id']}",
            more="onco-registry vocabulary show",
        )


def _named(folder: Path) -> Iterator[tuple[YamlValue, int]]:
    """Each concept id of a definition, with its place."""
    for file in definition_files(folder):
        for value in YamlValue.load(file).scalars():
            if _VALUE.fullmatch(value.path):
                yield value, value.integer()
            elif unit := _KEY.fullmatch(value.path):
                yield value, int(unit.group(1))


def _known(con: duckdb.DuckDBPyConnection, data: Path, concepts: Collection[int]) -> set[int]:
    """Those of the concepts that the loaded vocabulary, or a map or row of the workspace, holds."""
    mapped = "SELECT unnest([source_concept_id, target_concept_id]) AS concept_id FROM cdm.source_to_concept_map"
    with duckdb.connect() as loaded:
        vocabulary.attach(loaded, data)
        return _among(loaded, "FROM vocabulary_concept", concepts) | _among(
            con, f"SELECT concept_id FROM cdm.concept UNION ALL {mapped}", concepts
        )


def _among(con: duckdb.DuckDBPyConnection, relation: str, concepts: Collection[int]) -> set[int]:
    listed = ", ".join(map(str, concepts)) or "NULL"
    return {
        concept
        for (concept,) in con.execute(f"SELECT concept_id FROM ({relation}) WHERE concept_id IN ({listed})").fetchall()
    }
