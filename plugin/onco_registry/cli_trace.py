"""Commands that lead from a resource to its rows and back, and say what waits (logical ids: for hospital IT)."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from onco_etl.errors import ConfigurationError
from onco_registry import config as configuration
from onco_registry.terminal import CONFIG, ConfigOption, JsonOption, print_found, print_json, print_rows, query


def trace(
    what: Annotated[str, typer.Argument(help="A resource, as Patient/123, or a CDM table.")],
    row_id: Annotated[int | None, typer.Argument(help="The number of a row of that table.")] = None,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Say what became of a resource, or where a CDM row comes from (logical ids: for hospital IT)."""
    from onco_etl import trace as tracing
    from onco_etl import workspace

    with workspace.connect(configuration.load(config).data, read_only=True) as con:
        found: Any
        if row_id is None:
            found = tracing.resource(con, what)
        elif what in workspace.CLINICAL_TABLES:
            found = tracing.row(con, what, row_id)
        else:
            raise ConfigurationError(f"no CDM table {what!r}; a resource is written as Patient/123, without a number")
    if not found:
        raise ConfigurationError(
            "no such resource was received: one is written as Patient/123, a row as the table and its number"
            if row_id is None
            else "no run made such a row"
        )
    if as_json:
        print_json(found)
    else:
        for part in found if row_id is None else [found]:
            _print_parts(part)


def waiting(config: ConfigOption = CONFIG, as_json: JsonOption = False) -> None:
    """List which resources wait for whom (logical ids: for hospital IT)."""
    from onco_etl import trace as tracing

    print_found(query(config, tracing.waiting), as_json, "Waiting")


def _print_parts(found: dict[str, Any]) -> None:
    """Single values as a table of names and values, and each list as a table of its own."""
    single: list[dict[str, Any]] = []
    for name, value in found.items():
        if isinstance(value, dict):
            single += [{"": f"{name.removeprefix('_')} {key.lstrip('_')}", "value": v} for key, v in value.items()]
        elif not isinstance(value, list):
            single.append({"": name.replace("_", " "), "value": value})
    print_rows([row for row in single if row["value"] is not None], title="Trace")
    for name, value in found.items():
        if isinstance(value, list) and value:
            print_rows(value, title=name.replace("_", " ").capitalize())
