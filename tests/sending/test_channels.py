"""How a release leaves: by e-mail to a real server, into a folder, to a webhook; and that it stays where it must."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.releases import document, files, keys, released, series, tampered
from onco_etl.errors import ReleaseError
from onco_registry.bulletin.archive import signing
from onco_registry.bulletin.archive.store import Correction
from onco_registry.bulletin.archive.verify import verify
from onco_registry.bulletin.settings import SendSettings
from onco_registry.service import mail
from sending import site
from sending.site import INTERNAL, PUBLIC, bulletins, config, ledger
from service.certificates import self_signed
from service.receivers import dripping_server, is_known, mail_server, web_server


def test_email_by_starttls_with_page_and_pdf(tmp_path: Path) -> None:
    certificate, context = self_signed(tmp_path)
    (tmp_path / "password").write_text("hunter2\n", "ascii")
    release = released(bulletins(tmp_path), document())
    people = ("board@hospital.example", "chair@hospital.example")
    channel = SendSettings("board", by="email", to=people, link="https://bulletins.h.example/", **INTERNAL)
    tls = {"tls_context": context, "require_starttls": True, "authenticator": is_known, "auth_required": True}
    with mail_server(**tls) as (mailbox, port):
        server = {"smtp_host": "localhost", "smtp_port": port, "ca_file": certificate}
        login = {"smtp_user": "registry", "smtp_password_file": tmp_path / "password", "sender": "registry@h.example"}
        settings = config(tmp_path, channel, **server, **login)
        assert site.send(settings) == list(people)
        assert site.send(settings, everything=True) == []
    assert [recipients for recipients, _ in mailbox.received] == [[person] for person in people]
    (_, first), (_, second) = mailbox.received
    assert (
        " ".join(first["Subject"].split()) == "Two drugs <together>: outcome bulletin, data cut 2026-10-31 (release 1)"
    )
    assert (first["To"], first["From"]) == ("board@hospital.example", "registry@h.example")
    assert first["Message-ID"].startswith(f"<{release.sha256[:32]}.")
    assert first["Message-ID"] != second["Message-ID"]
    text, *attached = list(first.walk())[1:]
    assert text.get_payload(decode=True).decode().splitlines() == [
        "en: 32 patients.",
        "",
        "Data cut 2026-10-31, release 1. The full bulletin is attached.",
        "Not for individual treatment decisions.",
        "Fictional patients. Generated for demonstration.",
        "",
        "https://bulletins.h.example/trial/internal/1/bulletin.en.html",
    ]
    assert {part.get_filename(): part.get_payload(decode=True) for part in attached} == {
        "trial-2026-10-31-release-1.en.pdf": files(document())["bulletin.en.pdf"],
        "trial-2026-10-31-release-1.en.html": files(document())["bulletin.en.html"],
    }


def test_email_in_chinese_of_a_correction(tmp_path: Path) -> None:
    released(bulletins(tmp_path), document())
    released(bulletins(tmp_path), document(patients=31), correction=Correction(1, "A scan was read twice."))
    channel = SendSettings("board", by="email", language="zh", to=("board@h.example",), **INTERNAL)
    with mail_server() as (mailbox, port):
        where = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none"}
        assert site.send(config(tmp_path, channel, **where)) == ["board@h.example"]
    ((_, message),) = mailbox.received
    text, *attached = list(message.walk())[1:]
    body = text.get_payload(decode=True).decode()
    assert body.splitlines()[:4] == [
        "zh: 31 patients.",
        "",
        "数据截止日 2026-10-31，第 2 次发布。完整公报见附件。",
        "本次更正第 1 次发布：A scan was read twice.",
    ]
    # There is no PDF in this language.
    assert [part.get_filename() for part in attached] == ["trial-2026-10-31-release-2.zh.html"]


@pytest.fixture
def private_mask() -> Iterator[None]:
    """As the systemd units run it: what is made is for one account alone."""
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.mark.usefixtures("private_mask")
def test_a_folder_becomes_a_copy_of_the_series(tmp_path: Path) -> None:
    signers, share = keys(tmp_path / "keys"), tmp_path / "share"
    channel = SendSettings("share", by="folder", folder=share, **PUBLIC)
    settings = config(tmp_path, channel)
    released(bulletins(tmp_path), document(edition="internal"), signing=signers)
    for cut in ("2026-09-30", "2026-10-31"):
        released(bulletins(tmp_path), document(cut, edition="public"), signing=signers)
        assert site.send(settings) == [str(share)]
    target = share / "trial" / "public"
    assert sorted(path.name for path in target.iterdir()) == ["1", "2", "index.html", "index.zh.html", "jwks.json"]
    report = verify(share)
    assert (report.releases, report.signed, report.faults) == (2, 2, [])
    assert [path.name for path in (share / "trial").iterdir()] == ["public"]
    made = [share, target, target / "2", target / "2/tables", target / "2/bulletin.json", target / "index.html"]
    assert [oct(path.stat().st_mode & 0o777)[2:] for path in made] == ["755", "755", "755", "755", "444", "644"]
    assert series(bulletins(tmp_path)).folder.stat().st_mode & 0o777 == 0o700


def test_a_copy_is_never_written_over(tmp_path: Path) -> None:
    share = tmp_path / "share"
    (share / "trial/internal/1").mkdir(parents=True)
    (share / "trial/internal/1/manifest.json").write_text("{}")
    released(bulletins(tmp_path), document())
    with pytest.raises(ReleaseError, match="another release than the archive's"):
        site.send(config(tmp_path, SendSettings("share", by="folder", folder=share, **INTERNAL)))
    assert (share / "trial/internal/1/manifest.json").read_text() == "{}"


def test_a_webhook_gets_the_manifest_links_and_signature(tmp_path: Path) -> None:
    signers = keys(tmp_path / "keys")
    release = released(bulletins(tmp_path), document(edition="public"), signing=signers)
    link = "https://hospital.example/bulletins"
    with web_server(204) as (received, url):
        (tmp_path / "url").write_text(url, "ascii")
        channel = SendSettings("web", by="webhook", url_file=tmp_path / "url", link=link, **PUBLIC)
        assert site.send(config(tmp_path, channel)) == ["its address"]
    (content,) = received
    assert (content["kind"], content["finding"], content["registry"], content["number"]) == (
        "bulletin", "en: 32 patients.", "trial", 1,
    )  # fmt: skip
    page = files(document(edition="public"))["bulletin.en.html"]
    assert content["files"]["bulletin.en.html"] == {
        "sha256": hashlib.sha256(page).hexdigest(),
        "bytes": len(page),
        "link": f"{link}/trial/public/1/bulletin.en.html",
    }
    assert content["manifest.json"]["sha256"] == release.sha256
    trusted = signing.trusted(series(bulletins(tmp_path), "public").folder / "jwks.json")
    assert signing.is_signed(release.read("manifest.json"), content["manifest.json"]["signature"], trusted)


def test_a_webhook_that_never_ends_its_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "_SECONDS", 1)
    with dripping_server() as url, pytest.raises(TimeoutError):
        mail.post(url, {}, ca_file=None)


def test_a_series_in_the_folder_of_another_registry_stays_here(tmp_path: Path) -> None:
    root = bulletins(tmp_path)
    released(root, document(edition="public"))
    (root / "trial").rename(root / "other")
    settings = config(tmp_path, SendSettings("web", by="folder", folder=tmp_path / "www", **PUBLIC))
    with pytest.raises(ReleaseError, match="not of registry other, so not for channel web"):
        site.send(settings)


def test_an_internal_release_among_the_public_ones_stays_here(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = bulletins(tmp_path)
    released(root, document())
    released(root, document("2026-09-30", edition="public"))
    # Somebody copies it by hand: with its manifest, or with a manifest that calls it public.
    public = series(root, "public").folder
    series(root).folder.joinpath("1").rename(public / "2")
    channel = SendSettings("web", by="folder", folder=tmp_path / "www", **PUBLIC)
    settings = config(tmp_path, channel)
    with pytest.raises(ReleaseError, match=r"not of the public edition, so not for channel web"):
        site.send(settings)
    manifest = json.loads((public / "2/manifest.json").read_bytes())
    tampered(public / "2/manifest.json", json.dumps({**manifest, "edition": "public", "number": 2}).encode())
    with pytest.raises(ReleaseError, match=r"not of the public edition, so not for channel web"):
        site.send(settings, everything=True)
    assert [path.name for path in (tmp_path / "www/trial/public").iterdir()] == ["1"]
    assert not re.search("32 patients|c0ffee", "".join(capsys.readouterr()))


def test_a_file_that_was_changed_is_not_sent(tmp_path: Path) -> None:
    release = released(bulletins(tmp_path), document())
    tampered(release.folder / "bulletin.en.html", b"<p>another</p>")
    channel = SendSettings("share", by="folder", folder=tmp_path / "share", **INTERNAL)
    with pytest.raises(ReleaseError, match=r"bulletin\.en\.html: not as it was released"):
        site.send(config(tmp_path, channel))
    assert not (tmp_path / "share").exists()
    assert ledger(tmp_path) == [("share", "", 1, "waiting", 1)]
