"""The site that the demo leaves behind: its FHIR record, further nights upon it, and what it publishes."""

from __future__ import annotations

import json
import shutil
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
from onco_registry.releasing import Released
from onco_registry.status import Rows

Json = dict[str, Any]
Row = tuple[Any, ...]
DATA_CUT = date(2022, 5, 31)
# The demo's folders of FHIR, in the order in which it syncs them.
NIGHTS = ("initial", "corrections")


@dataclass(frozen=True)
class Site:
    """A demo's folder, or a copy of its registry.toml and its data folder."""

    folder: Path

    @property
    def config(self) -> Config:
        return configuration.load(self.folder / "registry.toml")

    @property
    def published(self) -> Path:
        return self.folder / "data" / "published" / "current.duckdb"

    @property
    def workspace(self) -> Path:
        return self.folder / "data" / "workspace.duckdb"

    def sync(self, batch: Path) -> pipeline.RunReport:
        return pipeline.sync(self.config.etl, batch)

    def send(self, resources: Iterable[Json]) -> pipeline.RunReport:
        """Sync one more night that brings these resources."""
        batch = self.folder / "resources.ndjson"
        batch.write_text("".join(f"{json.dumps(resource)}\n" for resource in resources), encoding="utf-8")
        return self.sync(batch)

    def recompute(self, *, as_of: int | None = None) -> Rows:
        return night.recompute(self.config, data_cut=DATA_CUT, as_of=as_of)

    def forget_results(self) -> None:
        """So that the next recompute has to compute them: results that exist are never written again."""
        with duckdb.connect(self.workspace) as con:
            con.execute("DROP SCHEMA results CASCADE; CREATE SCHEMA results")

    def bulletin(self) -> list[Released]:
        """Release the bulletins of the newest results."""
        return night.bulletins(self.config)

    def current_bulletin(self, name: str, edition: str = "internal") -> bytes:
        """A file of the release that is to be read now."""
        series = self.folder / "data" / "bulletins" / "anlotinib_pd1_sts" / edition
        return (series / "current" / name).read_bytes()

    def rows(self, query: str, parameters: Sequence[object] = ()) -> list[Row]:
        """What a query of the published file gives."""
        with duckdb.connect(self.published, read_only=True) as con:
            return con.execute(query, list(parameters)).fetchall()

    def patients(self) -> dict[int, str]:
        """Published person_id -> id of the Patient, from the private keys."""
        with duckdb.connect(self.workspace, read_only=True) as con:
            return dict(con.execute("SELECT id, split_part(row_key, '/', 3) FROM keys.person").fetchall())


@dataclass(frozen=True)
class Demo:
    """One run of the demo command: what it left, its exit code, what it printed and what it logged.

    site: its nights one after the other, and then one recompute and one bulletin. months: what the command left.
    """

    site: Site
    months: Site
    exit_code: int
    printed: str
    logged: list[Any]

    @property
    def fhir(self) -> Path:
        return self.months.folder / "fhir"

    def received(self) -> dict[tuple[str, str], Json]:
        """(resource type, id) -> resource, in its version of the later night."""
        return {
            (resource["resourceType"], resource["id"]): resource
            for name in NIGHTS
            for file in sorted((self.fhir / name).glob("*.ndjson"))
            for resource in map(json.loads, file.read_text(encoding="utf-8").splitlines())
        }


def after_two_nights(demo: Site, folder: Path) -> Site:
    """A site in `folder` that receives what the demo received."""
    shutil.copyfile(demo.folder / "registry.toml", folder / "registry.toml")
    site = Site(folder)
    pipeline.init(site.config.etl)
    for name in NIGHTS:
        site.sync(demo.folder / "fhir" / name)
    site.recompute()
    site.bulletin()
    return site


def amended(resource: Json, **changes: object) -> Json:
    """The version of a resource that the hospital writes after the demo's nights."""
    meta = {**resource["meta"], "versionId": "3", "lastUpdated": "2022-07-20T02:00:00+08:00"}
    return {**resource, "meta": meta, **changes}
