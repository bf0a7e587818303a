"""What a FHIR server says that it offers: its CapabilityStatement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from onco_etl.errors import ServerError
from onco_etl.server.clock import of_answer
from onco_etl.server.pages import HEADERS
from onco_etl.server.settings import ServerSettings
from onco_etl.server.wire import Wire

# R4 and R4B; what else a server speaks has other elements.
_RELEASES = ("4.0", "4.1", "4.3")


@dataclass(frozen=True)
class Offer:
    """What is offered for a resource type: `dated`, search and order by `_lastUpdated`; `history` of the type."""

    dated: bool
    history: bool


@dataclass(frozen=True)
class Capability:
    """Offers by resource type that can be searched, and the server's clock as it said so."""

    offers: Mapping[str, Offer]
    instant: datetime | None


def ask(wire: Wire, settings: ServerSettings) -> Capability:
    """Read the CapabilityStatement; raises ServerError when there is none, or when the server does not speak R4."""
    response = wire.get(f"{settings.base}/metadata", headers=HEADERS)
    try:
        statement = response.json()
    except ValueError:
        statement = None
    if not isinstance(statement, dict) or statement.get("resourceType") != "CapabilityStatement":
        raise ServerError("metadata: no CapabilityStatement; server.url is to be the address that FHIR types follow")
    release = str(statement.get("fhirVersion", ""))
    if not release.startswith(_RELEASES):
        raise ServerError(f"metadata: fhirVersion is {release[:16]!r}; what is read is R4 (4.0.1)")
    return Capability(_offers(statement), of_answer(response))


def _offers(statement: dict[str, Any]) -> dict[str, Offer]:
    rest = [_object(part) for part in _list(statement.get("rest"))]
    return {
        str(resource.get("type")): Offer(
            dated="_lastUpdated" in _named("name", resource, "searchParam") | _named("name", part, "searchParam"),
            history="history-type" in _named("code", resource, "interaction"),
        )
        for part in rest
        if part.get("mode") == "server"
        for resource in map(_object, _list(part.get("resource")))
        if "search-type" in _named("code", resource, "interaction")
    }


def _named(key: str, part: dict[str, Any], element: str) -> set[str]:
    return {str(_object(one).get(key)) for one in _list(part.get(element))}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
