"""The demos, whole: fictional patients, nights, bulletins; the replica study has several months and its comparison."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from onco_etl import pipeline, workspace
from onco_etl.errors import InputError
from onco_registry import config as configuration
from onco_registry import night, results
from onco_registry.config import Config
from onco_registry.demo.catalogue import document
from onco_registry.demo.compare import compare, disagreements, statements
from onco_registry.demo.hospital import build_hospital, write_ndjson
from onco_registry.demo.patients import read_patients
from onco_registry.installed import folder_of, installed

_MARK = ".onco-registry-demo"


@dataclass(frozen=True)
class Outcome:
    """What the demo gave: the comparison row by row, what the printed numbers imply, and the bulletin's page."""

    comparison: list[dict[str, Any]]
    findings: list[str]
    bulletin: Path
    agrees: bool


@dataclass(frozen=True)
class RegistryOutcome:
    """What the demo of a registry gave: who was left out, the medians, its bulletin's page and the patients' FHIR."""

    attrition: list[dict[str, Any]]
    medians: list[dict[str, Any]]
    bulletin: Path
    patients: Path


@dataclass(frozen=True)
class Month:
    """What came in, if anything did, and the bulletin at its end: data cut, and edition where not all are made."""

    batch: Path | None
    data_cut: date | None
    edition: str | None = None


def run(out: Path) -> Outcome:
    """Run the replica study in folder `out`; an earlier demo there is replaced, anything else refused (InputError)."""
    _clear(out)
    hospital = build_hospital(out / "fhir")
    name = document("published")["registry"]
    month_before = _end_of_month_before(hospital.data_cut)
    # Before the corrections the numbers are for the tumour board alone.
    months = (
        Month(hospital.initial, _end_of_month_before(month_before), "internal"),
        Month(hospital.corrections, month_before),
        Month(None, hospital.data_cut),
    )
    config, page = _nights(out, name, months)
    with workspace.connect(config.data, read_only=True) as con:
        comparison = compare(results.read(con, name).estimate)
    return Outcome(_rows(comparison), statements(), page, agrees=disagreements(comparison).empty)


def run_registry(name: str, out: Path) -> RegistryOutcome:
    """Run a registry (as the setting `registries` names one) on the fictional patients that it brings.

    Raises ConfigurationError for a registry that there is not, or that brings none; InputError as `run`.
    """
    patients = read_patients(folder_of(name))
    (registry,) = installed([name])
    _clear(out)
    fhir = out / "fhir"
    write_ndjson(fhir, patients.resources())
    config, page = _nights(out, name, [Month(fhir, patients.data_cut)])
    with workspace.connect(config.data, read_only=True) as con:
        found = results.read(con, registry.name)
    estimates = found.estimate
    medians = estimates[estimates["measure"].str.endswith("_median") & (estimates["stratum"] == "overall")]
    return RegistryOutcome(
        _rows(found.attrition[["label", "excluded", "remaining"]]),
        _rows(medians[["measure", "estimate", "lower", "upper", "ci_method", "events", "n"]].round(2)),
        page,
        fhir,
    )


def _nights(out: Path, registry: str, months: Sequence[Month]) -> tuple[Config, Path]:
    """A site of one registry in folder `out`, after its months; the page of the last internal bulletin."""
    config_file = out / "registry.toml"
    named = Path(registry).absolute().as_posix() if Path(registry).is_dir() else registry
    template = configuration.TEMPLATE.replace("registries = []", f'registries = ["{named}"]')
    config_file.write_text(f"{template}# The patients of this demo do not exist.\nfictional = true\n", encoding="utf-8")
    config = configuration.load(config_file)
    pipeline.init(config.etl)
    for month in months:
        if month.batch:
            pipeline.sync(config.etl, month.batch)
        night.recompute(config, data_cut=month.data_cut)
        released = night.bulletins(config, edition=month.edition)
    internal = next(one for one in released if one.edition == "internal")
    return config, internal.folder / "bulletin.en.html"


def _end_of_month_before(day: date) -> date:
    return day.replace(day=1) - timedelta(days=1)


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Plain rows, without what is missing."""
    frame = frame.astype(object).where(frame.notna(), "")
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict(orient="records")]


def _clear(out: Path) -> None:
    if out.exists() and any(out.iterdir()) and not (out / _MARK).exists():
        raise InputError(f"{out}: not empty and not an earlier demo; choose another folder with --out")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    (out / _MARK).touch()
