"""`serve`, `night` and `jobs`: what runs unattended, and what became of it."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from onco_etl.errors import ConfigurationError
from onco_registry import config as configuration
from onco_registry.terminal import CONFIG, ConfigOption, JsonOption, print_found

if TYPE_CHECKING:
    from onco_registry.config import Config

DateOption = Annotated[
    datetime | None,
    typer.Option("--date", formats=["%Y-%m-%d"], help="The business date for which this is done once."),
]
AgainOption = Annotated[bool, typer.Option("--again", help="Also where that date is done.")]


def serve(config: ConfigOption = CONFIG) -> None:
    """Run the nights and the bulletins when they are due, and answer /health and /metrics, until told to stop."""
    from onco_registry.service import serve as service

    service.serve(configuration.load(config), config)


def night(day: DateOption = None, again: AgainOption = False, config: ConfigOption = CONFIG) -> None:
    """Receive, map, merge, publish and recompute, once per business date; tell of failures."""
    from onco_registry.service import tasks
    from onco_registry.service.record import AlreadyDone

    settings = configuration.load(config)
    try:
        report = tasks.night(settings, _date(settings, "night", day), again=again)
    except AlreadyDone as done:
        typer.echo(str(done))
        return
    finally:
        send_again(settings)
        tell(settings, "night")
    # The recompute published once more.
    published = settings.published_folder.joinpath("current.duckdb").resolve()
    typer.echo(f"Run {report.run}: {report.received:,} versions received.\nPublished: {published}")


def jobs(
    limit: Annotated[int, typer.Option(help="How many attempts, the newest last.")] = 20,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """List what the service and the commands did: attempts, how they ended, and where the time went."""
    from onco_registry.service import jobs as ledger

    settings = configuration.load(config)
    with ledger.opened(settings.data) as engine:
        found = [ledger.plain(row) for row in reversed(ledger.newest(engine, limit))]
    print_found(found if as_json else [ledger.on_screen(row, settings.zone) for row in found], as_json, "Jobs")


def _date(settings: Config, job: str, given: datetime | None) -> date:
    from onco_registry.service.due import business_date

    return begun(settings, given) or business_date(settings, job, datetime.now(UTC))


def begun(settings: Config, given: datetime | None) -> date | None:
    """The date that was given; raises ConfigurationError where it has not begun in the hospital.

    Once it was done, all nights up to it would count as done.
    """
    if given and given.date() > datetime.now(settings.zone).date():
        raise ConfigurationError(f"--date {given.date()}: has not begun yet")
    return given.date() if given else None


def send_again(settings: Config) -> None:
    """Send the bulletins that were not taken before; what goes wrong is noted, and no fault of this command."""
    from onco_etl.errors import OncoError
    from onco_registry.service import tasks

    with suppress(OncoError):
        tasks.send(settings)


def tell(settings: Config, job: str | None = None) -> None:
    """Send what is to be told, of a job's newest attempt too; where there is no ledger, there is nothing."""
    from onco_registry.service import delivery
    from onco_registry.service import jobs as ledger
    from onco_registry.service.serve import note_news

    if settings.data.is_dir():
        with ledger.opened(settings.data) as engine:
            if job:
                note_news(settings, engine, job)
            delivery.deliver(engine, settings.notify)
