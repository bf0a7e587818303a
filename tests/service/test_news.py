"""Who is told what: once, in words that hold nothing of a patient, by e-mail and webhook, until it is taken."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from onco_registry.service import delivery, jobs, news
from onco_registry.service.settings import NotifySettings
from service.certificates import self_signed
from service.receivers import is_known, mail_server, web_server

DAY = date(2026, 11, 26)
FAILED = {"outcome": "failed", "exit_code": 3, "message": "Li_Lei_MRN123.ndjson: cannot be read"}
GOOD = {"outcome": "succeeded", "exit_code": 0, "run": 7, "counts": {"received": 12}}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Engine]:
    with jobs.opened(tmp_path) as engine:
        yield engine


def tell(
    engine: Engine,
    *attempts: dict[str, Any],
    channels: tuple[str, ...] = ("email",),
    day: date = DAY,
    is_served: bool = True,
) -> None:
    """Attempts at a night, each told of twice, as the job and the service both do."""
    for values in attempts:
        jobs.end(engine, jobs.begin(engine, "night", day, "1.0"), **values)
        for _ in range(2):
            news.note(engine, "night", site="Tongren", retries=2, is_served=is_served, channels=channels)


def told(engine: Engine) -> list[tuple[str, str]]:
    """Kind and subject of all news, oldest first."""
    with engine.connect() as con:
        return [(row.kind, row.subject) for row in con.execute(select(jobs.NEWS).order_by(jobs.NEWS.c.id))]


def test_failure_giving_up_and_recovery_are_told_once_each(ledger: Engine) -> None:
    tell(ledger, FAILED, FAILED, FAILED)
    tell(ledger, GOOD, day=date(2026, 11, 27))
    tell(ledger, GOOD, day=date(2026, 11, 28))
    assert told(ledger) == [
        ("failure", "onco-registry at Tongren: night of 2026-11-26 failed"),
        ("given-up", "onco-registry at Tongren: night of 2026-11-26 is given up"),
        ("recovery", "onco-registry at Tongren: night of 2026-11-27 works again"),
    ]


@pytest.mark.parametrize(
    ("is_served", "then"),
    [(True, "\nIt is tried again. What was"), (False, "\nIt is not tried again by itself. What was")],
)
def test_what_no_service_tries_again_is_not_said_to_be(ledger: Engine, is_served: bool, then: str) -> None:
    tell(ledger, FAILED, is_served=is_served)
    with ledger.connect() as con:
        (body,) = con.execute(select(jobs.NEWS.c.body)).scalars()
    assert then in body


def test_a_killed_job_is_told_and_a_stopped_one_is_not(ledger: Engine) -> None:
    tell(ledger, {"outcome": "interrupted", "exit_code": 130, "message": "stopped"})
    assert told(ledger) == []
    tell(ledger, {"outcome": "interrupted", "message": "killed"})
    assert [kind for kind, _ in told(ledger)] == ["failure"]


def test_a_quality_check_that_turns_bad_is_told_when_it_does(ledger: Engine) -> None:
    tell(ledger, {**GOOD, "failing": ["foreign_key measurement.person_id"]})
    tell(ledger, {**GOOD, "failing": ["foreign_key measurement.person_id"]})
    tell(ledger, {**GOOD, "failing": []})
    tell(ledger, {**GOOD, "failing": ["unique_key person", "within_visit measurement"]})
    assert told(ledger) == [
        ("quality", "onco-registry at Tongren: a quality check turned bad in the night of 2026-11-26"),
        ("quality", "onco-registry at Tongren: 2 quality checks turned bad in the night of 2026-11-26"),
    ]


def test_no_news_repeats_the_text_of_an_error(ledger: Engine) -> None:
    tell(ledger, FAILED, GOOD)
    with ledger.connect() as con:
        everything = " ".join(str(value) for row in con.execute(select(jobs.NEWS)) for value in row)
    assert "Li_Lei" not in everything
    assert "MRN123" not in everything
    assert "nothing could be read from the source" in everything
    assert "received 12" in everything


def test_email_by_starttls_with_a_password(tmp_path: Path, ledger: Engine) -> None:
    certificate, context = self_signed(tmp_path)
    tell(ledger, FAILED)
    tmp_path.joinpath("password").write_text("hunter2\n", encoding="ascii")
    tls = {"tls_context": context, "require_starttls": True, "authenticator": is_known, "auth_required": True}
    with mail_server(**tls) as (mailbox, port):
        settings = NotifySettings(
            smtp_host="localhost",
            smtp_port=port,
            smtp_user="registry",
            smtp_password_file=tmp_path / "password",
            recipients=("it@hospital.example", "board@hospital.example"),
            ca_file=certificate,
        )
        assert delivery.channels(settings) == ["email"]
        delivery.deliver(ledger, settings)
        delivery.deliver(ledger, settings)
    ((recipients, message),) = mailbox.received
    assert recipients == ["it@hospital.example", "board@hospital.example"]
    assert message["Subject"] == "onco-registry at Tongren: night of 2026-11-26 failed"
    assert message["Auto-Submitted"] == "auto-generated"
    assert "To do: look whether the export arrived whole" in message.get_payload()


def test_mail_is_not_sent_to_a_server_that_proves_nothing(tmp_path: Path, ledger: Engine) -> None:
    _, context = self_signed(tmp_path)
    tell(ledger, FAILED)
    with mail_server(tls_context=context) as (mailbox, port):
        delivery.deliver(ledger, NotifySettings(smtp_host="localhost", smtp_port=port, recipients=("it@h.example",)))
    assert mailbox.received == []
    assert [row["tries"] for row in jobs.undelivered(ledger, 99)] == [1]


def test_a_webhook_is_tried_until_it_takes_it(ledger: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    tell(ledger, FAILED, channels=("email", "webhook"))
    with web_server(500, 200) as (received, url), mail_server() as (mailbox, port):
        settings = NotifySettings(
            smtp_host="127.0.0.1",
            smtp_port=port,
            smtp_security="none",
            recipients=("it@h.example",),
            webhook_url=url,
        )
        for _ in range(3):
            delivery.deliver(ledger, settings)
    # The e-mail went the first time, and is not sent again for the webhook's sake.
    assert len(mailbox.received) == 1
    assert [(news["kind"], news["subject"]) for news in received] == [
        ("failure", "onco-registry at Tongren: night of 2026-11-26 failed")
    ] * 2
    assert "token=secret" not in "".join(capsys.readouterr())


def test_without_a_server_or_recipients_there_is_no_channel() -> None:
    assert delivery.channels(NotifySettings()) == []
    assert delivery.channels(NotifySettings(smtp_host="mail.example")) == []
    assert delivery.channels(NotifySettings(webhook_url="https://hook.example")) == ["webhook"]
