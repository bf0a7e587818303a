"""The command that erases a patient (it is given and names logical ids: for hospital IT)."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from onco_etl import lock
from onco_registry import config as configuration
from onco_registry.terminal import CONFIG, ConfigOption

if TYPE_CHECKING:
    from onco_etl.erasure_scope import Scope
    from onco_registry.config import Config

NOT_AGREED = 2


def erase(
    patient: Annotated[str, typer.Argument(help="The patient, as Patient/123, or SOURCE/Patient/123.")],
    linked: Annotated[bool, typer.Option("--linked", help="Also the records that Patient.link ties to it.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be erased, and change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    again: Annotated[bool, typer.Option("--allow-again", help="Let an erased patient in again instead.")] = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Erase a patient from everything in the data folder, and keep out what arrives for them again."""
    from onco_etl import erasure
    from onco_registry.service.record import recorded

    site = configuration.load(config)
    settings = site.etl
    if again:
        with recorded(settings.data, "erase --allow-again"):
            allowed = erasure.allow_again(settings, patient)
        typer.echo(
            "Let in again, when the source sends it; from a file that lies in the inbox already: by `sync --from`."
            if allowed
            else "Not kept out: nothing to do."
        )
        return
    if dry_run or not yes:
        with lock.held(settings.data, "erase --dry-run"):
            scope = erasure.scope(settings, patient, linked=linked)
        typer.echo(_told(scope))
    if dry_run:
        return
    if not yes and not _agreed():
        typer.echo("Nothing was changed.")
        raise typer.Exit(NOT_AGREED)
    with recorded(settings.data, "erase") as record:
        found = erasure.erase(settings, patient, linked=linked)
        if found:
            # How much, as `status` has it; never of whom.
            record.counts |= {"resources": sum(found.resources.values()), "rows": found.rows, "versions": found.lines}
        noted = _note(site)
    typer.echo("Erased." if found is None else f"Erased.\n{_told(found)}")
    if noted:
        typer.echo(f"Releases that may hold a number of theirs, which stands for nobody now: {', '.join(noted)}")


def _note(site: Config) -> list[str]:
    """Have released bulletins say that somebody was erased; the releases of the internal edition, in words."""
    from onco_etl.errors import ReleaseError
    from onco_registry.bulletin.archive import erased, settled, signing

    keys = signing.keys(site.bulletin)
    noted = erased.note(site.bulletins_folder, datetime.now(site.zone).date())
    for series in noted:
        # A release that is damaged is for `bulletin verify` to say.
        with suppress(ReleaseError):
            settled.settle(series, site.bulletin.languages, keys)
    return [f"{series.registry}/{series.edition}" for series in noted]


def _agreed() -> bool:
    """Whether the one who is asked says yes; nobody to ask is a no."""
    try:
        return typer.confirm("Erase this for good?")
    except typer.Abort:
        return False


def _told(found: Scope | None) -> str:
    """What an erasure takes, in words."""
    if found is None:
        return "Their erasure began and was interrupted; what is left of it is done now."
    types = ", ".join(f"{count:,} {name}" for name, count in found.resources.items())
    lines = [
        f"Records: {', '.join(found.patients)}",
        f"Resources: {types}",
        f"Rows of the CDM: {found.rows:,}. Versions: {found.lines:,}, in {found.files:,} landed files.",
    ]
    if found.linked:
        lines.append(f"Linked to other records, which stay without --linked: {', '.join(found.linked)}")
    if found.mentions:
        lines.append(f"Resources of others that mention the patient, which stay: {found.mentions:,}")
    return "\n".join(lines)
