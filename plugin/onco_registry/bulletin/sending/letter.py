"""The e-mail of a release: the finding as plain text, the page and the PDF attached."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from typing import Any

from onco_etl.errors import ReleaseError
from onco_registry.bulletin.archive.release import Release
from onco_registry.bulletin.catalogue import Catalogue
from onco_registry.bulletin.sending.parcels import Parcel

_KINDS = {"pdf": ("application", "pdf"), "html": ("text", "html")}


def write(parcel: Parcel, headline: Callable[[Mapping[str, Any], str], str], domain: str) -> EmailMessage:
    """The message to the parcel's recipient, without a sender; a second one for the same has the same Message-ID.

    Raises ReleaseError where the release has no page in the channel's language.
    """
    release, language = parcel.release, parcel.channel.language
    document = release.document()
    words = Catalogue(language, document["translations"].get(language, {}))
    message = EmailMessage()
    message["Subject"] = words(
        "mail.subject", title=words.text(document["registry"]["title"]), cut=release.data_cut, n=release.number
    )
    message["To"] = parcel.address.recipient
    sent_by = hashlib.sha256(f"{parcel.channel.name} {parcel.address.recipient}".encode()).hexdigest()
    message["Message-ID"] = f"<{release.sha256[:32]}.{sent_by[:16]}@{domain}>"
    attached = [name for name in release.manifest["files"] if name in _names(language)]
    if not attached:
        raise ReleaseError(f"release {release.name} has no page in the language {language}")
    message.set_content(_text(parcel, words, document, headline(document, language)))
    for name in attached:
        maintype, subtype = _KINDS[name.rpartition(".")[2]]
        file = f"{release.registry}-{release.data_cut}-release-{release.number}.{language}.{subtype}"
        message.add_attachment(release.read(name), maintype=maintype, subtype=subtype, filename=file)
    return message


def link(release: Release, base: str, name: str) -> str:
    """The address of a file of a release, below the address under which the bulletins' folder is served."""
    return f"{base.rstrip('/')}/{release.name}/{name}"


def _names(language: str) -> tuple[str, ...]:
    return tuple(f"bulletin.{language}.{kind}" for kind in _KINDS)


def _text(parcel: Parcel, words: Catalogue, document: Mapping[str, Any], finding: str) -> str:
    release, channel = parcel.release, parcel.channel
    lines = [finding, "", words("mail.cut", cut=release.data_cut, n=release.number)]
    if release.corrects is not None:
        lines.append(words("mail.corrects", n=release.corrects, reason=release.reason(channel.language)))
    lines.append(words("mail.caution"))
    if document["bulletin"]["fictional"]:
        lines.append(words("archive.fictional"))
    if channel.link:
        lines += ["", link(release, channel.link, f"bulletin.{channel.language}.html")]
    return "\n".join(lines) + "\n"
