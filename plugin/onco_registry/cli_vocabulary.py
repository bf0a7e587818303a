"""Commands of the vocabulary: load an Athena download, and say what is in use and how the maps compare with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from onco_registry import config as configuration
from onco_registry.terminal import CONFIG, ConfigOption, JsonOption, print_json, print_rows

if TYPE_CHECKING:
    import duckdb

    from onco_etl.settings import EtlSettings
    from onco_registry.config import Config

app = typer.Typer(help="The OMOP vocabulary in use.", no_args_is_help=True)
NamesOption = Annotated[bool, typer.Option("--names", help="Also names that are only worded otherwise.")]


@app.command("load")
def load(
    path: Annotated[Path, typer.Argument(help="An Athena download: the zip, or a folder with its files.")],
    release: Annotated[str | None, typer.Option(help="Its release, where VOCABULARY.csv does not say.")] = None,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Load a vocabulary in place of the one in use, map again what is there, and publish; all or nothing."""
    from onco_etl import workspace
    from onco_etl.postgres.follow import follow
    from onco_etl.postgres.turn import taken
    from onco_registry.service.record import recorded

    site = configuration.load(config)
    settings = site.etl
    with recorded(settings.data, "vocabulary load", turn=taken(settings, "vocabulary load")):
        loaded = _load(settings, path, release)
        with workspace.connect(settings.data, read_only=True) as con:
            loaded |= _compared(con, site)
        _say(loaded, as_json)
        follow(settings)


def _say(loaded: dict[str, Any], as_json: bool) -> None:
    """What was loaded, and what that changed."""
    if as_json:
        print_json(loaded)
        return
    _print_release(loaded)
    if "run" not in loaded:
        typer.echo("The same vocabulary was in use: nothing to map again.")
    else:
        print_rows(loaded["changed"], title=f"Rows changed by run {loaded['run']}")
        typer.echo(f"Resources whose rows moved to another table: {loaded['moved']:,}")
    _print_compared(loaded)


def _load(settings: EtlSettings, path: Path, release: str | None) -> dict[str, Any]:
    """Load the download and map again; what that changed, as plain data."""
    from onco_etl import changes, pipeline, vocabulary, workspace

    with workspace.connect(settings.data, read_only=True):
        pass  # A missing or busy data folder is said before the long part.
    before = vocabulary.in_use(settings.data)
    found = vocabulary.load(
        settings.data, path, release=release, memory_limit=settings.memory_limit, threads=settings.threads
    )
    loaded: dict[str, Any] = {"release": found.release, "rows": found.rows, "absent": list(found.absent)}
    if before is None or before.identity != found.identity:
        report = pipeline.remap(settings)
        with workspace.connect(settings.data, read_only=True) as con:
            loaded["run"] = report.run
            loaded["changed"] = changes.by_table(con, report.run)
            loaded["moved"] = changes.moved(con, report.run)
    return loaded


@app.command("show")
def show(names: NamesOption = False, config: ConfigOption = CONFIG, as_json: JsonOption = False) -> None:
    """Say which release is in use, and where the starter maps disagree with it."""
    from onco_etl import vocabulary, workspace

    site = configuration.load(config)
    found = vocabulary.in_use(site.data)
    with workspace.connect(site.data, read_only=True) as con:
        compared = _compared(con, site, names=names)
    shown: dict[str, Any] = {
        "release": found.release if found else None,
        "rows": found.rows if found else {},
        "absent": list(found.absent) if found else [],
        **compared,
    }
    if as_json:
        print_json(shown)
    else:
        if found is None:
            typer.echo(
                "No vocabulary is loaded: only the starter maps are in use (onco-registry vocabulary load PATH)."
            )
        else:
            _print_release(shown)
        _print_compared(shown)


def _compared(con: duckdb.DuckDBPyConnection, site: Config, *, names: bool = False) -> dict[str, Any]:
    """What of the starter maps and of the registry definitions does not agree with the vocabulary in use."""
    from onco_etl import starter_check
    from onco_registry import named_concepts

    return {
        "disagreements": starter_check.disagreements(con, names=names),
        "unknown_concepts": named_concepts.unknown(con, site.data, site.registries),
    }


def _print_compared(found: dict[str, Any]) -> None:
    print_rows(found["disagreements"], title="Starter maps that disagree with the vocabulary (which wins)")
    print_rows(
        found["unknown_concepts"],
        title="Concepts of registries that are not known here (mistyped, or not downloaded)",
    )


def _print_release(shown: dict[str, Any]) -> None:
    typer.echo(f"Vocabulary release: {shown['release']}")
    print_rows([{"table": table, "rows": n} for table, n in shown["rows"].items()], title="Vocabulary tables")
    if shown["absent"]:
        typer.echo(f"Without files for: {', '.join(shown['absent'])}")
