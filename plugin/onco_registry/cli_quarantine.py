"""Commands of the quarantine (it shows lines as received: for hospital IT)."""

from __future__ import annotations

from typing import Annotated

import typer

from onco_etl.errors import ConfigurationError
from onco_registry import config as configuration
from onco_registry.cli_sync import say
from onco_registry.terminal import CONFIG, ConfigOption, JsonOption, print_found, query

app = typer.Typer(help="What could not be mapped, and why.", no_args_is_help=True)


@app.command("list")
def quarantine_list(
    everything: Annotated[bool, typer.Option("--all", help="Also what was settled by a later version.")] = False,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """List the versions that are in quarantine: file, line, resource, element and reason."""
    from onco_registry import status as states

    print_found(query(config, states.quarantine if everything else states.open_quarantine), as_json, "Quarantine")


@app.command("show")
def quarantine_show(
    run: Annotated[int, typer.Argument(help="The run that received it.")],
    file: Annotated[str, typer.Argument(help="The file, as listed.")],
    line: Annotated[int, typer.Argument(help="The line, as listed.")],
    entry: Annotated[int | None, typer.Argument(help="The entry of a Bundle, as listed; by default each.")] = None,
    config: ConfigOption = CONFIG,
) -> None:
    """Show a quarantined line, of a Bundle its entry, as received (patient data, for hospital IT)."""
    from onco_etl import workspace
    from onco_registry import status as states

    settings = configuration.load(config)
    with workspace.connect(settings.data, read_only=True) as con:
        texts = states.quarantined_texts(con, settings.data, run, file, line, entry)
    if not texts:
        raise ConfigurationError(
            f"no line {line} of {file} is in quarantine from run {run}; `quarantine list --all` names them"
        )
    typer.echo("\n".join(texts))


@app.command("replay")
def quarantine_replay(config: ConfigOption = CONFIG, as_json: JsonOption = False) -> None:
    """Receive what is open in quarantine once more from the landing zone, after a map or a rule was put right."""
    from onco_etl import pipeline
    from onco_etl.postgres.follow import follow
    from onco_etl.postgres.turn import taken
    from onco_registry.service.record import recorded

    settings = configuration.load(config)
    with recorded(settings.data, "quarantine replay", turn=taken(settings.etl, "quarantine replay")) as record:
        report = record.take(pipeline.replay(settings.etl))
        say(report, as_json)
        follow(settings.etl)


@app.command("dismiss")
def quarantine_dismiss(
    run: Annotated[int, typer.Argument(help="The run that received it.")],
    file: Annotated[str, typer.Argument(help="The file, as listed.")],
    line: Annotated[int, typer.Argument(help="The line, as listed.")],
    config: ConfigOption = CONFIG,
) -> None:
    """Say that a quarantined line needs nothing more: it is listed with --all only."""
    from onco_etl import quarantine, workspace

    with workspace.connect(configuration.load(config).data) as con:
        dismissed = quarantine.dismiss(con, run, file, line)
    if not dismissed:
        raise ConfigurationError(
            f"no line {line} of {file} is open in quarantine from run {run}; `quarantine list` names them"
        )
    typer.echo(f"Dismissed: {dismissed}")
