"""Channels that are wrong are refused when the settings are read: above all the internal edition to the public."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from onco_etl.errors import ConfigurationError
from onco_registry import config as configuration

BOARD = {"name": "board", "edition": "internal", "audience": "internal", "by": "folder", "folder": "share"}


def load(folder: Path, *channels: Mapping[str, object], top: str = "") -> configuration.Config:
    lines = [top]
    for channel in channels:
        lines += ["[[bulletin.send]]", *(f"{name} = {value!r}" for name, value in channel.items())]
    (folder / "registry.toml").write_text("\n".join(lines), "utf-8")
    return configuration.load(folder / "registry.toml")


def test_a_channel_lies_below_the_settings_and_secrets_are_not_shown(tmp_path: Path) -> None:
    web = {
        "name": "web",
        "edition": "public",
        "audience": "public",
        "by": "webhook",
        "url": "https://x.example/?token=1",
    }
    found = load(tmp_path, BOARD, web, top='[bulletin]\nlanguages = ["zh", "en"]\nsigning_key_file = "keys.json"')
    assert found.bulletin.send[0].folder == tmp_path / "share"
    assert found.bulletin.signing_key_file == tmp_path / "keys.json"
    assert found.bulletins_folder == tmp_path / "data" / "bulletins"
    assert "token" not in repr(found)


def test_settings_come_from_the_environment_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONCO_REGISTRY__BULLETIN__LANGUAGES", "zh, en")
    monkeypatch.setenv("ONCO_REGISTRY__BULLETIN__MINIMUM_CELL", "11")
    send = '[{"name": "w", "edition": "public", "audience": "public", "by": "webhook", "url": "https://x.example"}]'
    monkeypatch.setenv("ONCO_REGISTRY__BULLETIN__SEND", send)
    found = load(tmp_path).bulletin
    assert (found.languages, found.minimum_cell, found.send[0].name) == (("zh", "en"), 11, "w")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"audience": "public"}, "board: the internal edition never goes to a channel whose audience is public"),
        ({"audience": "everyone"}, "Input should be 'internal' or 'public'"),
        ({"by": "email"}, "board: email takes to, and no other target"),
        ({"url": "https://x.example"}, "board: folder takes folder, and no other target"),
        ({"language": "fr"}, "Input should be 'en' or 'zh'"),
        ({"to_whom": "x"}, "bulletin.send.0.to_whom: no such setting"),
    ],
)
def test_a_wrong_channel_is_refused_by_name(tmp_path: Path, changes: dict[str, object], error: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load(tmp_path, {**BOARD, **changes})
    assert error in str(refused.value)


def test_an_audience_must_be_declared(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"bulletin\.send\.0\.audience: Field required"):
        load(tmp_path, {name: value for name, value in BOARD.items() if name != "audience"})


def test_what_is_not_made_is_not_sent(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="board: its edition and language must be among those made"):
        load(tmp_path, BOARD, top='[bulletin]\neditions = ["public"]')
    with pytest.raises(ConfigurationError, match="board: two channels of this name"):
        load(tmp_path, BOARD, BOARD)


def test_mail_needs_a_server_and_addresses(tmp_path: Path) -> None:
    mail = {"name": "mail", "edition": "internal", "audience": "internal", "by": "email", "to": ["a@h.example"]}
    with pytest.raises(ConfigurationError, match=r"the server of notify\.smtp_host, which is not set"):
        load(tmp_path, mail)
    assert load(tmp_path, mail, top='[notify]\nsmtp_host = "mail.h.example"').bulletin.send[0].to == ("a@h.example",)


@pytest.mark.parametrize(
    "address",
    [
        "a@h.example, b@h.example", "a@h.example;b@h.example", "a@h.example\tb@h.example", "a;b@h.example",
        "a@@h.example", "a@", "@h.example", "board", "Board <a@h.example>", "a@h.example\r\nBcc: b@h.example",
    ],
)  # fmt: skip
def test_an_address_is_one_address(tmp_path: Path, address: str) -> None:
    mail = {"name": "mail", "edition": "internal", "audience": "internal", "by": "email"}
    server = '[notify]\nsmtp_host = "mail.h.example"'
    with pytest.raises(ConfigurationError, match=r"a list of addresses, each as board@hospital\.example"):
        load(tmp_path, {**mail, "to": ["c@h.example", address]}, top=server)
    with pytest.raises(ConfigurationError, match=r"a list of addresses, each as it@hospital\.example"):
        load(tmp_path, top=f"{server}\nrecipients = {json.dumps([address])}")


WEB = {"name": "web", "edition": "public", "audience": "public", "by": "folder"}
MAIL = {"edition": "public", "audience": "public", "by": "email", "to": ["all@h.example"]}
INTERNAL = {"name": "board", "edition": "internal", "audience": "internal"}
HOOK = {"edition": "public", "audience": "public", "by": "webhook", "url": "https://x.example/hook"}


@pytest.mark.parametrize(
    ("public", "internal"),
    [
        ({**WEB, "folder": "share"}, BOARD),
        ({**WEB, "folder": "share/www"}, BOARD),
        ({**WEB, "folder": "."}, BOARD),
        ({**MAIL, "name": "m"}, {**MAIL, **INTERNAL, "to": ["ALL@h.example"]}),
        ({**HOOK, "name": "h"}, {**HOOK, **INTERNAL}),
    ],
)  # fmt: skip
def test_an_internal_edition_has_no_target_that_another_channel_calls_public(
    tmp_path: Path, public: dict[str, object], internal: dict[str, object]
) -> None:
    top = '[notify]\nsmtp_host = "mail.h.example"\n[bulletin]\nfolder = "/elsewhere"'
    for channels in ((public, internal), (internal, public)):
        with pytest.raises(ConfigurationError, match=r"board: the internal edition would go where \w+ says all can"):
            load(tmp_path, *channels, top=top)
    assert len(load(tmp_path, {**WEB, "folder": "www"}, BOARD).bulletin.send) == 2


@pytest.mark.parametrize(("kept", "folder"), [("", "data/bulletins"), ("", "data"), ('folder = "b"', "b/registry")])
def test_the_folder_of_all_bulletins_is_not_public(tmp_path: Path, kept: str, folder: str) -> None:
    with pytest.raises(ConfigurationError, match="web: the folder of all bulletins is not for all to see"):
        load(tmp_path, {**WEB, "folder": folder}, top=f"[bulletin]\n{kept}")
