"""`export parquet`: what is published, for tools that read files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from onco_registry import config as configuration
from onco_registry.terminal import CONFIG, ConfigOption, JsonOption, print_json

app = typer.Typer(help="What is published, in other forms (patient data).", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """What is published, in other forms (patient data)."""


@app.command()
def parquet(
    out: Annotated[Path, typer.Option(help="A new folder; it appears when everything is written.")],
    schema: Annotated[
        list[str] | None, typer.Option(help="cdm, registry or results; may be given again. Without it, all.")
    ] = None,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Write the newest published run as Parquet, one file per table, with a manifest (rows, sha256)."""
    from onco_registry import export, published

    settings = configuration.load(config)
    manifest = export.parquet(
        published.located(settings.published_folder),
        out,
        schema or published.SCHEMAS,
        memory_limit=settings.memory_limit,
        threads=settings.threads,
    )
    if as_json:
        print_json(manifest)
        return
    rows = sum(table["rows"] for table in manifest["tables"])
    typer.echo(f"Run {manifest['run']}: {len(manifest['tables'])} tables, {rows:,} rows, in {out}")
    typer.echo("Treat it as patient data.")
