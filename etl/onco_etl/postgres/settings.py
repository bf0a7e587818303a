"""The section [postgres] of registry.toml."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

# What Postgres takes without quotes, short enough for what is added to it.
_NAME = re.compile(r"^[a-z_][a-z0-9_]{0,47}$")
PARTS = ("cdm", "registry", "results")


@dataclass(frozen=True)
class PostgresSettings:
    """The replica in a Postgres database, and who may read it.

    url: as libpq takes it (`postgresql://user@host/database?sslmode=verify-full`, or `host=... dbname=...`), without a
    password; what it leaves open comes from libpq's own environment, service and password files. cdm_schema,
    registry_schema, results_schema: where the tables go. analyst_role: the role that may read; empty: none is granted.
    """

    url: str = ""
    password: str | None = field(default=None, repr=False)
    password_file: Path | None = None
    cdm_schema: str = "cdm"
    registry_schema: str = "registry"
    results_schema: str = "results"
    analyst_role: str = "onco_analyst"

    def __post_init__(self) -> None:
        names = [self.schema(part) for part in PARTS]
        for name in (*names, *filter(None, [self.analyst_role])):
            if not _NAME.match(name):
                raise ValueError("schemas and roles are named by lower-case letters, digits and _, 48 at most")
        if len(set(names)) < len(names):
            raise ValueError("cdm_schema, registry_schema and results_schema must differ")

    def schema(self, part: str) -> str:
        """The schema in which a part (cdm, registry or results) is."""
        found: str = getattr(self, f"{part}_schema")
        return found

    def building(self, part: str) -> str:
        """The schema in which a part's tables are built before they take their places."""
        return f"{self.schema(part)}_building"

    @property
    def books(self) -> str:
        """The schema that says what the replica holds."""
        return f"{self.registry_schema}_books"
