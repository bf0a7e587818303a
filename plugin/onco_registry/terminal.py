"""What the commands share: their options, and rows as a table or as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from onco_registry import config as configuration

ConfigOption = Annotated[Path, typer.Option("--config", help="Configuration file.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
CONFIG = configuration.DEFAULT_FILE


def query(config: Path, function: Any) -> list[dict[str, Any]]:
    """What a function of a connection finds in the workspace."""
    from onco_etl import workspace

    with workspace.connect(configuration.load(config).data, read_only=True) as con:
        found: list[dict[str, Any]] = function(con)
    return found


def print_found(rows: Sequence[Mapping[str, Any]], as_json: bool, title: str) -> None:
    """Print rows as JSON or as a table."""
    if as_json:
        print_json(rows)
    else:
        print_rows(rows, title=title)


def print_json(value: object) -> None:
    """Print a value as JSON."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1))


def print_rows(rows: Sequence[Mapping[str, Any]], *, title: str) -> None:
    """Print rows, all with the same keys, as a table; numbers to the right."""
    table = Table(title=title, title_justify="left")
    for name in rows[0] if rows else ():
        numeric = all(isinstance(row[name], int | float) for row in rows)
        table.add_column(name.replace("_", " "), justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    # A file or a pipe has no width of its own; tables are not folded to that of an old terminal.
    width = None if sys.stdout.isatty() else 160
    # What stands in brackets is the data's or a message's own, and no markup.
    console = Console(width=width, markup=False, emoji=False)
    console.print(table if rows else f"{title}: none")
