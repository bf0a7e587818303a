"""Hand something over: an e-mail to the site's mail server, JSON to a webhook."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from onco_etl.credentials import credential
from onco_registry.service.settings import NotifySettings

_SECONDS = 30


def send(settings: NotifySettings, message: EmailMessage) -> None:
    """Send a message by the server of the settings, which adds the sender and the date; raises what smtplib raises."""
    message["From"] = settings.sender
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Auto-Submitted"] = "auto-generated"
    context = ssl.create_default_context(cafile=settings.ca_file)
    where = (settings.smtp_host, settings.smtp_port)
    implicit = settings.smtp_security == "tls"
    with (
        smtplib.SMTP_SSL(*where, timeout=_SECONDS, context=context)
        if implicit
        else smtplib.SMTP(*where, timeout=_SECONDS) as server
    ):
        if settings.smtp_security == "starttls":
            server.starttls(context=context)
        if settings.smtp_user:
            password = credential("notify.smtp_password", settings.smtp_password, settings.smtp_password_file)
            server.login(settings.smtp_user, password or "")
        server.send_message(message)


def domain(settings: NotifySettings) -> str:
    """The domain of the sender, for the ids of messages."""
    return settings.sender.rpartition("@")[2]


def post(
    url: str, content: Mapping[str, Any], *, ca_file: Path | None, headers: Mapping[str, str] | None = None
) -> None:
    """Post JSON to an address; raises what httpx raises, also for an answer that is no success, or TimeoutError.

    httpx counts the time from one piece of an answer to the next; here all of it is counted.
    """
    import httpx

    async def answered() -> httpx.Response:
        async with asyncio.timeout(_SECONDS), httpx.AsyncClient(verify=context, timeout=_SECONDS) as client:
            return await client.post(url, json=content, headers=headers)

    context = ssl.create_default_context(cafile=ca_file)
    asyncio.run(answered()).raise_for_status()
