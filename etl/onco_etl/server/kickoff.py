"""Start a bulk export; a type that the server does not export is left out instead of failing the night."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import httpx
import structlog

from onco_etl.errors import ServerError
from onco_etl.server import outcome
from onco_etl.server.origins import absolute, shown
from onco_etl.server.settings import ServerSettings
from onco_etl.server.wire import Wire

log = structlog.get_logger()

_FHIR_JSON = "application/fhir+json"
# How servers refuse a type: as a bad request, or as something that they do not do.
_REFUSALS = frozenset({400, 404, 422, 501})


def start(
    wire: Wire, settings: ServerSettings, types: Sequence[str], since: datetime | None
) -> tuple[str, tuple[str, ...]]:
    """The address that answers how the export goes, and the types that it holds; raises ServerError."""
    response = _ask(wire, settings, types, since)
    if response.status_code in _REFUSALS and len(types) > 1:
        types = _offered(wire, settings, types, response)
        response = _ask(wire, settings, types, since)
    if response.status_code in _REFUSALS:
        raise _refused(settings, response)
    return _location(response), tuple(types)


def abandon(wire: Wire, url: str) -> None:
    """Tell the server that an export is no longer wanted; whether it listens is its own affair."""
    try:
        wire.delete(url, expected=(404, 405, 410, 501))
    except ServerError as error:
        log.warning("the export could not be deleted", reason=str(error))


def instant(point: datetime) -> str:
    """An instant as FHIR writes it, to the millisecond before it."""
    return point.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _ask(wire: Wire, settings: ServerSettings, types: Sequence[str], since: datetime | None) -> httpx.Response:
    params = [("_outputFormat", "application/fhir+ndjson"), ("_type", ",".join(types))]
    if since is not None:
        params.append(("_since", instant(since)))
    params += [("_typeFilter", one) for one in settings.type_filters if one.split("?")[0] in types]
    if settings.partial_manifests:
        params.append(("allowPartialManifests", "true"))
    headers = {"Accept": _FHIR_JSON, "Prefer": "respond-async"}
    return wire.get(_url(settings), params, headers, expected=_REFUSALS)


def _url(settings: ServerSettings) -> str:
    where = {"system": "", "patient": "/Patient", "group": f"/Group/{settings.group}"}[settings.level]
    return f"{settings.base}{where}/$export"


def _offered(wire: Wire, settings: ServerSettings, types: Sequence[str], response: httpx.Response) -> tuple[str, ...]:
    """The types without those that the server refuses also alone: first of those that its answer names, else of all.

    An answer may just as well name the types that it does export, so what it names is only suspected.
    """
    suspects = outcome.mentions(response.content, tuple(types)) or tuple(types)
    refused = {name for name in suspects if not _accepted(wire, settings, name)}
    left = tuple(name for name in types if name not in refused)
    if not refused or not left:
        raise _refused(settings, response)
    log.warning("types that the server does not export are left out", types=sorted(refused))
    return left


def _accepted(wire: Wire, settings: ServerSettings, name: str) -> bool:
    """Whether an export of one type begins; it ends at once."""
    response = _ask(wire, settings, (name,), datetime.now(UTC))
    if response.status_code in _REFUSALS:
        return False
    abandon(wire, _location(response))
    return True


def _location(response: httpx.Response) -> str:
    location = response.headers.get("Content-Location", "")
    if response.status_code != 202 or not location:
        request = response.request
        raise ServerError(
            f"GET {shown(request.url)}: answered {response.status_code}, not 202 with Content-Location: "
            "the server does not do bulk exports there; see server.level and server.method"
        )
    return str(absolute(location, response.request.url))


def _refused(settings: ServerSettings, response: httpx.Response) -> ServerError:
    said = outcome.codes(response.content)
    return ServerError(
        f"GET {shown(response.request.url)}: answered {response.status_code}{f' ({said})' if said else ''}: the server "
        f"does not do this export at level {settings.level}; see server.level, server.types and server.method",
        status=response.status_code,
    )
