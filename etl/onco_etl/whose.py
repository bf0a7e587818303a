"""Whose a resource as received is: read from its JSON, so that it can be told of any type, mapped or not.

A resource is a patient's when it is the Patient, or refers to the Patient as the one it is about: by id, address, urn,
identifier or a contained Patient. Whoever is only mentioned in it (as a performer, in a link) has no part in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote, unquote

from onco_etl import json_spans

# FHIR R4, CompartmentDefinition "patient": the elements of the first level that say whom a resource is about.
ABOUT = ("subject", "patient", "beneficiary", "for", "individual")
_ESCAPED = re.compile(rb"\\u([0-9A-Fa-f]{4})")
_VERSIONED = re.compile(r"/_history/[^/]+$")


@dataclass(frozen=True)
class Whose:
    """Patients of one source: their logical ids, identifiers as (system, value), and other resources that are theirs.

    servers: as in EtlSettings, in lower case; resources: natural keys without the source, as `Observation/1`.
    """

    ids: frozenset[str]
    identifiers: frozenset[tuple[str, str]]
    servers: tuple[str, ...] = ()
    resources: frozenset[str] = frozenset()

    @cached_property
    def needle(self) -> re.Pattern[bytes]:
        """What is found in every text that is theirs or mentions them, and in few others."""
        texts = set(self.ids)
        for _, value in self.identifiers:
            encoded = quote(value, safe="")
            texts |= {value, encoded, encoded.lower(), json.dumps(value)[1:-1]}
        # JSON allows any letter to be escaped: such a text is looked at, whatever it holds.
        escaped = rb"\\u00[2-7]" if all(map(str.isascii, texts)) else rb"\\u[0-9A-Fa-f]{4}"
        parts = [escaped, *(re.escape(text.encode()) for text in sorted(texts) if text)]
        return re.compile(rb"(?<![A-Za-z0-9._~-])(?:" + b"|".join(parts) + rb")(?![A-Za-z0-9._~-])|" + parts[0])

    def is_file(self, name: str) -> bool:
        """Whether a file is named after one of them."""
        texts = (*self.ids, *(value for _, value in self.identifiers))
        return any(re.search(rf"(?<![A-Za-z0-9]){re.escape(text)}(?![A-Za-z0-9])", name) for text in texts)

    def is_mentioned(self, text: bytes) -> bool:
        """Whether a text that cannot be read as JSON speaks of one of them."""
        text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)).encode("utf-8", errors="surrogatepass"), text)
        ids = b"|".join(re.escape(name.encode()) for name in sorted(self.ids))
        named = rb"Patient\\?/(?:%b)(?![A-Za-z0-9._~-])|urn:[a-z]+:(?:%b)(?![A-Za-z0-9._~-])" % (ids, ids)
        own = rb'"resourceType"\s*:\s*"Patient"[\s\S]*?"id"\s*:\s*"(?:%b)"' % ids
        own_first = rb'"id"\s*:\s*"(?:%b)"[\s\S]*?"resourceType"\s*:\s*"Patient"' % ids
        values = [re.escape(json.dumps(value, ensure_ascii=False).encode()) for _, value in sorted(self.identifiers)]
        return re.search(b"|".join([named, own, own_first, *values]), text) is not None

    def entries(self, text: str, start: int = 0) -> Iterator[int]:
        """The numbers, from 1, of the entries of a Bundle that are theirs."""
        found = [json.loads(text[a:b]) for a, b in json_spans.entries(text, start)]
        urls = {url for one in found if (url := self._own_url(one))}
        for number, one in enumerate(found, start=1):
            if isinstance(one, dict) and self._is_entry(one, urls):
                yield number

    def _own_url(self, entry: Any) -> str | None:
        """The address within its Bundle of an entry that is the Patient."""
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(resource, dict) or resource.get("resourceType") != "Patient":
            return None
        url = entry.get("fullUrl")
        name = resource.get("id") or str(url).rpartition(":")[2]
        return url if isinstance(url, str) and name in self.ids else None

    def _is_entry(self, entry: dict[str, Any], urls: set[str]) -> bool:
        asked = entry.get("request")
        url = asked.get("url") if isinstance(asked, dict) else None
        if isinstance(url, str) and (self._is_theirs(url) or self._is_address(url)):
            return True
        return entry.get("fullUrl") in urls or self.owns(entry.get("resource"), urls)

    def owns(self, resource: Any, urls: Sequence[str] | set[str] = ()) -> bool:
        """Whether a resource is theirs; `urls`: addresses by which its Bundle names them."""
        if not isinstance(resource, dict):
            return False
        kind, name = resource.get("resourceType"), resource.get("id")
        if (kind == "Patient" and name in self.ids) or f"{kind}/{name}" in self.resources:
            return True
        about = [one for element in ABOUT for one in _listed(resource.get(element))]
        return any(self._refers(reference, resource, urls) for reference in about)

    def _refers(self, reference: Any, resource: dict[str, Any], urls: Sequence[str] | set[str]) -> bool:
        if not isinstance(reference, dict):
            return False
        address = reference.get("reference")
        if address is None:
            return self._has_identifier([reference.get("identifier")])
        if not isinstance(address, str):
            return False
        if address.startswith("#"):
            within = (one for one in _listed(resource.get("contained")) if isinstance(one, dict))
            return any(one.get("id") == address[1:] and self._is_contained(one) for one in within)
        return address in urls or self._is_address(address)

    def _is_contained(self, patient: dict[str, Any]) -> bool:
        same = patient.get("id") in self.ids or self._has_identifier(_listed(patient.get("identifier")))
        return patient.get("resourceType") == "Patient" and same

    def _is_address(self, address: str) -> bool:
        """Patient/1, an address that ends so on a server of the site, urn:uuid:1, Patient?identifier=system|value."""
        if address.startswith("urn:"):
            return address.rpartition(":")[2] in self.ids
        if "://" in address and self.servers and not address.lower().startswith(self.servers):
            return False
        if "?identifier=" in address:
            kind, _, asked = address.rpartition("/")[2].partition("?identifier=")
            system, _, value = asked.partition("|")
            return kind == "Patient" and (unquote(system), unquote(value)) in self.identifiers
        kind, _, name = _VERSIONED.sub("", address).rpartition("/")
        return name in self.ids and (kind == "Patient" or kind.endswith("/Patient"))

    def _is_theirs(self, address: str) -> bool:
        return "/".join(_VERSIONED.sub("", address).split("/")[-2:]) in self.resources

    def _has_identifier(self, identifiers: Sequence[Any]) -> bool:
        known = (one for one in identifiers if isinstance(one, dict))
        return any((one.get("system") or "", one.get("value")) in self.identifiers for one in known)


def whom_it_is_about(resource: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The References to the patients whom a resource is about; to a contained one by its id and its identifiers."""
    for element in ABOUT:
        for reference in (one for one in _listed(resource.get(element)) if isinstance(one, dict)):
            address = reference.get("reference")
            if not (isinstance(address, str) and address.startswith("#")):
                yield reference
                continue
            for one in (one for one in _listed(resource.get("contained")) if isinstance(one, dict)):
                if one.get("resourceType") == "Patient" and one.get("id") == address[1:]:
                    yield {"reference": f"Patient/{one['id']}"}
                    yield from ({"identifier": same} for same in _listed(one.get("identifier")))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
