"""The baseline table: every declared variable, as known at index (SQL in sql/outcomes/baseline)."""

from __future__ import annotations

import pandas as pd

from onco_registry.baseline_model import MISSING, BaselineItem
from onco_registry.registry_model import RegistryDefinition
from onco_registry.relations import Relations, sql_text


def baseline_table(relations: Relations, registry: RegistryDefinition) -> pd.DataFrame:
    """Rows of results.baseline in the declared order; none where the registry declares no variables."""
    _declare(relations, registry)
    for item in registry.baseline:
        _find(relations, item)
    return relations.select(sql_text("baseline"), missing_level=MISSING)


def _find(relations: Relations, item: BaselineItem) -> None:
    found = sql_text(f"baseline/{item.kind}")
    relations.append(
        "baseline_found",
        f"SELECT '{item.name}' AS variable, found.* FROM ({found}) AS found",
        variable=item.name,
        argument=item.argument,
        second=item.second,
        within_days=item.within_days,
        wanted_unit=item.unit_concept_id,
    )


def _declare(relations: Relations, registry: RegistryDefinition) -> None:
    relations.declare(
        "baseline_item",
        {
            "variable": "VARCHAR",
            "variable_position": "INTEGER",
            "is_numeric": "BOOLEAN",
            "is_multiple": "BOOLEAN",
            "has_levels": "BOOLEAN",
            "is_recorded": "BOOLEAN",
            "unit": "VARCHAR",
        },
        [
            (item.name, place, item.numeric, item.kind == "categories", _has_levels(item), item.recorded, item.unit)
            for place, item in enumerate(registry.baseline)
        ],
    )
    relations.declare(
        "baseline_level",
        {
            "variable": "VARCHAR",
            "level": "VARCHAR",
            "level_position": "INTEGER",
            "lowest": "DOUBLE",
            "shows_empty": "BOOLEAN",
        },
        [
            (item.name, level, place, lowest, item.shows_empty)
            for item in registry.baseline
            for place, (level, lowest) in enumerate(item.levels.items())
        ],
    )
    relations.declare(
        "baseline_found", {"variable": "VARCHAR", "person_id": "BIGINT", "number": "DOUBLE", "label": "VARCHAR"}, []
    )


def _has_levels(item: BaselineItem) -> bool:
    """Whether patients are counted by level: everything but a number without bins."""
    return not item.numeric or bool(item.levels)
