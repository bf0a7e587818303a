"""The canonical document of a bulletin: built from the results frames, checked against schema.json."""

import json
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any

import pandas as pd
from jsonschema import Draft202012Validator

from onco_registry.bulletin.changes import Earlier, changes
from onco_registry.bulletin.frames import Record, by_patient, of_cohort, records
from onco_registry.bulletin.meta import BulletinMeta
from onco_registry.bulletin.sections import courses, quality, survival
from onco_registry.bulletin.sections.attrition import attrition, further
from onco_registry.bulletin.sections.baseline import baseline
from onco_registry.bulletin.sections.checklist import checklist
from onco_registry.bulletin.sections.headline import headline
from onco_registry.bulletin.sections.response import response
from onco_registry.bulletin.sections.safety import safety
from onco_registry.bulletin.sections.worklist import worklist

SCHEMA_VERSION = 3
_SAFETY_FRAMES = ("adverse_event", "ae_table", "safety_table", "ae_rate", "ae_incidence", "laboratory_table")


def build(results: Mapping[str, pd.DataFrame], meta: BulletinMeta, earlier: Earlier | None = None) -> dict[str, Any]:
    """The canonical document of the internal edition, in plain types; its texts are English.

    `results` holds the frames of `frames.COLUMNS` and `frames.PATIENT_COLUMNS` with the columns named there; each may
    be empty, others are not read. Proportions and changes are fractions, times of curves and courses days from the
    index date, medians the unit in their row. `earlier` is what the bulletin before this one rests on.

    Raises ValueError for a frame or column that is missing, or a document its schema refuses.
    """
    estimates = of_cohort(records(results, "estimate"), meta.cohort)
    curves, endpoints = records(results, "curve"), records(results, "endpoint")
    shown = survival.shown(curves, meta)
    box = headline(estimates, shown, meta)
    document = {
        "schema_version": SCHEMA_VERSION,
        "bulletin": _bulletin(meta),
        "registry": _registry(meta),
        "headline": box,
        "changes": changes(box, earlier) if earlier else None,
        "attrition": attrition(of_cohort(records(results, "attrition"), meta.cohort)),
        "further_flows": further(records(results, "attrition"), meta),
        "baseline": baseline(records(results, "baseline"), meta),
        "response": _response(results, estimates, meta) if meta.has_response else None,
        "survival": survival.survival(estimates, endpoints, curves, meta),
        "contrasts": survival.contrasts(estimates, curves, meta),
        "further_endpoints": survival.further_endpoints(estimates, curves, shown, meta),
        "safety": _safety(results, estimates, meta) if meta.has_safety else None,
        "completeness": quality.completeness(records(results, "completeness"), meta),
        "timeliness": quality.timeliness(records(results, "timeliness"), meta),
        "run": {"unmapped_codes": meta.unmapped_codes, "quarantined": meta.quarantined},
        "consistency_checks": quality.consistency_checks(records(results, "consistency_check"), meta),
        "queries": quality.queries([*records(results, "response_query"), *records(results, "safety_query")], meta),
        "worklist": worklist(by_patient(results, meta.cohort_id)),
        "disclosure": None,
    }
    document["checklist"] = checklist(document, meta)
    document["translations"] = translated(meta.translations, document)
    validate(document)
    return document


def _response(results: Mapping[str, pd.DataFrame], estimates: list[Record], meta: BulletinMeta) -> Record:
    patients = by_patient(results, meta.cohort_id)
    drawn = {"swimmer": courses.swimmer(patients, meta), "spider": courses.spider(patients)}
    return response(estimates, records(results, "best_response"), records(results, "completeness"), meta) | drawn


def _safety(results: Mapping[str, pd.DataFrame], estimates: list[Record], meta: BulletinMeta) -> Record:
    return safety({name: records(results, name) for name in _SAFETY_FRAMES}, estimates, meta)


def _registry(meta: BulletinMeta) -> Record:
    return {
        "name": meta.registry,
        "title": meta.title,
        "cohort": meta.cohort,
        "cohort_label": meta.label(meta.cohort),
        "population": meta.population,
        "notes": list(meta.notes),
    }


def translated(translations: Mapping[str, Mapping[str, str]], document: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Of translations by language, those of words that the document holds."""
    held = set(_texts(document))
    return {
        language: {english: word for english, word in sorted(words.items()) if english in held}
        for language, words in sorted(translations.items())
    }


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        # Of an item of completeness the value, too: 'death_source:EHR'.
        yield from (value, value.partition(":")[2])
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _bulletin(meta: BulletinMeta) -> dict[str, Any]:
    return {
        "edition": "internal",
        "minimum_cell": None,
        "fictional": meta.fictional,
        "data_cut": meta.data_cut.isoformat(),
        "knowledge_run": meta.knowledge_run,
        "computed": meta.computed.isoformat(timespec="seconds"),
        "hash": meta.hash,
        "sources": sorted(meta.sources),
    }


def schema() -> dict[str, Any]:
    """The published JSON Schema (draft 2020-12) of the document."""
    text = resources.files("onco_registry.bulletin").joinpath("schema.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def validate(document: Mapping[str, Any]) -> None:
    """Raises ValueError naming the place of the first fault, in the order of the document."""
    faults = sorted(Draft202012Validator(schema()).iter_errors(document), key=lambda fault: list(map(str, fault.path)))
    if faults:
        raise ValueError(f"bulletin document: {faults[0].json_path}: {faults[0].message}")


def canonical(document: Mapping[str, Any]) -> bytes:
    """The document's bytes: UTF-8, keys sorted, two spaces; equal documents give equal bytes."""
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, indent=2, allow_nan=False)
    return f"{text}\n".encode()
