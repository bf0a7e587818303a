"""Who is in a Group, and what becomes of those who left it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from onco_etl.errors import ServerError
from onco_etl.server import private
from onco_etl.server.settings import ServerSettings
from onco_etl.server.wire import Wire

_PATIENT = re.compile(r"(?:^|/)Patient/([A-Za-z0-9.-]{1,64})(?:/_history/[^/]+)?$")


def members(wire: Wire, settings: ServerSettings) -> tuple[str, ...]:
    """The ids of the patients in the Group of the settings, sorted; raises ServerError."""
    response = wire.get(f"{settings.base}/Group/{settings.group}", headers={"Accept": "application/fhir+json"})
    try:
        content = response.json()
    except ValueError:
        content = None
    if not isinstance(content, dict) or content.get("resourceType") != "Group":
        raise ServerError("server.group: the server's answer is no Group")
    return tuple(sorted(set(_ids(content.get("member")))))


def _ids(listed: Any) -> Iterator[str]:
    for member in listed if isinstance(listed, list) else []:
        entity = member.get("entity") if isinstance(member, dict) else None
        reference = entity.get("reference") if isinstance(entity, dict) else None
        found = _PATIENT.search(reference) if isinstance(reference, str) else None
        if found is None:
            raise ServerError("server.group: a member is no reference to a Patient; such groups are not read")
        if member.get("inactive") is not True:
            yield found.group(1)


def remove(folder: Path, leavers: Iterable[str]) -> int:
    """Write a Bundle by which the patients who left are deleted, for the pipeline; how many."""
    entries = [{"request": {"method": "DELETE", "url": f"Patient/{name}"}} for name in leavers]
    if entries:
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
        private.write(folder / "0-left-the-group.json", bundle)
    return len(entries)
