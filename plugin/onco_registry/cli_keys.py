"""`keys`: the keys by which the registry signs in to a FHIR server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Keys for signing in to a FHIR server (SMART Backend Services).", no_args_is_help=True)

FileArgument = Annotated[Path, typer.Argument(help="The JWKS file of server.smart.key_file.")]


@app.command("new")
def new(file: FileArgument) -> None:
    """Make an ES384 key in the file (mode 0600); added as the newest where the file exists: that is rotation."""
    from onco_etl.server import client_keys

    typer.echo(f"New key {client_keys.add(file)} in {file}\nRegister it: onco-registry keys public {file}")


@app.command("public")
def public(file: FileArgument) -> None:
    """Print the public JWKS, to register with the server or to host."""
    from onco_etl.server import client_keys

    typer.echo(json.dumps(client_keys.public(file), indent=1))
