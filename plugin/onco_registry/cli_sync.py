"""`sync` and `rebuild`: what is received, or was, mapped, merged and published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from onco_etl import lock
from onco_etl.errors import ConfigurationError
from onco_registry import config as configuration
from onco_registry.terminal import CONFIG, ConfigOption, JsonOption, print_json, print_rows

if TYPE_CHECKING:
    from onco_etl.pipeline import Preview, RunReport


def sync(
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--from", help="A file or folder of FHIR, or a server's address; by default the server configured."
        ),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Everything that the server has, not only what changed.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Receive FHIR resources, map what changed, merge it and publish; say what became of every version."""
    from onco_etl.postgres.follow import follow
    from onco_etl.postgres.turn import taken
    from onco_registry import receiving
    from onco_registry.service.record import recorded

    source = _only(given or [])
    settings = configuration.load(config)
    if dry_run:
        with lock.held(settings.data, "sync --dry-run"):
            _say_preview(receiving.preview(settings, source, full=full), as_json)
        return
    with recorded(settings.data, "sync", turn=taken(settings.etl, "sync")) as record:
        report = record.take(receiving.receive(settings, source, full=full))
        say(report, as_json)
        follow(settings.etl)


def rebuild(config: ConfigOption = CONFIG, as_json: JsonOption = False) -> None:
    """Replay the landing zone into a new workspace, with the rules of this release; keys and results stay."""
    from onco_etl import rebuild as rebuilding
    from onco_etl.postgres.follow import follow
    from onco_etl.postgres.turn import taken
    from onco_registry.service.record import recorded

    settings = configuration.load(config)
    with recorded(settings.data, "rebuild", turn=taken(settings.etl, "rebuild")) as record:
        report = record.take(rebuilding.rebuild(settings.etl))
        say(report, as_json)
        follow(settings.etl)


def say(report: RunReport, as_json: bool) -> None:
    """What became of the versions that a run received, and where to look next."""
    if as_json:
        print_json({**report.__dict__, "published": str(report.published)})
        return
    typer.echo(f"Run {report.run}: received {_received(report)}\nPublished: {report.published}")
    if report.fates.get("quarantined"):
        typer.echo("What is in quarantine, and why: onco-registry quarantine list")
    if report.fates.get("waiting"):
        typer.echo("What waits is mapped when its patient arrives; a patient in quarantine keeps theirs waiting.")


def _only(given: list[str]) -> str | None:
    """The one source that was given, if any: a sync receives from one, and a second is not to be lost unsaid."""
    if len(given) > 1:
        raise ConfigurationError(
            f"--from is given {len(given)} times, and a sync receives from one path or address: "
            "sync them one after the other; what the first brought stays"
        )
    return given[0] if given else None


def _say_preview(preview: Preview, as_json: bool) -> None:
    """What a sync would do."""
    if as_json:
        print_json(preview.__dict__)
        return
    typer.echo(f"Would receive {_received(preview)}")
    print_rows(preview.changed, title="Rows that would begin and end")


def _received(report: RunReport | Preview) -> str:
    fates = ", ".join(f"{count:,} {fate}" for fate, count in report.fates.items()) or "none"
    return f"{report.received:,} {'version' if report.received == 1 else 'versions'}: {fates}"
