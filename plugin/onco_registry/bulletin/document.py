"""The canonical document of a bulletin: built from the results frames, checked against schema.json."""

import json
from collections.abc import Mapping
from importlib import resources
from typing import Any

import pandas as pd
from jsonschema import Draft202012Validator

from onco_registry.bulletin import content
from onco_registry.bulletin.frames import of_cohort, records
from onco_registry.bulletin.meta import BulletinMeta

SCHEMA_VERSION = 1


def build(results: Mapping[str, pd.DataFrame], meta: BulletinMeta) -> dict[str, Any]:
    """The canonical document of one bulletin, in plain types, without any identifier of a person.

    `results` holds the frames estimate, attrition, best_response, endpoint, curve, ae_table, completeness and
    consistency_check with the columns of `frames.COLUMNS`; each may be empty, others are not read. Proportions
    and changes are fractions, curve times days from the index date, medians the unit in their row.

    Raises ValueError for a frame or column that is missing, or a document its schema refuses.
    """
    estimates = of_cohort(records(results, "estimate"), meta.cohort)
    steps = of_cohort(records(results, "attrition"), meta.cohort)
    best = records(results, "best_response")
    endpoints, curves = records(results, "endpoint"), records(results, "curve")
    document = {
        "schema_version": SCHEMA_VERSION,
        "bulletin": _bulletin(meta),
        "registry": {
            "name": meta.registry,
            "title": meta.title,
            "cohort": meta.cohort,
            "population": meta.population,
            "notes": list(meta.notes),
        },
        "headline": content.headline(estimates, meta.patients),
        "attrition": content.attrition(steps),
        "response": content.response(estimates, best, meta),
        "survival": content.survival(estimates, endpoints, curves, meta),
        "safety": content.safety(estimates, records(results, "ae_table")),
        "completeness": content.completeness(records(results, "completeness"), meta),
        "run": {"unmapped_codes": meta.unmapped_codes, "quarantined": meta.quarantined},
        "consistency_checks": content.consistency_checks(records(results, "consistency_check"), meta),
    }
    validate(document)
    return document


def _bulletin(meta: BulletinMeta) -> dict[str, Any]:
    return {
        "edition": meta.edition,
        "language": meta.language,
        "fictional": meta.fictional,
        "data_cut": meta.data_cut.isoformat(),
        "knowledge_run": meta.knowledge_run,
        "published": meta.published.isoformat(timespec="seconds"),
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
