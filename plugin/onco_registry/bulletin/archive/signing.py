"""The signature of a manifest: a detached JWS (RFC 7515, appendix F) by the newest of the site's keys."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from onco_etl.credentials import credential
from onco_etl.errors import ConfigurationError, ReleaseError
from onco_etl.server import client_keys
from onco_etl.server.client_keys import Key
from onco_registry.bulletin.settings import BulletinSettings

ALGORITHMS = ("ES384", "RS384")
JWKS = "jwks.json"


def keys(settings: BulletinSettings) -> list[Key]:
    """The private keys of the settings, newest first; none where none is set. Raises ConfigurationError."""
    text = credential("bulletin.signing_key", settings.signing_key, settings.signing_key_file)
    return client_keys.parsed(text, "bulletin.signing_key") if text else []


def sign(content: bytes, key: Key) -> str:
    """The signature of `content`, which it does not hold."""
    header = {"alg": client_keys.algorithm(key), "kid": key.kid}
    signed = jws.serialize_compact(header, content, key, algorithms=ALGORITHMS)
    return str(jws.detach_content(signed))


def is_signed(content: bytes, signature: str, trusted: KeySet) -> bool:
    """Whether `signature` is that of `content` by one of the trusted keys."""
    try:
        jws.deserialize_compact(signature.strip(), trusted, algorithms=ALGORITHMS, payload=content)
    except (JoseError, ValueError):
        return False
    return True


def trusted(file: Path) -> KeySet:
    """The public keys of a JWKS file; raises ConfigurationError where it cannot be read."""
    try:
        return KeySet.import_key_set(json.loads(file.read_bytes()))
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror}") from None
    except (JoseError, ValueError, KeyError, TypeError, AttributeError):
        raise ConfigurationError(f"{file}: no JWKS") from None


def public(keys: list[Key], file: Path) -> dict[str, Any]:
    """The public halves of the keys, and those of earlier ones that the file holds: what they signed stays.

    Raises ReleaseError where the file cannot be read.
    """
    found = client_keys.public_of(keys)["keys"]
    known = {key["kid"] for key in found}
    try:
        earlier = json.loads(file.read_bytes())["keys"] if file.exists() else []
        kept = [key for key in earlier if key["kid"] not in known]
    except (OSError, ValueError, KeyError, TypeError):
        raise ReleaseError(f"{file}: damaged; take it from a backup, it has the keys of earlier releases") from None
    return {"keys": [*kept, *found]}
