"""Delta equals rebuild: any sequence of nightly deltas leaves the rows of one full load of the final state.

Hypothesis draws the histories; many of them are loaded side by side into one workspace, where they never meet, because
a night costs a second however little it brings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from etl.histories import NIGHTS, History, histories, lines
from onco_etl import cdm, pipeline, rebuild, workspace
from onco_etl.episodes import EpisodeRules, RuleConcept
from onco_etl.settings import EtlSettings

# Both drugs of the histories are therapy, their diagnosis is the disease, and the code that moves tells of its spread.
EPISODES = EpisodeRules(
    registry="any",
    regimen="both",
    regimen_concept_id=0,
    components=2,
    combination_days=42,
    new_agent_days=28,
    gap_days=30,
    sources=(32830,),
    concepts=(
        RuleConcept("therapy", "one", 45892628, agent="one", is_component=True),
        RuleConcept("therapy", "two", 45775965, agent="two", is_component=True),
        RuleConcept("disease", "disease", 376647),
        RuleConcept("metastatic", "spread", 3025315),
    ),
)

Rows = dict[str, list[tuple[Any, ...]]]

# Histories in all; of the batches that share them, the night before which the map of the hospital's own codes changes.
EXAMPLES = 520
MAP_CHANGES: tuple[int | None, ...] = (None, 1, None)
HEADER = (
    "source_code,source_concept_id,source_vocabulary_id,source_code_description,target_concept_id,"
    "target_vocabulary_id,valid_start_date,valid_end_date,invalid_reason\n"
)


@cache
def drawn() -> tuple[History, ...]:
    """The histories, the same in every run."""
    found: list[History] = []

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(histories())
    def draw(history: History) -> None:
        found.append(history)

    draw()
    return tuple(found)


def batch_of(number: int) -> dict[str, History]:
    """Name -> history, for one of the batches."""
    return {f"h{n}-": history for n, history in enumerate(drawn()) if n % len(MAP_CHANGES) == number}


def map_to(folder: Path, concept: int) -> Path:
    path = folder / f"map-{concept}.csv"
    path.write_text(f"{HEADER}moves,0,urn:local,,{concept},LOINC,1970-01-01,2099-12-31,\n", encoding="utf-8")
    return path


class Hospital:
    """A data folder into which many histories are loaded side by side."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.settings = EtlSettings(data=folder / "data", validation_sample=0, episodes=(EPISODES,))
        pipeline.init(self.settings)
        self.nights = 0

    def sync(self, batch: dict[str, History], part: Callable[[History], list[dict[str, Any]]]) -> dict[str, int]:
        """Load one part of every history; versions by fate."""
        self.nights += 1
        path = self.folder / f"{self.nights}.ndjson"
        path.write_text(
            "".join(lines(part(history), name) for name, history in batch.items()) or "\n", encoding="utf-8"
        )
        return pipeline.sync(self.settings, path).fates

    def rows(self) -> Rows:
        with workspace.connect(self.settings.data, read_only=True) as con:
            return {table: con.execute(natural(table)).fetchall() for table in workspace.CLINICAL_TABLES}

    def all_columns(self) -> Rows:
        """Integers, runs and history included."""
        with workspace.connect(self.settings.data, read_only=True) as con:
            names = [f"{schema}.{table}" for schema in ("cdm", "history") for table in workspace.CLINICAL_TABLES]
            return {name: con.execute(f"FROM {name} ORDER BY ALL").fetchall() for name in names}


def natural(table: str) -> str:
    """The rows of a CDM table, its integers replaced by the natural keys that they stand for."""
    references = cdm.key_references(table)
    named = ["(SELECT row_key FROM keys.resource WHERE id = t._resource_key) AS resource", "t._slot", "t._derivation"]
    for name in cdm.columns(table):
        target = references.get(name)
        if target:
            # Keys of episodes name the person by the integer, which differs from load to load.
            named.append(
                f"(SELECT regexp_replace(row_key, '^person/\\d+', '') FROM keys.{target} WHERE id = t.{name}) AS {name}"
            )
        elif target == "":
            # What a row says is about rows of the same resource or none; other keys differ from load to load.
            named.append(f"t.{name} IS NULL AS {name}")
        elif name != cdm.primary_key(table):
            named.append(f"t.{name}")
    return f"SELECT {', '.join(named)} FROM cdm.{table} AS t ORDER BY ALL"


@pytest.mark.parametrize("number", range(len(MAP_CHANGES)))
def test_deltas_equal_one_full_load(tmp_path: Path, number: int) -> None:
    batch, changes = batch_of(number), MAP_CHANGES[number]
    deltas = Hospital(tmp_path / "deltas")
    for night in range(NIGHTS):
        concept = 3025315 if changes is None or night >= changes else 0
        deltas.settings = replace(deltas.settings, site_map=map_to(tmp_path, concept))
        deltas.sync(batch, lambda history, night=night: history.nights[night])  # type: ignore[misc]
    full = Hospital(tmp_path / "full")
    full.settings = replace(full.settings, site_map=deltas.settings.site_map)
    full.sync(batch, lambda history: history.final)
    found = deltas.rows()
    assert found == full.rows()
    assert found["episode_event"]
    assert found["fact_relationship"]
    assert set(deltas.sync(batch, lambda history: history.final)) == {"unchanged"}
    assert deltas.rows() == found
    if number == 1:
        before = deltas.all_columns()
        rebuild.rebuild(deltas.settings)
        assert deltas.rows() == found
        assert before.keys() == deltas.all_columns().keys()


def test_enough_histories_with_every_kind_of_event() -> None:
    text = "".join(lines([r for night in history.nights for r in night], "") for history in drawn())
    assert len(drawn()) >= 500
    for event in ('"DELETE"', '"replaced-by"', '"replaces"', '"identifier"', '"moves"', '"entered-in-error"', '"deny"'):
        assert text.count(event) >= 50, event
