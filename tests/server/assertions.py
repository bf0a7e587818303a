"""A client that is registered with a server: its public keys, and what its assertions must say (SMART 2.2)."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass
class Client:
    """keys: the JWKS that is registered. announced: what the smart-configuration says besides the token address."""

    client_id: str
    keys: dict[str, Any]
    announced: dict[str, Any] = field(default_factory=lambda: {"capabilities": ["permission-v2"]})
    granted: list[dict[str, Any]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def configuration(self, url: str) -> dict[str, Any]:
        """The smart-configuration of a server at `url`."""
        return {"token_endpoint": f"{url}/token", **self.announced}

    def check(self, form: dict[str, str], token_url: str) -> None:
        """Raises PermissionError with an OAuth error code for anything that a server may refuse."""
        if form.get("grant_type") != "client_credentials":
            raise PermissionError("unsupported_grant_type")
        if form.get("client_assertion_type") != _TYPE or not form.get("scope"):
            raise PermissionError("invalid_request")
        try:
            keys = KeySet.import_key_set(self.keys)  # type: ignore[arg-type]
            token = jwt.decode(form["client_assertion"], keys, algorithms=["ES384", "RS384"])
        except (JoseError, ValueError):
            raise PermissionError("invalid_client") from None
        self._check_claims(token.claims, token_url)
        self.granted.append({**token.header, **token.claims, "scope": form["scope"]})

    def _check_claims(self, claims: dict[str, Any], token_url: str) -> None:
        life = claims["exp"] - time.time()
        fits = claims["iss"] == claims["sub"] == self.client_id and claims["aud"] == token_url and 0 < life <= 300
        if not fits or claims["jti"] in self.seen:
            raise PermissionError("invalid_client")
        self.seen.add(claims["jti"])
