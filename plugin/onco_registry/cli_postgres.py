"""Commands of the Postgres replica: publish to it by hand, and compare it with what it should hold."""

from __future__ import annotations

from typing import Annotated

import typer

from onco_etl.errors import ConfigurationError
from onco_registry import config as configuration
from onco_registry.terminal import CONFIG, ConfigOption, JsonOption, print_json, print_rows

CHECK_FAILED = 6

app = typer.Typer(help="The replica in Postgres.", no_args_is_help=True)


@app.command("publish")
def publish(
    full: Annotated[bool, typer.Option("--full", help="Build every table anew, the vocabulary too.")] = False,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Bring the replica to the run of the published file, by what changed since its own."""
    from onco_etl.postgres.follow import follow
    from onco_registry.service.record import recorded

    settings = configuration.load(config)
    with recorded(settings.data, "postgres publish"):
        found = follow(settings.etl, full=full)
        if found is None:
            raise ConfigurationError("no replica is configured: registry.toml needs the section [postgres]")
    if as_json:
        print_json({**found.__dict__, "broken": [key.__dict__ for key in found.broken]})
        return
    before = "nothing" if found.before is None else f"run {found.before}"
    typer.echo(f"Replica: from {before} to run {found.run}" + (f"; all of it: {found.full}" if found.full else ""))
    print_rows([{"table": table, "rows": rows} for table, rows in found.rows.items() if rows], title="Rows changed")
    print_rows([key.__dict__ for key in found.broken], title="Foreign keys that do not hold, and are left out")
    for note in found.notes:
        typer.echo(note)


@app.command("verify")
def verify(config: ConfigOption = CONFIG, as_json: JsonOption = False) -> None:
    """Compare rows and checksums of every table with the published file and the vocabulary; exit 6 if they differ."""
    from onco_etl import lock
    from onco_etl.postgres.follow import verified

    settings = configuration.load(config)
    with lock.held(settings.data, "postgres verify"):
        found = verified(settings.etl)
    if as_json:
        print_json({**found.__dict__, "broken": [key.__dict__ for key in found.broken]})
    else:
        typer.echo(f"Run {found.run}: {found.tables} tables compared, {len(found.differences)} differ")
        print_rows([{"difference": words} for words in found.differences], title="Differences")
        print_rows([key.__dict__ for key in found.broken], title="Foreign keys that do not hold, and are left out")
    if found.differences:
        raise typer.Exit(CHECK_FAILED)
