"""What the bulletin of a registry takes, by part: the document, the public edition, the files of both in each language.

    make bench BENCH=--bulletin
    make bench BENCH='--bulletin --patients 10000'

The registry is the fictional one of tests/outcomes, on the CDM of bench.recompute; its recompute is not counted.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import duckdb
from rich.table import Table

from bench.recompute import CUT, REGISTRY, SHARE, generated
from onco_registry.bulletin import files
from onco_registry.bulletin.disclosure import public
from onco_registry.bulletin.document import build
from onco_registry.bulletin.meta import LANGUAGES, BulletinMeta
from onco_registry.definition import load_registry
from onco_registry.protocol import protocol
from onco_registry.recompute import recompute
from onco_registry.registry_model import RegistryDefinition
from onco_registry.results import Results

# Seconds that the bulletin of 1,000 patients may take.
LIMIT = 60
MINIMUM_CELL = 5


def computed(patients: int) -> tuple[RegistryDefinition, Results]:
    """The fictional registry and its results, with so many patients."""
    registry = load_registry(REGISTRY)
    with duckdb.connect(generated(patients * SHARE), read_only=True) as con:
        return registry, recompute(con, registry, data_cut=CUT, as_of_run=1)


def timed(registry: RegistryDefinition, results: Results) -> dict[str, float]:
    """Part -> seconds."""
    seconds: dict[str, float] = {}
    document = _timed(seconds, "document", lambda: build(results.frames(), _meta(registry, results)))
    shown = _timed(seconds, "public edition", lambda: public(document, (), MINIMUM_CELL))
    for edition, one in (("internal", document), ("public", shown)):
        for language in LANGUAGES:
            _timed(seconds, f"files, {edition}, {language}", partial(files.render, one, [language]))
    return seconds


def table(title: str, seconds: dict[str, float]) -> Table:
    """The seconds of each part, and of all."""
    shown = Table("", "seconds", title=title)
    for name, one in {**seconds, "all": sum(seconds.values())}.items():
        shown.add_row(name, f"{one:.2f}")
    return shown


def _timed(seconds: dict[str, float], name: str, make: Callable[[], Any]) -> Any:
    start = time.perf_counter()
    made = make()
    seconds[name] = time.perf_counter() - start
    return made


def _meta(registry: RegistryDefinition, results: Results) -> BulletinMeta:
    return BulletinMeta(
        registry=registry.name,
        title=registry.title,
        cohort=registry.cohort.name,
        cohort_id=registry.cohort.id,
        population=registry.cohort.population,
        data_cut=results.data_cut,
        knowledge_run=results.as_of_run,
        computed=datetime(2025, 2, 1, tzinfo=UTC),
        patients=results.patients,
        hash=results.hash,
        labels=registry.labels,
        translations=registry.translations,
        facts=protocol(registry, None),
        endpoints=tuple(registry.analysis.rates),
    )
