"""The command line. Exit codes: 0 done; 1 unexpected; 2 usage or configuration; 3 nothing readable; 4 data folder;
5 a mapping broke its rules; 6 a check failed; 7 a FHIR server cannot be read; 8 the Postgres replica is behind;
9 a bulletin was not released or not sent; 130 interrupted.
"""

from __future__ import annotations

import os
import signal
from datetime import date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from onco_etl.errors import OncoError
from onco_registry import (
    cli_bulletin,
    cli_check,
    cli_compare,
    cli_erase,
    cli_export,
    cli_keys,
    cli_postgres,
    cli_quarantine,
    cli_service,
    cli_status,
    cli_sync,
    cli_trace,
    cli_unmapped,
    cli_vocabulary,
    logs,
)
from onco_registry import config as configuration
from onco_registry.terminal import CONFIG, ConfigOption, JsonOption, print_found, print_rows

USAGE = 2
DATA_FOLDER = 4
INTERRUPTED = 130

app = typer.Typer(
    help="Real-world oncology outcome registries from a hospital's FHIR R4 data.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(cli_quarantine.app, name="quarantine")
app.add_typer(cli_check.app, name="check")
app.add_typer(cli_bulletin.app, name="bulletin")
app.add_typer(cli_vocabulary.app, name="vocabulary")
app.add_typer(cli_unmapped.app, name="unmapped")
app.add_typer(cli_keys.app, name="keys")
app.add_typer(cli_export.app, name="export")
app.add_typer(cli_postgres.app, name="postgres")
app.command()(cli_sync.sync)
app.command()(cli_sync.rebuild)
app.command()(cli_trace.trace)
app.command()(cli_trace.waiting)
app.command()(cli_erase.erase)
app.command()(cli_service.serve)
app.command()(cli_service.night)
app.command()(cli_service.jobs)
app.command()(cli_status.status)
app.command()(cli_status.runs)
app.command()(cli_compare.compare)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"onco-registry {version('onco-registry')}")
        raise typer.Exit


@app.callback()
def common(
    log_format: Annotated[
        logs.Format, typer.Option(envvar=logs.VARIABLE, help="Log lines on standard error, as key=value or as JSON.")
    ] = logs.Format.TEXT,
    _: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """Options of every command, given before its name."""
    # The jobs of the service are processes of their own.
    os.environ[logs.VARIABLE] = log_format
    logs.set_up(log_format)


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for the demo; an earlier demo in it is replaced.")] = Path("demo"),
    registry: Annotated[
        str | None, typer.Option(help="A registry, by its name or folder, on the fictional patients that it brings.")
    ] = None,
) -> None:
    """Run the replica study: a fictional hospital, the whole path, and what it gave beside the paper."""
    from onco_registry.demo import run

    if registry:
        found = run.run_registry(registry, out)
        print_rows(found.attrition, title="Who is left out (fictional patients)")
        print_rows(found.medians, title="Medians in months")
        typer.echo(f"\nPatients: {found.patients}\nBulletin: {found.bulletin}")
        return
    outcome = run.run(out)
    print_rows(outcome.comparison, title="The published study and its replica (fictional patients)")
    for finding in outcome.findings:
        typer.echo(finding)
    typer.echo(f"\nBulletin: {outcome.bulletin}")
    if not outcome.agrees:
        raise typer.Exit(cli_check.FAILED)


@app.command()
def init(config: ConfigOption = CONFIG) -> None:
    """Create the configuration file and the private data folder; what exists is kept."""
    from onco_etl import pipeline
    from onco_registry.installed import registry_names

    if not config.exists():
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(configuration.TEMPLATE, encoding="utf-8")
    settings = configuration.load(config)
    pipeline.init(settings.etl)
    typer.echo(f"Configuration: {config}\nData folder: {settings.data}")
    typer.echo(f"Registries: {', '.join(registry_names())} (setting `registries`)")
    typer.echo("Next: onco-registry sync --from FHIR_FOLDER")


@app.command()
def recompute(
    data_cut: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Event cut-off; by default 30 days before the newest run."),
    ] = None,
    as_of: Annotated[int | None, typer.Option(help="Knowledge cut-off: a run; by default the newest.")] = None,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Compute cohorts and outcomes of every registry, and publish them."""
    from onco_etl.postgres.follow import follow
    from onco_etl.postgres.turn import taken
    from onco_registry import night
    from onco_registry.service.record import recorded

    settings = configuration.load(config)
    cut: date | None = data_cut.date() if data_cut else None
    with recorded(settings.data, "recompute", turn=taken(settings.etl, "recompute")):
        computed = night.recompute(settings, data_cut=cut, as_of=as_of)
        print_found(computed, as_json, "Recomputed")
        follow(settings.etl)


def main() -> None:
    """Entry point: errors that a user is meant to read are one line and an exit code."""
    logs.set_up()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        code = app(standalone_mode=False)
    except OncoError as error:
        _end(str(error), error.exit_code)
    except OSError as error:
        _end(f"{error.filename or 'input or output'}: {error.strerror or error}", DATA_FOLDER)
    except Exception as error:
        from onco_etl.workspace import storage_fault

        if fault := storage_fault(error):
            where = "the data folder or that of the published files"
            _end(f"{where}: {fault}; see to the disk, and to who may write there", DATA_FOLDER)
        # A wrong option or argument, which knows how to show itself.
        if not hasattr(error, "show"):
            raise
        error.show()
        raise SystemExit(USAGE) from None
    if code == INTERRUPTED:
        _end("interrupted: nothing of this run stays; run the same command again", INTERRUPTED)
    raise SystemExit(code or 0)


def _end(message: str, code: int) -> NoReturn:
    typer.echo(f"error: {message}", err=True)
    raise SystemExit(code) from None


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
