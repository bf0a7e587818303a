"""Section [server] of registry.toml: the FHIR server that a night reads from."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

_TYPE = re.compile(r"[A-Z][A-Za-z]{1,63}")
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
_FILTER = re.compile(r"[A-Z][A-Za-z]{1,63}\?.+")


@dataclass(frozen=True)
class SmartSettings:
    """SMART Backend Services: the client signs in with a key of its own.

    key_file: JWKS with the private keys, the newest last (see `onco-registry keys`). token_url: where the server's own
    smart-configuration does not say it. jwks_url: where the public keys are hosted, for servers that fetch them.
    """

    client_id: str
    key_file: Path
    token_url: str = ""
    jwks_url: str = ""

    def __post_init__(self) -> None:
        for name, url in (("token_url", self.token_url), ("jwks_url", self.jwks_url)):
            if url:
                _check_address(name, url)


@dataclass(frozen=True)
class ServerSettings:
    """A FHIR server, how it is read, and what it is trusted with. Sizes in bytes.

    url: the address that FHIR types follow. method: Bulk Data export, or search. types: empty for every type that the
    maps read. level, group: whose data an export has; leavers: whether patients who left the group are removed.
    partial_manifests: ask for files before all are ready (Bulk Data 3.0; other servers may refuse the question).
    overlap_minutes: how far before the last pull the next one begins; full_every_days: how often everything is read
    anew, and what the server no longer has is deleted, unless it is more than vanished_share of a type (and 20).
    page_size, totals: resources per page of a search, and whether the counts that a server states are held against it.
    origins: further addresses (scheme, host, port) that the server may send us to. At most one of smart, token
    (bearer), user and password (basic) says who we are; header_name and header_value are sent besides, for a gateway.
    """

    url: str
    method: Literal["export", "search"] = "export"
    types: tuple[str, ...] = ()
    level: Literal["system", "patient", "group"] = "system"
    group: str = ""
    leavers: Literal["keep", "remove"] = "keep"
    type_filters: tuple[str, ...] = ()
    partial_manifests: bool = False
    overlap_minutes: int = 10
    full_every_days: int | None = None
    page_size: int = 500
    totals: bool = True
    vanished_share: float = 0.1

    smart: SmartSettings | None = None
    token: str | None = field(default=None, repr=False)
    token_file: Path | None = None
    user: str = ""
    password: str | None = field(default=None, repr=False)
    password_file: Path | None = None
    header_name: str = ""
    header_value: str | None = field(default=None, repr=False)
    header_value_file: Path | None = None

    origins: tuple[str, ...] = ()
    allow_http: bool = False
    ca_file: Path | None = None

    connect_seconds: float = 10
    read_seconds: float = 60
    answer_seconds: float = 300
    download_seconds: float = 6 * 3600
    export_seconds: float = 24 * 3600
    poll_seconds: float = 30
    longest_wait_seconds: float = 600
    attempts: int = 6
    maximum_answer: int = 64 << 20
    maximum_download: int = 64 << 30

    def __post_init__(self) -> None:
        """Raises ValueError, which names the setting, for what cannot be meant."""
        _check_address("url", self.url)
        for origin in self.origins:
            _check_address("origins", origin)
            if urlsplit(origin).path.strip("/"):
                raise ValueError("origins: scheme, host and port alone, such as https://files.example.org")
        _check("types", self.types, _TYPE, "a FHIR resource type, such as Patient")
        _check(
            "type_filters", self.type_filters, _FILTER, "a search of one type, such as Observation?category=laboratory"
        )
        _check("group", (self.group,) if self.level == "group" else (), _ID, "the id of a Group")
        if self.group and self.level != "group":
            raise ValueError("group: only with level group")
        if self.method == "search" and (self.level != "system" or self.type_filters):
            raise ValueError("method: search reads the whole server, without level and type_filters")
        if sum((self.smart is not None, bool(self.token or self.token_file), bool(self.user))) > 1:
            raise ValueError("give one of smart, token and user")
        self._check_numbers()

    def _check_numbers(self) -> None:
        for name in ("page_size", "attempts", "maximum_answer", "maximum_download", "connect_seconds", "read_seconds"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name}: more than 0")
        if self.overlap_minutes < 0:
            raise ValueError("overlap_minutes: not below 0")
        if not 0 <= self.vanished_share <= 1:
            raise ValueError("vanished_share: from 0 to 1")
        if self.full_every_days is not None and self.full_every_days < 1:
            raise ValueError("full_every_days: at least 1")

    @property
    def base(self) -> str:
        """The server's address without a slash at its end."""
        return self.url.rstrip("/")

    def wanted(self) -> tuple[str, ...]:
        """The resource types to read: those of the setting, else every type that the maps read."""
        from onco_etl import fhir_schema

        return self.types or fhir_schema.resource_types()


def _check_address(name: str, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"{name}: no address such as https://fhir.example.org/r4")
    if parts.username is not None or parts.password is not None:
        raise ValueError(f"{name}: credentials do not belong into an address")


def _check(name: str, values: tuple[str, ...], pattern: re.Pattern[str], meant: str) -> None:
    for value in values:
        if not pattern.fullmatch(value):
            raise ValueError(f"{name}: not {meant}")
