"""Nothing is sent twice and nothing is lost: over refusals, nights, restarts, corrections and new recipients."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from archive.releases import document, released
from onco_etl.errors import InUseError, ReleaseError
from onco_registry.bulletin.archive.store import Correction
from onco_registry.bulletin.sending import channels, ledger, sent
from onco_registry.bulletin.settings import SendSettings
from onco_registry.service import delivery, jobs
from sending import site
from sending.site import INTERNAL, PUBLIC, bulletins, config
from service.receivers import mail_server, web_server
from service.site import free_port


def folder_channel(folder: Path, name: str = "share", **more: Any) -> SendSettings:
    return SendSettings(name, by="folder", folder=folder / name, **{**INTERNAL, **more})


def test_what_is_refused_rests_and_is_tried_again_and_the_others_have_it_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    released(bulletins(tmp_path), document(edition="public"))
    share = SendSettings("share", by="folder", folder=tmp_path / "share", **PUBLIC)
    with web_server(500, 503, 200) as (received, url):
        settings = config(tmp_path, SendSettings("web", by="webhook", url=url, **PUBLIC), share)
        with pytest.raises(ReleaseError, match=r"^not sent: release trial/public/1 by channel web \(HTTPStatusError\)"):
            site.send(settings)
        # It rests; once it has rested, it is due.
        assert site.send(settings) == []
        site.rested(tmp_path)
        with pytest.raises(ReleaseError, match="it is tried again"):
            site.send(settings)
        site.rested(tmp_path)
        assert site.send(settings) == ["its address"]
        assert site.send(settings, everything=True) == []
    assert len(received) == 3
    assert site.ledger(tmp_path) == [("share", "", 1, "sent", 1), ("web", "", 1, "sent", 3)]
    assert [(kind, subject) for kind, subject, _ in site.news(tmp_path)] == [
        ("not-sent", "onco-registry at main: a bulletin was not sent and is tried again"),
        ("sent", "onco-registry at main: a bulletin was sent after all"),
    ]
    assert site.news(tmp_path)[0][2].splitlines()[0] == (
        "  release trial/public/1 by channel web, to its address (HTTPStatusError)"
    )
    said = "".join(capsys.readouterr()) + str(site.news(tmp_path))
    assert "token=secret" not in said
    with jobs.opened(tmp_path / "data") as engine:
        attempts = [(row["job"], row["outcome"], row["exit_code"], row["counts"]) for row in jobs.newest(engine)]
    assert attempts == [
        ("bulletin send", "succeeded", 0, {"sent": 1, "not_sent": 0}),
        ("bulletin send", "failed", 9, {"sent": 0, "not_sent": 1}),
        ("bulletin send", "failed", 9, {"sent": 1, "not_sent": 1}),
    ]


def test_the_rest_grows_and_ends_with_giving_up() -> None:
    progress, rests = ledger.Progress(), []
    for _ in range(ledger.MOST_TRIES):
        assert progress.state == "waiting"
        progress = progress.after(taken=False)
        rests.append(progress.next_try)
    assert rests == sorted(rests)
    assert progress.state == "given-up"
    assert not progress.is_due(everything=False)
    assert progress.is_due(everything=True)


def test_what_was_given_up_is_news_and_is_sent_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "MOST_TRIES", 2)
    released(bulletins(tmp_path), document())
    port = free_port()
    channel = SendSettings("board", by="email", to=("board@h.example",), **INTERNAL)
    settings = config(tmp_path, channel, smtp_host="127.0.0.1", smtp_port=port, smtp_security="none")
    for _ in range(ledger.MOST_TRIES):
        with pytest.raises(ReleaseError, match="ConnectionRefusedError"):
            site.send(settings)
        site.rested(tmp_path)
    assert site.send(settings) == []
    assert [kind for kind, _, _ in site.news(tmp_path)] == ["not-sent", "not-sent-given-up"]
    assert [sent.told(parcel)["state"] for parcel in sent.waiting(settings)] == ["given-up"]
    with mail_server() as (mailbox, open_port):
        settings = config(tmp_path, channel, smtp_host="127.0.0.1", smtp_port=open_port, smtp_security="none")
        assert site.send(settings, everything=True) == ["board@h.example"]
    assert len(mailbox.received) == 1
    assert sent.waiting(settings) == []


def test_news_of_it_goes_the_way_of_all_news(tmp_path: Path) -> None:
    released(bulletins(tmp_path), document())
    (tmp_path / "share").write_text("not a folder")
    with mail_server() as (mailbox, port):
        mail = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none", "recipients": ("it@h.example",)}
        settings = config(tmp_path, folder_channel(tmp_path), **mail)
        with pytest.raises(ReleaseError):
            site.send(settings)
        with jobs.opened(settings.data) as engine:
            for _ in range(2):
                delivery.deliver(engine, settings.notify)
    ((recipients, message),) = mailbox.received
    assert recipients == ["it@h.example"]
    assert message["Subject"] == "onco-registry at main: a bulletin was not sent and is tried again"


def test_killed_after_the_first_of_two_sends_the_second_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    released(bulletins(tmp_path), document())
    channel = SendSettings("board", by="email", to=("a@h.example", "b@h.example"), **INTERNAL)
    with mail_server() as (mailbox, port):
        settings = config(tmp_path, channel, smtp_host="127.0.0.1", smtp_port=port, smtp_security="none")
        with monkeypatch.context() as patch:
            patch.setattr(channels, "send", _killed_at_the_second(channels.send))
            with pytest.raises(KeyboardInterrupt):
                site.send(settings)
        assert site.send(settings) == ["b@h.example"]
    assert [recipients for recipients, _ in mailbox.received] == [["a@h.example"], ["b@h.example"]]


def _killed_at_the_second(send: Callable[..., None]) -> Callable[..., None]:
    calls = []

    def counted(*arguments: Any) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        send(*arguments)

    return counted


def test_a_new_channel_gets_the_newest_and_then_every_release(tmp_path: Path) -> None:
    for cut in ("2026-08-31", "2026-09-30"):
        released(bulletins(tmp_path), document(cut))
    settings = config(tmp_path, folder_channel(tmp_path))
    site.send(settings)
    # Two releases while the service was away.
    for cut in ("2026-10-31", "2026-11-30"):
        released(bulletins(tmp_path), document(cut))
    site.send(settings)
    assert site.ledger(tmp_path) == [("share", "", number, "sent", 1) for number in (2, 3, 4)]


def test_a_series_that_starts_anew_is_sent_anew(tmp_path: Path) -> None:
    settings = config(tmp_path, folder_channel(tmp_path))
    for _ in range(2):
        for cut in ("2026-08-31", "2026-09-30"):
            released(bulletins(tmp_path), document(cut, patients=len(site.ledger(tmp_path))))
            site.send(settings)
        for folder in (bulletins(tmp_path), tmp_path / "share"):
            shutil.rmtree(folder)
    assert sorted(number for _, _, number, _, _ in site.ledger(tmp_path)) == [1, 1, 2, 2]


def test_what_was_corrected_before_it_was_sent_is_not_sent(tmp_path: Path) -> None:
    released(bulletins(tmp_path), document())
    (tmp_path / "share").write_text("not a folder")
    settings = config(tmp_path, folder_channel(tmp_path))
    with pytest.raises(ReleaseError):
        site.send(settings)
    released(bulletins(tmp_path), document(patients=31), correction=Correction(1, "Why"))
    (tmp_path / "share").unlink()
    site.send(settings, everything=True)
    assert site.ledger(tmp_path) == [("share", "", 1, "waiting", 1), ("share", "", 2, "sent", 1)]


def test_a_channel_takes_its_edition_and_its_registries_alone(tmp_path: Path) -> None:
    for edition in ("internal", "public"):
        released(bulletins(tmp_path), document(edition=edition))
    others = folder_channel(tmp_path, "others", registries=("another",))
    settings = config(tmp_path, others, folder_channel(tmp_path, registries=("trial",)))
    assert [sent.told(parcel) for parcel in sent.waiting(settings)] == [
        {
            "registry": "trial",
            "edition": "internal",
            "release": 1,
            "channel": "share",
            "by": "folder",
            "to": str(tmp_path / "share"),
            "state": "waiting",
            "tries": 0,
        }
    ]
    # To say what would go where changes nothing.
    assert site.ledger(tmp_path) == []
    assert not (tmp_path / "share").exists()


def test_one_at_a_time(tmp_path: Path) -> None:
    from onco_etl import lock

    released(bulletins(tmp_path), document())
    settings = config(tmp_path, folder_channel(tmp_path))
    with lock.held(settings.data, "night"), pytest.raises(InUseError, match="in use by `onco-registry night`"):
        site.send(settings)
    assert site.send(settings) == [str(tmp_path / "share")]


def test_without_a_channel_there_is_nothing_to_do(tmp_path: Path) -> None:
    released(bulletins(tmp_path), document())
    assert site.send(config(tmp_path)) == []
    assert not (tmp_path / "data" / jobs.FILE).exists()
