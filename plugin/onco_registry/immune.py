"""iRECIST, a layer of its own over the assessments of RECIST 1.1: unconfirmed and confirmed progression, iBOR.

Seymour et al., Lancet Oncol 2017;18:e143-e152. Only registries with the section response.immune have it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from onco_registry.estimate_row import OVERALL
from onco_registry.registry_model import (
    IMMUNE_CONTROLLED,
    IMMUNE_RESPONDED,
    IMMUNE_RESPONSES,
    IMMUNE_SOURCES,
    RegistryDefinition,
)
from onco_registry.relations import Relations, sql_text
from onco_registry.response_estimate import proportion_frame
from onco_registry.results import FRAMES

_RELATIONS = (
    "immune_lesion", "immune_new_sum", "immune_component", "immune_pair", "immune_state", "immune_assessment",
    "immune_progression", "best_immune_response",
)  # fmt: skip
_FRAMES = ("immune_assessment", "best_immune_response")
_RATES = {"iorr": IMMUNE_RESPONDED, "idcr": IMMUNE_CONTROLLED}


def immune_parameters(registry: RegistryDefinition) -> dict[str, Any]:
    """The values that the SELECTs of iRECIST name as $parameter."""
    rules = registry.response.immune
    if rules is None:
        return {}
    return {
        "growth_mm": rules.growth_mm,
        "shrinkage_mm": rules.shrinkage_mm,
        "confirm_from_days": rules.confirm_from_days,
        "confirm_until_days": rules.confirm_until_days,
        "late_growth_confirms": rules.late_growth == "confirms",
    }


def assess_immune_response(relations: Relations, registry: RegistryDefinition) -> None:
    """Make `immune_assessment`, `immune_progression`, `best_immune_response` from the relations of response."""
    if registry.response.immune is not None:
        for name in _RELATIONS:
            relations.create(name)


def immune_frames(relations: Relations, registry: RegistryDefinition) -> dict[str, pd.DataFrame]:
    """results.immune_assessment and results.best_immune_response; called once the endpoints are dated."""
    if registry.response.immune is None:
        return {name: pd.DataFrame(columns=list(FRAMES[name])) for name in _FRAMES}
    relations.create("treatment_stopped", sql_text("dated/stopped"), components_stopped="all")
    return {name: relations.query(f"{name}_frame") for name in _FRAMES}


def immune_estimates(registry: RegistryDefinition, best: pd.DataFrame, cohort: pd.DataFrame) -> pd.DataFrame:
    """Proportions by iRECIST in the columns of `estimate`, of every patient seen at index; no row without its rules.

    `best` and `cohort` are the frames best_immune_response and cohort.
    """
    seen = cohort.loc[cohort["seen_at_index"].astype(bool), "subject_id"]
    counts = _counts(registry, best[best["subject_id"].isin(seen)], len(seen)) if registry.response.immune else ()
    return proportion_frame(registry, list(counts))


def _counts(registry: RegistryDefinition, best: pd.DataFrame, n: int) -> Iterator[tuple[str, str, int, int]]:
    """Stratum, measure, patients counted, patients they are counted among; no assessment at all is NE."""
    chosen = best[best["chosen"].astype(bool)]
    for measure, counted in _RATES.items():
        yield OVERALL, measure, int(chosen["response"].isin(counted).sum()), n
    for response in IMMUNE_RESPONSES:
        missing = n - len(chosen) if response == "NE" else 0
        yield OVERALL, f"ibor_{response.lower()}", int((chosen["response"] == response).sum()) + missing, n
    yield OVERALL, "iupd_any", int(chosen["unconfirmed_date"].notna().sum()), n
    yield OVERALL, "iupd_confirmed", int(chosen["confirmed_date"].notna().sum()), n
    yield OVERALL, "iupd_closed_by_response", int((chosen["closed_runs"] > 0).sum()), n
    for source in registry.response.sources:
        if source in IMMUNE_SOURCES:
            alone = best[best["source"] == source]
            for measure, counted in _RATES.items():
                yield f"source={source}", f"{measure}_by_source", int(alone["response"].isin(counted).sum()), n
