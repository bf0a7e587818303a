"""Registry definition: a folder of YAML -> RegistryDefinition, with a closed vocabulary.

A registry is mappings/registries/<name>/*.yaml (or a folder anywhere); its endpoints come from
mappings/endpoints.yaml, or from an endpoints.yaml in its own folder. An unknown key, a typo, a wrong type or a
name that is declared nowhere is refused with file, line and key path (ConfigurationError).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from importlib.resources import as_file, files
from pathlib import Path

from onco_etl.errors import ConfigurationError
from onco_registry import registry_model as model
from onco_registry.analysis_definition import read_analysis
from onco_registry.baseline_definition import read_baseline, read_imaging
from onco_registry.cohort_definition import read_exposure, read_lines, read_strata
from onco_registry.comparator_definition import read_added_later, read_comparators
from onco_registry.concept_definition import read_concept_sets
from onco_registry.criterion_definition import read_cohort
from onco_registry.endpoint_definition import choices, load_endpoints
from onco_registry.needed_sections import check_landmark, check_needs
from onco_registry.registry_model import RegistryDefinition
from onco_registry.response_definition import read_response
from onco_registry.safety_definition import read_safety
from onco_registry.translation import is_words, read_words
from onco_registry.yaml_value import YamlValue

__all__ = ["RegistryDefinition", "definition_files", "load_registry"]

_SECTIONS = ("name", "version", "title", "concept_sets", "cohort", "endpoints", "analysis")
_OPTIONAL_SECTIONS = (
    "exposure", "lines", "strata", "response", "safety", "episodes", "notes", "comparators", "added_later",
    "growth_modulation", "baseline", "imaging",
)  # fmt: skip
_ENDPOINTS_FILE = "endpoints.yaml"
# YAML of a registry's folder that is no part of its definition: endpoints are read apart, and the numbers that a
# publication printed, and fictional patients, are for `check publication` and `demo`.
_APART = (_ENDPOINTS_FILE, "publication.yaml", "patients.yaml")


def load_registry(name_or_path: str | Path) -> RegistryDefinition:
    """The definition of a shipped registry by its name, or of any folder by its path.

    Raises ConfigurationError with file, line and key path.
    """
    shipped = files("onco_mappings")
    with as_file(shipped) as mappings:
        folder = mappings / "registries" / str(name_or_path)
        if not folder.is_dir():
            folder = Path(name_or_path)
        if not folder.is_dir():
            raise ConfigurationError(f"no registry {str(name_or_path)!r}: neither shipped nor a folder")
        own = folder / _ENDPOINTS_FILE
        words = read_words(mappings, folder)
        return _read(folder, own if own.exists() else mappings / _ENDPOINTS_FILE, words)


def _read(folder: Path, endpoints_file: Path, words: Mapping[str, Mapping[str, str]]) -> RegistryDefinition:
    paths = definition_files(folder)
    keys = _sections(folder, paths)
    sets = read_concept_sets(keys["concept_sets"])
    exposure = read_exposure(keys["exposure"], sets) if "exposure" in keys else model.Exposure()
    declared = load_endpoints(endpoints_file)
    used = choices(keys["endpoints"], declared.endpoints, "endpoint")
    endpoints = {name: declared.endpoints[name] for name in used}
    response = read_response(keys["response"], sets) if "response" in keys else model.ResponseRules()
    if response.immune is None:
        _refuse_immune(keys["endpoints"], endpoints.values(), declared)
    cohort = read_cohort(keys["cohort"], sets, exposure)
    strata = read_strata(keys["strata"], sets, exposure) if "strata" in keys else ()
    baseline = read_baseline(keys["baseline"], sets, strata, exposure) if "baseline" in keys else ()
    check_needs(keys, (*cohort.criteria, *strata, *baseline), endpoints, declared)
    check_landmark(keys, cohort, declared)
    rules = (*declared.events.values(), *declared.censorings.values())
    labels = {item.name: item.label for item in baseline}
    labels |= {component.name: component.label for component in exposure.components}
    labels |= {stratum.name: stratum.label for stratum in strata}
    labels |= {endpoint.name: endpoint.label for endpoint in endpoints.values()}
    labels |= {rule.name: rule.label for rule in rules}
    safety = read_safety(keys["safety"], sets, exposure) if "safety" in keys else None
    # A set with one group is called what that is.
    named = {name: list(sets[name].groups) for name in (safety.groups if safety else ())}
    labels |= {name: groups[0] for name, groups in named.items() if len(groups) == 1}
    comparators = read_comparators(keys["comparators"], cohort, exposure, endpoints) if "comparators" in keys else None
    added = read_added_later(keys["added_later"], cohort, comparators, endpoints) if "added_later" in keys else None
    labels |= {own.name: own.label for own in (cohort, added) if own}
    notes = keys["notes"].items() if "notes" in keys else []
    return RegistryDefinition(
        name=keys["name"].text(),
        version=keys["version"].text(),
        title=keys["title"].text(),
        notes=tuple(note.text() for note in notes),
        concept_sets=sets,
        exposure=exposure,
        lines=read_lines(keys["lines"], sets) if "lines" in keys else model.Lines(),
        cohort=cohort,
        strata=strata,
        response=response,
        safety=safety,
        endpoints=endpoints,
        events=declared.events,
        censorings=declared.censorings,
        analysis=read_analysis(keys["analysis"], endpoints, strata),
        labels=labels,
        digest=_digest([*paths, endpoints_file]),
        episodes=_episodes(keys["episodes"], sets) if "episodes" in keys else None,
        comparators=comparators,
        added_later=added,
        growth_endpoint=_growth_endpoint(keys["growth_modulation"], endpoints) if "growth_modulation" in keys else None,
        translations=words,
        baseline=baseline,
        imaging=read_imaging(keys["imaging"], endpoints.values()) if "imaging" in keys else None,
    )


def definition_files(folder: Path) -> list[Path]:
    """The files of a registry's folder that hold its sections, in name order."""
    return sorted(path for path in folder.glob("*.yaml") if path.name not in _APART and not is_words(path))


def _sections(folder: Path, paths: list[Path]) -> Mapping[str, YamlValue]:
    """The top-level keys of all files of a registry; each may stand in one file only."""
    found: dict[str, YamlValue] = {}
    for path in paths:
        for key, value in YamlValue.load(path).keys(optional=(*_SECTIONS, *_OPTIONAL_SECTIONS)).items():
            if key in found:
                value.refuse(f"already given in {found[key].file}")
            found[key] = value
    missing = [key for key in _SECTIONS if key not in found]
    if missing:
        raise ConfigurationError(f"{folder.name}: key {missing[0]!r} is missing from its YAML files")
    return found


def _refuse_immune(value: YamlValue, endpoints: Iterable[model.Endpoint], declared: model.Endpoints) -> None:
    """Refuse endpoints by iRECIST, which a registry without its rules cannot date."""
    rules = {**declared.events, **declared.censorings}
    for endpoint in endpoints:
        if any(rules[name].kind in model.IMMUNE_KINDS for name in (*endpoint.events, *endpoint.censorings)):
            value.refuse(f"endpoint {endpoint.name!r} needs the section response.immune")


def _digest(paths: list[Path]) -> str:
    """The sha256 of the names and bytes of the definition's files."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _episodes(value: YamlValue, sets: Collection[str]) -> model.Episodes:
    keys = value.keys(("disease",), ("metastatic", "regimen_concept_id"))
    return model.Episodes(
        disease=keys["disease"].choice(sets, "concept set"),
        metastatic=keys["metastatic"].choice(sets, "concept set") if "metastatic" in keys else None,
        regimen_concept_id=keys["regimen_concept_id"].integer(minimum=1) if "regimen_concept_id" in keys else 0,
    )


def _growth_endpoint(value: YamlValue, endpoints: Collection[str]) -> str:
    return value.keys(("endpoint",))["endpoint"].choice(endpoints, "endpoint")
