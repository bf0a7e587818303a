"""Who we are, in the way that the settings choose: SMART, a bearer token, basic authentication, or nobody."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager

from onco_etl.credentials import credential
from onco_etl.errors import ConfigurationError
from onco_etl.server.settings import ServerSettings
from onco_etl.server.smart import SmartAccess
from onco_etl.server.wire import Authorize, Wire


@contextmanager
def connected(settings: ServerSettings) -> Iterator[Wire]:
    """A wire to the server that says who we are; raises ConfigurationError for a credential that cannot be read."""
    with Wire(settings) as wire:
        wire.authorize = _authorize(settings, wire)
        yield wire


def _authorize(settings: ServerSettings, wire: Wire) -> Authorize | None:
    besides = _header(settings)
    if settings.smart:
        smart = SmartAccess(settings, settings.smart, wire)
        return lambda anew: {**besides, **smart.headers(anew)}
    fixed = {**besides, **_fixed(settings)}
    return (lambda _: fixed) if fixed else None


def _fixed(settings: ServerSettings) -> dict[str, str]:
    if token := credential("server.token", settings.token, settings.token_file):
        return {"Authorization": f"Bearer {_one_line('server.token', token)}"}
    if settings.user:
        password = credential("server.password", settings.password, settings.password_file) or ""
        both = base64.b64encode(f"{settings.user}:{password}".encode()).decode("ascii")
        return {"Authorization": f"Basic {both}"}
    return {}


def _header(settings: ServerSettings) -> dict[str, str]:
    value = credential("server.header_value", settings.header_value, settings.header_value_file)
    if bool(settings.header_name) != bool(value):
        raise ConfigurationError("server.header_name and server.header_value: give both of them")
    return {settings.header_name: _one_line("server.header_value", value)} if value else {}


def _one_line(name: str, value: str) -> str:
    if not value.isascii() or not value.isprintable():
        raise ConfigurationError(f"{name}: not one line of printable ASCII")
    return value
