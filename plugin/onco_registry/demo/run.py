"""The replica study, whole: a hospital, two months with a night and a bulletin each, and the comparison."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from onco_etl import pipeline, workspace
from onco_etl.errors import InputError
from onco_registry import config as configuration
from onco_registry import night, results
from onco_registry.demo.compare import compare, disagreements, statements
from onco_registry.demo.hospital import build_hospital
from onco_registry.installed import installed

_MARK = ".onco-registry-demo"


@dataclass(frozen=True)
class Outcome:
    """What the demo gave: the comparison row by row, what the printed numbers imply, and the bulletin's page."""

    comparison: list[dict[str, Any]]
    findings: list[str]
    bulletin: Path
    agrees: bool


def run(out: Path) -> Outcome:
    """Run the replica study in folder `out`; an earlier demo there is replaced, anything else refused (InputError)."""
    _clear(out)
    hospital = build_hospital(out / "fhir")
    config_file = out / "registry.toml"
    template = configuration.TEMPLATE.replace('"Asia/Shanghai"', f'"{hospital.timezone}"')
    config_file.write_text(f"{template}# The patients of this demo do not exist.\nfictional = true\n", encoding="utf-8")
    config = configuration.load(config_file)
    pipeline.init(config.etl)
    (registry,) = installed(config.registries)
    month_before = hospital.data_cut.replace(day=1) - timedelta(days=1)
    for batch, data_cut in ((hospital.initial, month_before), (hospital.corrections, hospital.data_cut)):
        pipeline.sync(config.etl, batch)
        night.recompute(config, data_cut=data_cut)
        released = night.bulletins(config)
    internal = next(one for one in released if one.edition == "internal")
    with workspace.connect(config.data, read_only=True) as con:
        comparison = compare(results.read(con, registry.name).estimate)
    rows = [{str(name): value for name, value in row.items()} for row in comparison.to_dict(orient="records")]
    return Outcome(rows, statements(), internal.folder / "bulletin.en.html", agrees=disagreements(comparison).empty)


def _clear(out: Path) -> None:
    if out.exists() and any(out.iterdir()) and not (out / _MARK).exists():
        raise InputError(f"{out}: not empty and not an earlier demo; choose another folder with --out")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    (out / _MARK).touch()
