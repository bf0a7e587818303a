"""Commands of the worklist of unmapped codes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from onco_registry import config as configuration
from onco_registry.terminal import CONFIG, ConfigOption, JsonOption, print_found

app = typer.Typer(help="Codes and texts that no map knows.", no_args_is_help=True)


@app.command("list")
def listed(config: ConfigOption = CONFIG, as_json: JsonOption = False) -> None:
    """List what is unmapped, most frequent first, as analysts see it: texts only as hashes."""
    from onco_etl import workspace
    from onco_registry import status

    with workspace.connect(configuration.load(config).data, read_only=True) as con:
        print_found(status.unmapped(con), as_json, "Unmapped codes")


@app.command("export")
def export(
    out: Annotated[Path, typer.Option(help="The file to write; an earlier export is replaced.")] = Path("unmapped.csv"),
    config: ConfigOption = CONFIG,
) -> None:
    """Write what is unmapped as CSV for Usagi, with counts and the texts as received (for hospital IT)."""
    from onco_etl import unmapped, workspace

    with workspace.connect(configuration.load(config).data, read_only=True) as con:
        rows = unmapped.export(con, out)
    typer.echo(
        f"{rows:,} unmapped {'code' if rows == 1 else 'codes'}: {out}\n"
        "It shows texts as they were received, which can name a person: only you can read it; keep it within the "
        "hospital.\nMap it with Usagi (columns source_code, source_name, frequency; keep system as additional "
        "information), and name the file that Usagi saves in the setting site_map."
    )
