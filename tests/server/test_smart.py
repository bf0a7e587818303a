"""SMART Backend Services: what is signed, what is asked for, when anew, and by which key."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from onco_etl.errors import ConfigurationError, ServerError
from onco_etl.server import access, client_keys, smart
from onco_etl.server.settings import ServerSettings, SmartSettings
from server.assertions import Client
from server.authority import server_context
from server.export_server import ExportServer, running
from support import command_line


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    client_keys.add(tmp_path / "keys.json")
    return tmp_path / "keys.json"


def hospital(keys: Path, **announced: Any) -> ExportServer:
    client = Client("registry", client_keys.public(keys))
    client.announced |= announced
    server = ExportServer(client=client)
    server.group = {"p1"}
    return server


def settings(server: ExportServer, keys: Path, **more: Any) -> ServerSettings:
    signing = SmartSettings("registry", keys, **more.pop("smart", {}))
    return ServerSettings(f"{server.url}/r4", smart=signing, longest_wait_seconds=0.02, **more)


def ask(server: ExportServer, chosen: ServerSettings, times: int = 1) -> list[dict[str, Any]]:
    """Read the group so many times; what was signed for that."""
    with access.connected(chosen) as wire:
        for _ in range(times):
            assert wire.get(f"{server.url}/r4/Group/g1").json()["id"] == "g1"
    assert server.client is not None
    return server.client.granted


def test_an_assertion_says_who_and_for_whom_and_is_short_lived(keys: Path) -> None:
    with running(hospital(keys)) as server:
        (signed,) = ask(server, settings(server, keys, types=("Patient", "Observation")), times=3)
    kid = json.loads(keys.read_text())["keys"][0]["kid"]
    assert {name: signed[name] for name in ("alg", "typ", "kid", "iss", "sub", "aud", "scope")} == {
        "alg": "ES384",
        "typ": "JWT",
        "kid": kid,
        "iss": "registry",
        "sub": "registry",
        "aud": f"{server.url}/token",
        "scope": "system/Patient.rs system/Observation.rs",
    }
    assert 0 < signed["exp"] - time.time() <= 300
    assert "jku" not in signed
    assert "d" not in client_keys.public(keys)["keys"][0]


def test_rsa_keys_sign_with_rs384_and_jku_is_said_where_keys_are_hosted(tmp_path: Path) -> None:
    key = RSAKey.generate_key(2048, auto_kid=True)
    keys = tmp_path / "key.json"
    keys.write_text(json.dumps(key.as_dict(private=True)))
    with running(hospital(keys)) as server:
        hosted = {"jwks_url": "https://registry.example.org/jwks.json"}
        (signed,) = ask(server, settings(server, keys, smart=hosted))
    assert (signed["alg"], signed["jku"]) == ("RS384", "https://registry.example.org/jwks.json")


def test_an_expired_token_is_replaced_once(keys: Path) -> None:
    with running(hospital(keys)) as server:
        server.faults.requests_per_token = 2
        assert len(ask(server, settings(server, keys), times=5)) == 3


def test_a_token_is_renewed_before_its_end(keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = time.monotonic()
    monkeypatch.setattr("time.monotonic", lambda: clock)
    with running(hospital(keys)) as server, access.connected(settings(server, keys)) as wire:
        for clock_now, tokens in ((clock, 1), (clock + 209, 1), (clock + 211, 2), (clock + 400, 2), (clock + 425, 3)):
            clock = clock_now
            wire.get(f"{server.url}/r4/Group/g1")
            assert server.client is not None
            assert len(server.client.granted) == tokens


def test_rotation_tries_the_newest_key_and_falls_back_until_it_is_registered(keys: Path) -> None:
    with running(hospital(keys)) as server, access.connected(settings(server, keys)) as wire:
        assert server.client is not None
        old = json.loads(keys.read_text())["keys"][0]["kid"]
        new = client_keys.add(keys)
        server.faults.requests_per_token = 1
        wire.get(f"{server.url}/r4/Group/g1")
        server.client.keys = client_keys.public(keys)
        wire.get(f"{server.url}/r4/Group/g1")
        assert [signed["kid"] for signed in server.client.granted] == [old, new]


def test_who_is_not_known_is_told_what_to_do_and_no_secret(keys: Path, tmp_path: Path) -> None:
    with running(hospital(keys)) as server:
        client_keys.add(tmp_path / "other.json")
        with access.connected(settings(server, tmp_path / "other.json")) as wire, pytest.raises(ServerError) as caught:
            wire.get(f"{server.url}/r4/Group/g1")
    assert str(caught.value).startswith("POST token_endpoint: no token (invalid_client): check server.smart.client_id")
    assert ("POST", "/token") in server.requests
    assert ("GET", "/r4/Group/g1") not in server.requests


def test_a_token_address_elsewhere_must_be_declared(keys: Path) -> None:
    with running(hospital(keys)) as elsewhere, running(hospital(keys)) as server:
        assert server.client is not None
        server.client.announced["token_endpoint"] = f"{elsewhere.url}/token"
        with access.connected(settings(server, keys)) as wire, pytest.raises(ServerError, match="not declared"):
            wire.get(f"{server.url}/r4/Group/g1")
    assert elsewhere.requests == []


@pytest.mark.parametrize(
    ("supported", "capabilities", "expected"),
    [
        ([], [], ["system/Patient.read", "system/Group.read"]),
        ([], ["permission-v1", "permission-v2"], ["system/Patient.rs", "system/Group.rs"]),
        (["system/*.rs"], [], ["system/Patient.rs", "system/Group.rs"]),
        (["system/*.read"], ["permission-v1"], ["system/Patient.read", "system/Group.read"]),
        (["system/Patient.cruds", "user/Group.rs"], [], ["system/Patient.rs"]),
    ],
)
def test_scopes_are_those_that_are_needed_as_the_server_writes_them(
    supported: list[str], capabilities: list[str], expected: list[str]
) -> None:
    chosen = ServerSettings("https://fhir.example.org", types=("Patient",), level="group", group="g1")
    assert smart.scopes(chosen, supported, capabilities) == expected


# --- other ways to say who we are


def test_bearer_basic_and_a_header_for_a_gateway(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    for more, expected in (
        ({"token_file": secret}, "Bearer s3cret"),
        ({"user": "u", "password_file": secret}, "Basic dTpzM2NyZXQ="),
        ({}, None),
    ):
        chosen = ServerSettings("https://a.org", header_name="X-Api-Key", header_value="k", **more)
        with access.connected(chosen) as wire:
            sent = wire._authorization(True, False)
        assert sent == {"X-Api-Key": "k"} | ({"Authorization": expected} if expected else {})


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ({"token": "a\nb"}, "server.token: not one line"),
        ({"header_name": "X"}, "server.header_name and server.header_value: give both"),
        ({"token": "a", "token_file": Path("b")}, "server.token and server.token_file: give one of them"),
        ({"ca_file": Path("missing.pem")}, "server.ca_file: missing.pem: No such file"),
        ({"ca_file": Path(__file__)}, f"server.ca_file: {__file__}: "),
    ],
)
def test_credentials_that_cannot_be_used_are_named(more: dict[str, Any], fault: str) -> None:
    with pytest.raises(ConfigurationError) as caught, access.connected(ServerSettings("https://a.org", **more)):
        pass
    assert str(caught.value).startswith(fault)


# --- TLS


def test_certificates_are_verified_and_the_hospitals_own_authority_can_be_named(tmp_path: Path) -> None:
    server = ExportServer()
    server.group = {"p1"}
    with running(server, server_context(tmp_path)):
        url = f"{server.url}/r4"
        with access.connected(ServerSettings(url, ca_file=tmp_path / "ca.pem")) as wire:
            assert wire.get(f"{url}/Group/g1").status_code == 200
        with (
            access.connected(ServerSettings(url)) as wire,
            pytest.raises(ServerError, match="certificate is not trusted"),
        ):
            wire.get(f"{url}/Group/g1")


# --- keys on the command line


def test_keys_are_made_rotated_and_shown_without_their_private_half(tmp_path: Path) -> None:
    command_line.run(tmp_path, "keys", "new", "keys.json")
    first = json.loads((tmp_path / "keys.json").read_text())["keys"]
    command_line.run(tmp_path, "keys", "new", "keys.json")
    private = json.loads((tmp_path / "keys.json").read_text())["keys"]
    public = json.loads(command_line.run(tmp_path, "keys", "public", "keys.json"))["keys"]
    assert private[0] == first[0]
    assert (tmp_path / "keys.json").stat().st_mode & 0o777 == 0o600
    assert [sorted(key) for key in public] == [["alg", "crv", "kid", "kty", "use", "x", "y"]] * 2
    assert [key["kid"] for key in public] == [key["kid"] for key in private]


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"keys": [{}]}', '{"keys": [{"kty": "oct", "k": "c2VjcmV0c2VjcmV0c2VjcmV0"}]}']
)
def test_what_holds_no_key_for_signing_is_an_error_that_shows_nothing(tmp_path: Path, content: str) -> None:
    file = tmp_path / "keys.json"
    file.write_text(content)
    with pytest.raises(ConfigurationError) as caught:
        client_keys.read(file)
    assert str(caught.value).startswith(str(file))
    assert "c2VjcmV0c2VjcmV0c2VjcmV0" not in str(caught.value)
