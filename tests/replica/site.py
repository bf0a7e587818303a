"""The site that the demo leaves behind: its FHIR record, more nights upon it, and what it publishes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from onco_etl import pipeline
from onco_registry import config as configuration
from onco_registry import night
from onco_registry.config import Config
from onco_registry.status import Rows

Json = dict[str, Any]
Row = tuple[Any, ...]
DATA_CUT = date(2022, 5, 31)
NIGHTS = ("initial", "corrections")


@dataclass(frozen=True)
class Site:
    """A demo's folder, or a copy of its data folder and its registry.toml."""

    folder: Path

    @property
    def config(self) -> Config:
        return configuration.load(self.folder / "registry.toml")

    @property
    def published(self) -> Path:
        return self.folder / "data" / "published" / "current.duckdb"

    def sync(self, batch: Path) -> pipeline.RunReport:
        return pipeline.sync(self.config.etl, batch)

    def send(self, resources: Iterable[Json]) -> pipeline.RunReport:
        """Sync one more night that brings these resources."""
        batch = self.folder / "batch"
        batch.mkdir()
        lines = [json.dumps(resource, ensure_ascii=False) for resource in resources]
        (batch / "resources.ndjson").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return self.sync(batch)

    def recompute(self) -> Rows:
        return night.recompute(self.config, data_cut=DATA_CUT)

    def bulletins(self) -> list[Path]:
        return night.bulletins(self.config)

    def rows(self, query: str, parameters: Sequence[object] = ()) -> list[Row]:
        """What a query of the published file gives."""
        with duckdb.connect(self.published, read_only=True) as con:
            return con.execute(query, list(parameters)).fetchall()

    def persons(self) -> dict[int, str]:
        """Published person_id -> id of the Patient: the keys are private, in the workspace alone."""
        with duckdb.connect(self.folder / "data" / "workspace.duckdb", read_only=True) as con:
            found = con.execute("SELECT id, split_part(row_key, '/', 3) FROM keys.person").fetchall()
        return dict(found)


def record(fhir: Path) -> dict[tuple[str, str], Json]:
    """(type, id) -> resource as last received in the demo's two nights."""
    return {
        (resource["resourceType"], resource["id"]): resource
        for night_folder in NIGHTS
        for file in sorted((fhir / night_folder).glob("*.ndjson"))
        for resource in map(json.loads, file.read_text(encoding="utf-8").splitlines())
    }


def amended(resource: Json, **changes: object) -> Json:
    """The version of a resource that the hospital writes after the demo's nights."""
    meta = {**resource["meta"], "versionId": "3", "lastUpdated": "2022-07-20T02:00:00+08:00"}
    return {**resource, "meta": meta, **changes}
