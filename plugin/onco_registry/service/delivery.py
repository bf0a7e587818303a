"""Send news: by e-mail and to a webhook, each until it has taken it."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage
from email.utils import make_msgid

import structlog
from sqlalchemy import Engine

from onco_etl.credentials import credential
from onco_registry.service import jobs, mail
from onco_registry.service.jobs import Row
from onco_registry.service.settings import NotifySettings

log = structlog.get_logger()

# With a look every ten minutes: for three days.
MOST_TRIES = 432


def channels(settings: NotifySettings) -> list[str]:
    """The channels that are configured: email, webhook, both or none."""
    webhook = credential("notify.webhook_url", settings.webhook_url, settings.webhook_url_file)
    email = settings.smtp_host and settings.recipients
    return [name for name, given in (("email", email), ("webhook", webhook)) if given]


def deliver(engine: Engine, settings: NotifySettings) -> None:
    """Send what is undelivered by each channel that has not taken it; one that does not is tried again next time."""
    for news in jobs.undelivered(engine, MOST_TRIES):
        left = [name for name in news["waiting_for"] if not _taken(_SEND[name], settings, news, name)]
        jobs.tried(engine, news["id"], left)


def _taken(send: Callable[[NotifySettings, Row], None], settings: NotifySettings, news: Row, channel: str) -> bool:
    try:
        send(settings, news)
    except Exception as error:
        # Its text may hold an address or a password.
        log.warning("news not delivered", channel=channel, kind=news["kind"], error=type(error).__name__)
        return False
    log.info("news delivered", channel=channel, kind=news["kind"])
    return True


def _email(settings: NotifySettings, news: Row) -> None:
    message = EmailMessage()
    message["Subject"], message["To"] = news["subject"], ", ".join(settings.recipients)
    message["Message-ID"] = make_msgid(domain=mail.domain(settings))
    message.set_content(news["body"])
    mail.send(settings, message)


def _webhook(settings: NotifySettings, news: Row) -> None:
    url = credential("notify.webhook_url", settings.webhook_url, settings.webhook_url_file) or ""
    content = {"kind": news["kind"], "subject": news["subject"], "text": news["body"], "created": news["created"]}
    mail.post(url, content, ca_file=settings.ca_file)


_SEND: dict[str, Callable[[NotifySettings, Row], None]] = {"email": _email, "webhook": _webhook}
