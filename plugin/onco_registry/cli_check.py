"""`onco-registry check`, and `check publication` of numbers that somebody else printed."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from onco_registry import config as configuration
from onco_registry.terminal import CONFIG, ConfigOption, JsonOption, print_json, print_rows

FAILED = 6

app = typer.Typer()


@app.callback(invoke_without_command=True)
def check(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Also what passes.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 6 on warnings too.")] = False,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Check the CDM, the books of the ETL and the estimates; exit 6 when a check of severity fatal or error fails."""
    if context.invoked_subcommand is not None:
        return
    from onco_etl import workspace
    from onco_registry import checks

    settings = configuration.load(config)
    with workspace.connect(settings.data) as con:
        found = checks.run(con, settings.data)
    if as_json:
        print_json(found)
    else:
        print_rows(checks.on_screen(found, everything=everything), title="Checks")
        typer.echo(checks.summary(found))
    if checks.failed(found, strict=strict):
        raise typer.Exit(FAILED)


@app.command()
def publication(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="YAML with the numbers as printed; see docs/publications.md.")],
    as_json: JsonOption = False,
) -> None:
    """Check numbers that a publication prints: what cannot be (exit 6), and what they imply."""
    from onco_registry.publication import IMPOSSIBLE, check_publication, read_publication

    found = [asdict(finding) for finding in check_publication(read_publication(file))]
    if as_json or (context.parent and context.parent.params["as_json"]):
        print_json(found)
    else:
        print_rows(found, title="Publication")
    if any(row["kind"] == IMPOSSIBLE for row in found):
        raise typer.Exit(FAILED)
