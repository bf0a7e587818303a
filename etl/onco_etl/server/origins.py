"""Where we may go: the declared origins of a server, and no address that it made up."""

from __future__ import annotations

import ipaddress
import re

import httpx

from onco_etl.errors import ConfigurationError, ServerError
from onco_etl.server.settings import ServerSettings

Origin = tuple[str, str, int]

_PORTS = {"http": 80, "https": 443}
_TYPE = re.compile(r"[A-Z][A-Za-z]+")


class Origins:
    """The origins (scheme, host, port) that the settings declare: the server's own, `origins`, and the token's."""

    def __init__(self, settings: ServerSettings) -> None:
        """Raises ConfigurationError where one of them is not safe: http to another machine."""
        self.own = _origin(httpx.URL(settings.url))
        smart = settings.smart
        declared = [settings.url, *settings.origins, *((smart.token_url,) if smart and smart.token_url else ())]
        self._declared = {_origin(httpx.URL(url)) for url in declared}
        for scheme, host, _ in self._declared:
            if scheme != "https" and not _loopback(host) and not settings.allow_http:
                raise ConfigurationError(f"server: {scheme}://{host}: only https, or set server.allow_http")

    def permitted(self, url: str | httpx.URL, base: httpx.URL | None = None) -> httpx.URL:
        """The absolute form of an address that a server gave us, relative to `base`; raises ServerError outside."""
        target = absolute(url, base)
        try:
            origin = _origin(target)
        except KeyError:
            raise _no_address() from None
        if target.userinfo or origin not in self._declared:
            scheme, host, port = origin
            raise ServerError(
                f"the server sends us to {scheme}://{host}:{port}, which is not declared: "
                "nothing was fetched from there; if it is the hospital's own, add it to server.origins"
            )
        return target

    def is_own(self, url: httpx.URL) -> bool:
        """Whether an address is the server's own, by scheme, host and port."""
        return _origin(url) == self.own


def absolute(url: str | httpx.URL, base: httpx.URL | None = None) -> httpx.URL:
    """An address that a server gave us, relative to `base`; raises ServerError where it is none."""
    try:
        return httpx.URL(url) if base is None else base.join(url)
    except (httpx.InvalidURL, ValueError):
        raise _no_address() from None


def same(one: httpx.URL, other: httpx.URL) -> bool:
    """Whether two addresses have the same scheme, host and port."""
    return _origin(one) == _origin(other)


def shown(url: httpx.URL) -> str:
    """An address for logs and errors: no query, and `*` for the id that follows a resource type."""
    parts = url.path.split("/")
    hidden = [
        "*" if before and _TYPE.fullmatch(before) and part and part[0] not in "$_" else part
        for before, part in zip(["", *parts], parts, strict=False)
    ]
    scheme, host, port = _origin(url)
    suffix = "" if port == _PORTS[scheme] else f":{port}"
    path = "/".join(hidden)
    return f"{scheme}://{host}{suffix}" + "".join(c if c.isprintable() else "?" for c in path)[:200]


def _origin(url: httpx.URL) -> Origin:
    """Raises KeyError for a scheme that is neither http nor https."""
    return url.scheme, url.host.rstrip("."), url.port or _PORTS[url.scheme]


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _no_address() -> ServerError:
    return ServerError("the server named an address that is none; nothing was fetched from it")
