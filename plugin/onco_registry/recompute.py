"""One recompute of a registry: CDM tables at a data cut -> cohort, response, endpoints, safety, estimates."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import duckdb
import pandas as pd

from onco_registry.added_later import follow_added
from onco_registry.baseline import baseline_table
from onco_registry.cohort import cohort_parameters, establish_cohort
from onco_registry.comparison import compare
from onco_registry.completeness import completeness, find_scans, timeliness, worklists
from onco_registry.consistency import check_consistency
from onco_registry.endpoint import date_endpoints
from onco_registry.estimate import estimate, with_others
from onco_registry.growth import compare_with_previous_line
from onco_registry.immune import immune_estimates, immune_frames
from onco_registry.laboratory import RULES as LABORATORY_RULES
from onco_registry.registry_model import RegistryDefinition
from onco_registry.relations import Relations
from onco_registry.response import assess_other_baseline, assess_response, response_parameters
from onco_registry.response_estimate import estimate_response
from onco_registry.results import FRAMES, Results, cohort_definition_frame, shape
from onco_registry.safety import collect_adverse_events, safety_parameters
from onco_registry.safety_estimate import incidence_frame, rate_frame, safety_estimates
from onco_registry.time_estimate import curves, curves_of_others

# What decides a number besides the definition: the engine's own modules (and packages) and SELECTs.
_ENGINE = (
    "added_later.py", "baseline.py", "baseline_model.py", "cohort.py", "comparator_model.py", "comparison.py",
    "completeness.py", "consistency.py", "contrast.py", "endpoint.py", "estimate.py", "estimate_row.py",
    "exact.py", "growth.py", "immune.py", "laboratory.py", "left_truncation.py", "recompute.py",
    "registry_model.py", "relations.py", "response.py", "response_estimate.py", "safety.py",
    "safety_estimate.py", "safety_model.py", "stratum.py", "survival", "time_estimate.py", "units.py",
)  # fmt: skip
# The maps that the engine itself reads.
_MAPS = (LABORATORY_RULES, "concepts/constants.csv", "concepts/units.csv")
# The libraries that compute: another version may print another digit.
_LIBRARIES = ("onco-registry", "duckdb", "lifelines", "numpy", "pandas", "scipy")

_SAFETY = (
    "adverse_event", "ae_table", "safety_table", "ae_rate", "ae_incidence", "immune_event", "laboratory_grade",
    "laboratory_table", "laboratory_not_evaluable", "safety_query", "treatment_window", "dose",
)  # fmt: skip


def recompute(
    con: duckdb.DuckDBPyConnection,
    registry: RegistryDefinition,
    *,
    data_cut: date,
    as_of_run: int,
    inputs_hash: str = "",
) -> Results:
    """Compute a registry from the OMOP CDM v5.4 tables in schema `cdm` of `con`, which are only read.

    Nothing dated after `data_cut` exists, for events and for contacts alike. `as_of_run` says which run's knowledge
    `cdm` shows; `inputs_hash` stands for the mappings and the vocabulary that made it. Both go into the hash.
    """
    with Relations(con, recompute_parameters(registry, data_cut)) as relations:
        derive(relations, registry)
        frames = _frames(relations, registry)
    return Results(
        registry=registry.name,
        data_cut=data_cut,
        as_of_run=as_of_run,
        hash=_hash(registry, data_cut, as_of_run, inputs_hash),
        **frames,
    )


def derive(relations: Relations, registry: RegistryDefinition) -> None:
    """Make every relation about the patients: cohort, response, endpoints, safety; estimates come from these."""
    establish_cohort(relations, registry)
    assess_response(relations, registry)
    date_endpoints(relations, registry)
    compare_with_previous_line(relations, registry)
    collect_adverse_events(relations, registry)


def recompute_parameters(registry: RegistryDefinition, data_cut: date) -> dict[str, Any]:
    """The values that the SELECTs of mappings/sql/outcomes name as $parameter."""
    return {
        **cohort_parameters(registry, data_cut),
        **response_parameters(registry),
        **safety_parameters(registry),
    }


def _frames(relations: Relations, registry: RegistryDefinition) -> dict[str, pd.DataFrame]:
    frames = {name: relations.frame(name) for name in ("attrition", "best_response", "endpoint", "growth_modulation")}
    for name in ("target_sum", "assessment", "best_by_source"):
        frames[name] = relations.query(f"{name}_frame")
    frames["response_query"] = relations.query("response_query")
    find_scans(relations)
    frames["baseline"] = baseline_table(relations, registry)
    frames["completeness"] = completeness(relations)
    frames["timeliness"] = timeliness(relations, registry)
    frames |= worklists(relations, registry)
    frames["cohort"] = relations.query("cohort")
    frames["cohort_definition"] = cohort_definition_frame(registry)
    strata = relations.frame("stratum_value")
    frames["curve"] = curves(registry, frames["endpoint"], strata)
    frames |= _safety_frames(relations, registry)
    frames["estimate"] = estimate(
        registry,
        frames["best_response"],
        relations.frame("best_by_source"),
        strata,
        frames["endpoint"],
        frames["adverse_event"],
        relations.frame("adverse_event_group") if registry.safety else pd.DataFrame(),
        frames["cohort"],
    )
    frames |= immune_frames(relations, registry)
    further = [safety_estimates(registry, registry.safety, frames)] if registry.safety else []
    further += [_further_response(relations, registry, frames["response_query"])] if registry.response.sources else []
    if registry.response.immune:
        further.append(immune_estimates(registry, frames["best_immune_response"], frames["cohort"]))
    frames["estimate"] = pd.concat([frames["estimate"], *further], ignore_index=True)
    late = {"late_contact": relations.query("late_contact")}
    frames["consistency_check"] = check_consistency(frames | late)
    # Last: they put others in the place of the cohort.
    for follow in (follow_added, compare):
        for name, rows in follow(relations, registry).items():
            frames[name] = pd.concat([frames[name], rows], ignore_index=True) if name in frames else rows
    others = frames["comparison"], frames["added_later"]
    frames["estimate"] = with_others(registry, frames["estimate"], *others)
    frames["curve"] = pd.concat([frames["curve"], curves_of_others(registry, *others)], ignore_index=True)
    return {name: shape(name, frames[name]) for name in FRAMES}


def _safety_frames(relations: Relations, registry: RegistryDefinition) -> dict[str, pd.DataFrame]:
    """The frames of safety; of a registry that does not declare it, empty."""
    if registry.safety is None:
        return {name: pd.DataFrame(columns=list(FRAMES[name])) for name in _SAFETY}
    percent = registry.analysis.ci_percent
    names = ("adverse_event", "ae_table", "safety_table", "immune_event", "laboratory_grade", "dose")
    frames = {name: relations.frame(name) for name in names}
    frames |= {name: relations.query(name) for name in ("laboratory_table", "laboratory_not_evaluable", "safety_query")}
    frames["treatment_window"] = relations.query("treatment_window_frame")
    frames["ae_rate"] = rate_frame(relations.query("adverse_event_rate"), percent)
    frames["ae_incidence"] = incidence_frame(relations.frame("adverse_event_time"), percent)
    return frames


def _further_response(relations: Relations, registry: RegistryDefinition, queries: pd.DataFrame) -> pd.DataFrame:
    """The estimates of response beyond the first; makes the relations of response anew for the sensitivity analysis."""
    made = {name: relations.frame(name) for name in ("best_by_source", "best_at_minimum")}
    population = relations.query("response_population")
    other = None
    if registry.response.other_baseline_days is not None:
        assess_other_baseline(relations, registry.response.other_baseline_days)
        other = relations.frame("best_at_minimum")
    return estimate_response(registry, made["best_by_source"], made["best_at_minimum"], population, queries, other)


def libraries() -> list[str]:
    """The libraries that compute, each with its version: 'duckdb 1.5.6'."""
    return [f"{name} {version(name)}" for name in _LIBRARIES]


def _hash(registry: RegistryDefinition, data_cut: date, as_of_run: int, inputs_hash: str) -> str:
    """The sha256 of everything that decides the numbers: the same hash gives the same numbers."""
    digest = hashlib.sha256()
    for part in (registry.digest, data_cut.isoformat(), str(as_of_run), inputs_hash, *libraries()):
        digest.update(part.encode() + b"\0")
    own = files("onco_registry")
    maps = files("onco_mappings")
    texts = [text for name in _ENGINE for text in _texts(own.joinpath(name), ".py")]
    texts += [maps.joinpath(*path.split("/")) for path in _MAPS]
    for text in [*texts, *_texts(maps.joinpath("sql", "outcomes"), ".sql")]:
        digest.update(text.name.encode() + b"\0" + text.read_bytes() + b"\0")
    return digest.hexdigest()


def _texts(item: Traversable, ending: str) -> Iterator[Traversable]:
    """A file, or the files of a folder with an ending, in the order of their names."""
    if item.is_dir():
        for child in sorted(item.iterdir(), key=lambda child: child.name):
            yield from _texts(child, ending)
    elif item.name.endswith(ending):
        yield item
