"""The keys by which we sign in: a JWKS file, newest key last."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey

from onco_etl.errors import ConfigurationError
from onco_etl.server import private

Key = ECKey | RSAKey

_LARGEST = 1 << 20


def algorithm(key: Key) -> str:
    """How a key signs: ES384 or RS384, as SMART Backend Services has it."""
    return "ES384" if isinstance(key, ECKey) else "RS384"


def read(file: Path) -> list[Key]:
    """The private keys of a file (a JWKS, or one JWK), newest first; raises ConfigurationError, which shows no key."""
    return _newest_first(_read(file), str(file))


def parsed(text: str, name: str) -> list[Key]:
    """The same of a text, which errors call by `name`."""
    return _newest_first(_parsed(text, name), name)


def add(file: Path) -> str:
    """Append a new ES384 key, the newest from now on, to a file (created, mode 0600); the key's id."""
    key = ECKey.generate_key("P-384", {"use": "sig", "alg": "ES384"}, auto_kid=True)
    keys = [*(_read(file) if file.exists() else ()), key]
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    private.write(file, {"keys": [one.as_dict(private=True) for one in keys]})
    return str(key.kid)


def public(file: Path) -> dict[str, Any]:
    """The JWKS to register with the server or to host: the public halves of the keys of a file."""
    return public_of(_read(file))


def public_of(keys: Iterable[Key]) -> dict[str, Any]:
    """The JWKS of the public halves of keys."""
    return {"keys": [{"alg": algorithm(key), **key.as_dict(private=False)} for key in keys]}


def _newest_first(keys: Sequence[Key], name: str) -> list[Key]:
    if not keys:
        raise ConfigurationError(f"{name}: holds no key")
    return list(reversed(keys))


def _read(file: Path) -> list[Key]:
    try:
        with file.open("rb") as stream:
            return _parsed(stream.read(_LARGEST), str(file))
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror}") from None


def _parsed(text: str | bytes, name: str) -> list[Key]:
    try:
        content = json.loads(text)
        keys = KeySet.import_key_set({"keys": content.get("keys", [content])}).keys
    except (JoseError, ValueError, KeyError, TypeError, AttributeError):
        raise ConfigurationError(f"{name}: no JWKS") from None
    return [_checked(name, key) for key in keys]


def _checked(name: str, key: object) -> Key:
    fits = isinstance(key, RSAKey) or (isinstance(key, ECKey) and key.curve_name == "P-384")
    if not fits or not isinstance(key, ECKey | RSAKey) or not key.is_private:
        raise ConfigurationError(f"{name}: each key is to be private, and RSA or EC on the curve P-384")
    key.ensure_kid()
    return key
