"""`status` and `runs`: did it go well, and what is there."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import typer

from onco_registry import clock
from onco_registry import config as configuration
from onco_registry.terminal import CONFIG, ConfigOption, JsonOption, print_found, print_json, print_rows, query

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from onco_registry.config import Config


def status(config: ConfigOption = CONFIG, as_json: JsonOption = False) -> None:
    """Say in one screen whether the last night went well and what to do, and what was received and published."""
    from onco_etl import workspace
    from onco_etl.errors import InUseError
    from onco_registry import status as states

    settings = configuration.load(config)
    service = _service(settings)
    try:
        with workspace.connect(settings.data, read_only=True) as con:
            found = states.status(con, settings.published_folder)
            quarantined = states.open_quarantine(con)
    except InUseError as busy:
        if service is None or not service["running"]:
            raise
        # While a job runs, only the ledger of jobs can be read.
        found, quarantined = {"busy": str(busy)}, []
    found["bulletins"], found["bulletins_unsent"] = _bulletins(settings)
    if as_json:
        print_json({"service": service, **found})
        return
    _print_service(service)
    if "busy" in found:
        typer.echo(found["busy"])
    else:
        _print_workspace(settings, found, quarantined)
    _print_bulletins(found, settings.zone)


def runs(config: ConfigOption = CONFIG, as_json: JsonOption = False) -> None:
    """List the runs."""
    from onco_registry import status as states

    found = query(config, states.runs)
    print_found(found if as_json else states.on_screen(found, configuration.load(config).zone), as_json, "Runs")


def _service(settings: Config) -> dict[str, Any] | None:
    """How the scheduled jobs are; None where none has run yet."""
    from onco_registry.service import health, jobs

    if not settings.data.joinpath(jobs.FILE).exists():
        return None
    with jobs.opened(settings.data) as engine:
        return health.plain(health.health(settings, engine, datetime.now(UTC)))


def _bulletins(settings: Config) -> tuple[list[dict[str, Any]], int]:
    """The newest release of each registry and edition, and how many releases some recipient has not taken."""
    from onco_etl.errors import ReleaseError
    from onco_registry.bulletin.archive import series
    from onco_registry.bulletin.sending import sent

    try:
        unsent = len(sent.waiting(settings))
    except ReleaseError:
        # The overview says which release is damaged.
        unsent = 0
    return series.overview(settings.bulletins_folder), unsent


def _timed(row: dict[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """An erasure for a screen: when it began and ended by the hospital's clock."""
    return row | {name: clock.on_screen(row[name], zone) for name in ("begun", "finished")}


def _print_bulletins(found: dict[str, Any], zone: ZoneInfo) -> None:
    for row in found["bulletins"]:
        newest = row.get("damaged")
        newest = newest or f"release {row['number']} of {row['data_cut']}, {clock.on_screen(row['published'], zone)}"
        typer.echo(f"Bulletin of {row['registry']}, {row['edition']}: {newest}")
    if found["bulletins_unsent"]:
        typer.echo(f"Bulletins not sent: {found['bulletins_unsent']}. More: onco-registry bulletin send --dry-run")


def _print_service(service: dict[str, Any] | None) -> None:
    for job in service["jobs"] if service else ():
        # Who gives the commands by hand has no nights to be late.
        if job["last_done"] or "failed" in job["why"]:
            well = "well" if job["ok"] else "NOT WELL"
            typer.echo(f"{job['job'].capitalize()}: {well}: {job['why']}." + _to_do(job["to_do"]))


def _to_do(advice: str | None) -> str:
    return f" To do: {advice}." if advice else ""


def _print_workspace(settings: Config, found: dict[str, Any], quarantined: list[dict[str, Any]]) -> None:
    from onco_registry import status as states

    typer.echo(states.verdict(found, quarantined))
    print_rows(states.on_screen(found["runs"][-5:], settings.zone), title="Runs")
    newest = max((row["run"] for row in found["received"]), default=0)
    latest = [row for row in found["received"] if row["run"] == newest]
    print_rows(states.fates(latest), title=f"Versions received in run {newest}")
    print_rows([{"table": t, "rows": n} for t, n in found["cdm"].items() if n], title="CDM rows")
    print_rows(found["unmapped"][:10], title="Unmapped codes (first 10)")
    if found["erasures"]:
        print_rows(
            [_timed(row, settings.zone) for row in found["erasures"]],
            title="Erasures (one that is not finished: give its command again)",
        )
    print_rows(found["not_understood"][:10], title="Not understood, by URL or (Consent) by what it denies (first 10)")
    print_rows(found["undated_deaths"][:10], title="Deaths without a date (first 10)")
    if (listing := found["opt_out_list"])["entries"]:
        typer.echo(
            f"Opt-out list: {listing['entries']:,} entries, of which {listing['unmatched']:,} match no patient "
            "(mistyped, or not received)"
        )
    typer.echo(f"Vocabulary: {found['vocabulary'] or 'none yet'}")
    published = found["published"]
    typer.echo(f"Published: run {published['run']}, {published['file']}" if published else "Nothing published yet.")
