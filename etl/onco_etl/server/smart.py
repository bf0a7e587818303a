"""SMART Backend Services: a token for a signed assertion, asked for with exactly the scopes that are needed.

HL7 SMART App Launch 2.2, "Backend Services" and "Asymmetric (public key) client authentication".
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import structlog
from joserfc import jwt

from onco_etl.errors import ConfigurationError, ServerError
from onco_etl.server import client_keys
from onco_etl.server.settings import ServerSettings, SmartSettings
from onco_etl.server.wire import Wire

log = structlog.get_logger()

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# An assertion may live for five minutes at most; the server's clock may be a little behind.
_ASSERTION_SECONDS = 240
_LIFE = 300.0
_MARGIN = 30.0
# RFC 6749, 5.2; another word could be anything.
_ERRORS = frozenset(
    {
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
    }
)


@dataclass(frozen=True)
class _Announced:
    """What a server's smart-configuration says; empty where it has none."""

    token_url: str
    scopes: tuple[str, ...]
    capabilities: tuple[str, ...]
    algorithms: tuple[str, ...]


class SmartAccess:
    """Tokens of one client for one server. `headers` is what a Wire takes to say who we are."""

    def __init__(self, settings: ServerSettings, smart: SmartSettings, wire: Wire) -> None:
        """wire: the one that asks for tokens, without saying who we are."""
        self._settings = settings
        self._smart = smart
        self._wire = wire
        self._announced: _Announced | None = None
        self._token = ""
        self._until = 0.0

    def headers(self, anew: bool) -> dict[str, str]:
        """Authorization with a token that still lives; with a new one if `anew`. Raises ServerError."""
        if anew or time.monotonic() >= self._until:
            self._renew()
        return {"Authorization": f"Bearer {self._token}"}

    def _renew(self) -> None:
        """Ask for a token with the newest key, then with older ones: the server may not know the newest yet."""
        began = time.monotonic()
        announced = self._announced = self._announced or self._discover()
        said = ""
        # The file is read for each token, so that a new key counts from the next one on.
        for key in _fitting(client_keys.read(self._smart.key_file), announced):
            response = self._ask(announced, key)
            if response.status_code == 200:
                self._take(response, began)
                return
            said = _error(response)
            if said != "invalid_client":
                break
            log.warning("the server does not know a key", kid=key.kid)
        where = f"POST {self._smart.token_url or 'token_endpoint'}"
        raise ServerError(
            f"{where}: no token ({said}): check server.smart.client_id, that the public keys are registered "
            "(onco-registry keys public), and the scopes that the client was granted",
            status=401,
        )

    def _ask(self, announced: _Announced, key: client_keys.Key) -> httpx.Response:
        form = {
            "grant_type": "client_credentials",
            "scope": " ".join(scopes(self._settings, announced.scopes, announced.capabilities)),
            "client_assertion_type": _ASSERTION,
            "client_assertion": self._assertion(announced.token_url, key),
        }
        accept = {"Accept": "application/json"}
        return self._wire.post(announced.token_url, form, accept, expected=(400, 401), authorized=False)

    def _assertion(self, audience: str, key: client_keys.Key) -> str:
        algorithm = client_keys.algorithm(key)
        header = {"alg": algorithm, "kid": key.kid, "typ": "JWT"}
        if self._smart.jwks_url:
            header["jku"] = self._smart.jwks_url
        claims = {
            "iss": self._smart.client_id,
            "sub": self._smart.client_id,
            "aud": audience,
            "exp": int(time.time()) + _ASSERTION_SECONDS,
            "jti": secrets.token_urlsafe(24),
        }
        return jwt.encode(header, claims, key, algorithms=[algorithm])

    def _take(self, response: httpx.Response, began: float) -> None:
        answer = _object(response)
        token, life = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable() or " " in token:
            raise ServerError("the server's token answer holds no access_token")
        seconds = float(life) if isinstance(life, int | float) and life > 0 else _LIFE
        self._token = token
        self._until = began + seconds - min(_MARGIN, seconds / 4)

    def _discover(self) -> _Announced:
        """The smart-configuration; needed only where the settings do not say where tokens come from."""
        url = f"{self._settings.base}/.well-known/smart-configuration"
        try:
            found = _object(self._wire.get(url, headers={"Accept": "application/json"}, authorized=False))
        except ServerError:
            if not self._smart.token_url:
                raise
            found = {}
        stated = found.get("token_endpoint")
        token_url = self._smart.token_url or (stated if isinstance(stated, str) else "")
        if not token_url:
            raise ConfigurationError("server.smart.token_url: the server does not say where tokens come from; set it")
        return _Announced(
            token_url,
            _texts(found.get("scopes_supported")),
            _texts(found.get("capabilities")),
            _texts(found.get("token_endpoint_auth_signing_alg_values_supported")),
        )


def scopes(settings: ServerSettings, supported: Sequence[str], capabilities: Sequence[str]) -> list[str]:
    """One scope per type that is read, as SMART 2 or SMART 1 writes it: whichever the server announces.

    Types that the server's list of scopes leaves out are not asked for: one scope too many, and there is no token.
    """
    second = "permission-v2" in capabilities or any(re.fullmatch(r"system/.+\.c?ru?d?s", scope) for scope in supported)
    ending = "rs" if second else "read"
    wanted = [*settings.wanted(), *(["Group"] if settings.level == "group" else [])]
    named = {scope.removeprefix("system/").split(".")[0] for scope in supported if scope.startswith("system/")}
    listed = [name for name in wanted if not named or "*" in named or name in named]
    return [f"system/{name}.{ending}" for name in listed or wanted]


def _fitting(keys: Sequence[client_keys.Key], announced: _Announced) -> Sequence[client_keys.Key]:
    """The keys that sign in a way that the server takes; all where it does not say."""
    fitting = [key for key in keys if client_keys.algorithm(key) in announced.algorithms]
    return fitting or keys


def _error(response: httpx.Response) -> str:
    said = _object(response).get("error")
    return said if isinstance(said, str) and said in _ERRORS else f"status {response.status_code}"


def _object(response: httpx.Response) -> dict[str, Any]:
    try:
        found = response.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _texts(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
