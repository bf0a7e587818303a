"""The command that says why two recomputes differ."""

from __future__ import annotations

from typing import Annotated

import typer

from onco_registry.terminal import CONFIG, ConfigOption, JsonOption, print_found, query


def compare(
    earlier: Annotated[int, typer.Argument(help="A recompute, as listed by `runs`.")],
    later: Annotated[int, typer.Argument(help="A recompute of later knowledge.")],
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Say why two recomputes differ, by cause: late data, corrections, deletions, vocabulary, maps, data cut."""
    from onco_registry import cut_changes

    found = query(config, lambda con: cut_changes.since(con, earlier, later))
    print_found(found, as_json, f"Changed from run {earlier} to run {later}")
