"""`bulletin`: release the bulletins, look whether releases are as they were, and send them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from onco_etl.errors import ConfigurationError, OncoError
from onco_registry import config as configuration
from onco_registry.cli_check import FAILED
from onco_registry.cli_service import DateOption, begun, send_again, tell
from onco_registry.terminal import CONFIG, ConfigOption, JsonOption, print_found, print_json

if TYPE_CHECKING:
    from onco_registry.bulletin.archive.store import Correction
    from onco_registry.config import Config
    from onco_registry.releasing import Released

app = typer.Typer(help="The outcome bulletins: releases, and to whom they go.")

DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Say what would go where, and change nothing.")]


@app.callback(invoke_without_command=True)
def bulletin(
    context: typer.Context,
    day: DateOption = None,
    corrects: Annotated[
        int | None, typer.Option("--corrects", help="The number of the release that this one corrects.")
    ] = None,
    reason: Annotated[
        str, typer.Option("--reason", help="Why, for the readers of the bulletin: no patient data.")
    ] = "",
    reason_zh: Annotated[
        str, typer.Option("--reason-zh", help="The same in Chinese, for Chinese pages and letters.")
    ] = "",
    registry: Annotated[str | None, typer.Option("--registry", help="Only this registry.")] = None,
    edition: Annotated[str | None, typer.Option("--edition", help="Only this edition: internal or public.")] = None,
    dry_run: DryRunOption = False,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Release the bulletin of every registry from its newest estimates, and send it; with a date, once for it."""
    if context.invoked_subcommand:
        return
    settings = _chosen(configuration.load(config), registry, edition)
    correction = _correction(corrects, reason, reason_zh)
    if dry_run:
        _print_planned(settings, correction, edition, as_json)
        return
    found = _release(settings, day, correction, edition)
    _print(found, as_json)
    _send(settings)


@app.command()
def verify(
    folder: Annotated[
        Path | None, typer.Argument(help="All bulletins, a registry, an edition or one release; by default the site's.")
    ] = None,
    keys: Annotated[
        Path | None, typer.Option("--keys", help="A JWKS of the keys to trust; unsigned releases are faults then.")
    ] = None,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Look whether releases are as they were released: checksums, chain, signatures; exit 6 where one is not."""
    from onco_registry.bulletin.archive import signing
    from onco_registry.bulletin.archive import verify as verifying

    where = folder or configuration.load(config).bulletins_folder
    report = verifying.verify(where, signing.trusted(keys) if keys else None)
    if as_json:
        print_json(asdict(report))
    else:
        typer.echo("\n".join([*report.faults, f"Releases: {report.releases}, signed: {report.signed}."]))
    if report.faults:
        raise typer.Exit(FAILED)


@app.command()
def send(dry_run: DryRunOption = False, config: ConfigOption = CONFIG, as_json: JsonOption = False) -> None:
    """Send the releases that some recipient has not taken yet, also those that were given up."""
    from onco_registry.bulletin.sending import sent
    from onco_registry.service import tasks

    settings = configuration.load(config)
    if dry_run:
        print_found([sent.told(parcel) for parcel in sent.waiting(settings)], as_json, "To be sent")
        return
    try:
        count = tasks.send(settings, everything=True)
    finally:
        tell(settings)
    if as_json:
        print_json({"sent": count})
    else:
        typer.echo(f"Sent: {count}")


def _chosen(settings: Config, registry: str | None, edition: str | None) -> Config:
    """The settings, of one registry where one is given; raises ConfigurationError for an edition that is not made."""
    made = ", ".join(settings.bulletin.editions)
    if edition is not None and edition not in settings.bulletin.editions:
        raise ConfigurationError(f"--edition {edition}: not one of bulletin.editions ({made})")
    if registry is None:
        return settings
    # A folder among the site's registries goes by the registry's name, too.
    named = [entry for entry in settings.registries if Path(entry).name == registry]
    return settings.model_copy(update={"registries": (named[0] if named else registry,)})


def _correction(corrects: int | None, reason: str, reason_zh: str) -> Correction | None:
    from onco_registry.bulletin.archive.store import Correction

    if (corrects is None) != (not reason.strip()):
        raise ConfigurationError("--corrects NUMBER and --reason TEXT: give both")
    if reason_zh.strip() and corrects is None:
        raise ConfigurationError("--reason-zh TEXT: only with --corrects NUMBER and --reason TEXT")
    translations = {"zh": reason_zh.strip()} if reason_zh.strip() else {}
    return None if corrects is None else Correction(corrects, reason.strip(), translations)


def _release(
    settings: Config, day: datetime | None, correction: Correction | None, edition: str | None
) -> list[Released]:
    """What became of each document; nothing where the date is done. What waits to be sent goes out anyhow."""
    from onco_registry.service import tasks
    from onco_registry.service.record import AlreadyDone

    date_done = begun(settings, day)
    try:
        return tasks.bulletin(settings, date_done, correction, edition=edition)
    except AlreadyDone as done:
        typer.echo(str(done), err=True)
        return []
    except OncoError:
        send_again(settings)
        raise
    finally:
        if day:
            tell(settings, "bulletin")


def _send(settings: Config) -> None:
    from onco_registry.service import tasks

    try:
        tasks.send(settings)
    finally:
        tell(settings)


def _print(found: list[Released], as_json: bool) -> None:
    if as_json:
        print_json(_plain(found))
        return
    if not found:
        typer.echo(
            "Nothing to release: no results, nobody is in the cohort (`onco-registry recompute` says how many), or the "
            "public edition is held back, as the log says."
        )
    for one in found:
        what = "new" if one.is_new else "unchanged"
        typer.echo(f"{one.registry}, {one.edition}: release {one.number} of {one.data_cut} ({what}): {one.folder}")
    if any(one.is_new and not one.is_signed for one in found):
        typer.echo("Not signed: no bulletin.signing_key_file is set.")


def _print_planned(settings: Config, correction: Correction | None, edition: str | None, as_json: bool) -> None:
    """What would be released, and to whom it would go; besides what waits to be sent already."""
    from onco_registry import night
    from onco_registry.bulletin.sending import sent

    found = night.bulletins(settings, correction, edition=edition, dry_run=True)
    going = [sent.told(parcel) for parcel in sent.waiting(settings)]
    for one in found:
        if one.is_new:
            going += sent.would_go(settings, one.registry, one.edition, one.number)
    if as_json:
        print_json({"releases": _plain(found), "to_be_sent": going})
        return
    _print(found, as_json=False)
    print_found(going, as_json, "To be sent")


def _plain(found: list[Released]) -> list[dict[str, Any]]:
    return [{**asdict(one), "folder": str(one.folder)} for one in found]
