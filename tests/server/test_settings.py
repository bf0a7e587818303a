"""Section [server] of registry.toml: what it takes, and what it refuses by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from onco_etl import fhir_schema
from onco_etl.errors import ConfigurationError
from onco_registry import config
from onco_registry.config import Config


def load(folder: Path, section: str) -> Config:
    file = folder / "registry.toml"
    file.write_text(f'data = "data"\n[server]\nurl = "https://fhir.example.org/r4/"\n{section}\n', encoding="utf-8")
    return config.load(file)


def test_a_server_needs_an_address_alone(tmp_path: Path) -> None:
    server = load(tmp_path, "").server
    assert server is not None
    assert (server.base, server.method, server.level) == ("https://fhir.example.org/r4", "export", "system")
    assert server.wanted() == fhir_schema.resource_types()


def test_lists_come_from_the_environment_with_commas_and_paths_are_those_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONCO_REGISTRY__SERVER__TYPES", "Patient, Observation")
    monkeypatch.setenv("ONCO_REGISTRY__SERVER__SMART__CLIENT_ID", "registry")
    server = load(tmp_path, '[server.smart]\nclient_id = "other"\nkey_file = "keys.json"').server
    assert server is not None
    assert server.smart is not None
    assert server.wanted() == ("Patient", "Observation")
    assert (server.smart.client_id, server.smart.key_file) == ("registry", tmp_path / "keys.json")


@pytest.mark.parametrize(
    ("section", "fault"),
    [
        ('method = "ftp"', "server.method: Input should be 'export' or 'search'"),
        ('types = ["patient"]', "server: types: not a FHIR resource type, such as Patient"),
        ('level = "group"', "server: group: not the id of a Group"),
        ("vanished_share = 10", "server: vanished_share: from 0 to 1"),
        ('group = "g1"', "server: group: only with level group"),
        ('method = "search"\nlevel = "patient"', "server: method: search reads the whole server"),
        ('origins = ["https://files.example.org/path"]', "server: origins: scheme, host and port alone"),
        ('origins = ["ftp://files.example.org"]', "server: origins: no address such as"),
        ('token = "secret1"\nuser = "u"', "server: give one of smart, token and user"),
        ('type_filters = ["Observation"]', "server: type_filters: not a search of one type"),
        ("attempts = 0", "server: attempts: more than 0"),
        ("full_every_days = 0", "server: full_every_days: at least 1"),
        ("overlap_minutes = -1", "server: overlap_minutes: not below 0"),
        ("typs = []", "server.typs: no such setting; did you mean server.types?"),
        (
            '[server.smart]\nclient_id = "a"\nkey_file = "k"\njwks_url = "https://u:p@a.org"',
            "server.smart: jwks_url: credentials do not belong into an address",
        ),
    ],
)
def test_what_cannot_be_meant_is_named(tmp_path: Path, section: str, fault: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, section)
    assert str(caught.value).removeprefix(f"{tmp_path / 'registry.toml'}: ").startswith(fault)
    assert "secret1" not in str(caught.value)


def test_credentials_are_never_shown(tmp_path: Path) -> None:
    assert "secret1" not in repr(load(tmp_path, 'token = "secret1"'))
