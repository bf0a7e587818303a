"""How a release leaves: by e-mail, into a folder, to a webhook."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from onco_etl.credentials import credential
from onco_registry.bulletin.sending import copy, letter, notice
from onco_registry.bulletin.sending.guard import check
from onco_registry.bulletin.sending.parcels import Parcel
from onco_registry.service import mail
from onco_registry.service.settings import NotifySettings

# A document and a language -> its finding, in one or two sentences.
Headline = Callable[[Mapping[str, Any], str], str]


def send(parcel: Parcel, notify: NotifySettings, headline: Headline) -> None:
    """Send a parcel by its channel. Raises ReleaseError where the release may not go there or is not whole, and what
    the channel raises where it is not taken.
    """
    check(parcel.release, parcel.series, parcel.channel)
    match parcel.channel.by:
        case "email":
            mail.send(notify, letter.write(parcel, headline, mail.domain(notify)))
        case "folder":
            copy.bring(parcel)
        case "webhook":
            name = f"bulletin.send: {parcel.channel.name}: url"
            url = credential(name, parcel.channel.url, parcel.channel.url_file) or ""
            headers = {"Idempotency-Key": parcel.release.sha256}
            mail.post(url, notice.write(parcel, headline), ca_file=notify.ca_file, headers=headers)
