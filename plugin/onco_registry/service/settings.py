"""Settings of the service: the sections [schedule], [service] and [notify] of registry.toml."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from onco_registry.mail_address import is_address


@dataclass(frozen=True)
class ScheduleSettings:
    """When jobs run, by the hospital's clock (the setting `timezone`).

    night, bulletin: cron expressions of five fields, each with one minute and one hour; an empty one: never.
    retries: further attempts at a date that failed, each `retry_minutes` after the one before.
    late_hours: a night that has not succeeded so long after its time makes /health answer 503.
    """

    night: str = "30 1 * * *"
    bulletin: str = "0 7 3 * *"
    retries: int = 3
    retry_minutes: int = 15
    late_hours: int = 6


@dataclass(frozen=True)
class ServiceSettings:
    """The process that `serve` is.

    listen: address and port of /health and /metrics. stop_seconds: how long a job may take to roll back on SIGTERM.
    """

    listen: str = "127.0.0.1:8080"
    stop_seconds: int = 120


@dataclass(frozen=True)
class NotifySettings:
    """Who is told of failures, recoveries and quality checks that turn bad; never with patient data.

    smtp_host and recipients: e-mail is sent where both are given; smtp_security 'starttls', 'tls' or 'none' (for a
    relay on this machine). webhook_url: gets the same as JSON by POST; a secret, like the password. Raises ValueError
    for a recipient that is not one address.
    """

    smtp_host: str = ""
    smtp_port: int = 587
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str = ""
    smtp_password: str | None = field(default=None, repr=False)
    smtp_password_file: Path | None = None
    sender: str = "onco-registry@localhost"
    recipients: tuple[str, ...] = ()
    webhook_url: str | None = field(default=None, repr=False)
    webhook_url_file: Path | None = None
    ca_file: Path | None = None

    def __post_init__(self) -> None:
        for address in self.recipients:
            if not is_address(address):
                raise ValueError(f"recipients: {address!r}: a list of addresses, each as it@hospital.example")
