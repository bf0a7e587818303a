"""Settings of the bulletin: the section [bulletin] of registry.toml, and to whom each edition goes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import permutations
from pathlib import Path
from typing import Literal

from onco_registry.mail_address import is_address

Edition = Literal["internal", "public"]
Language = Literal["en", "zh"]
# What each way of sending needs, of which it needs one.
_NEEDS = {"email": ("to",), "folder": ("folder",), "webhook": ("url", "url_file")}


@dataclass(frozen=True)
class SendSettings:
    """One channel by which releases of an edition leave: whom it reaches, and how.

    name: under which it is known what went there. audience: who can see what goes there; an internal edition never
    goes to the public. registries: those whose releases go there; empty: all. to: addresses (email); folder: gets a
    copy of the series (folder); url: gets the manifest by POST (webhook), a secret; link: the address under which the
    bulletins' folder is served, for links in e-mails and to the webhook.

    Raises ValueError for an internal edition that would go to the public, and for what `by` lacks or does not take.
    """

    name: str
    edition: Edition
    audience: Literal["internal", "public"]
    by: Literal["email", "folder", "webhook"]
    language: Language = "en"
    registries: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    folder: Path | None = None
    url: str | None = field(default=None, repr=False)
    url_file: Path | None = None
    link: str = ""

    def __post_init__(self) -> None:
        if not allowed(self.edition, self.audience):
            raise ValueError(f"{self.name}: the internal edition never goes to a channel whose audience is public")
        given = {name for names in _NEEDS.values() for name in names if getattr(self, name)}
        if len(given) != 1 or not given <= set(_NEEDS[self.by]):
            raise ValueError(f"{self.name}: {self.by} takes {' or '.join(_NEEDS[self.by])}, and no other target")
        if not all(map(is_address, self.to)):
            raise ValueError(f"{self.name}: to: a list of addresses, each as board@hospital.example")


@dataclass(frozen=True)
class BulletinSettings:
    """Which editions are made, in which languages, where they are kept, who signs them and to whom they go.

    pdf: whether each page is made as a PDF, too. minimum_cell: the smallest number of patients that the public edition
    shows. folder: of the archive; without it `bulletins` in the data folder. signing_key, signing_key_file: a JWKS, as
    `keys new` makes it; the newest signs.

    Raises ValueError where an edition or language would be sent that is not made, two channels have one name, or an
    internal one has a target that another calls public.
    """

    editions: tuple[Edition, ...] = ("internal", "public")
    languages: tuple[Language, ...] = ("en", "zh")
    pdf: bool = True
    minimum_cell: int = 5
    folder: Path | None = None
    signing_key: str | None = field(default=None, repr=False)
    signing_key_file: Path | None = None
    send: tuple[SendSettings, ...] = ()

    def __post_init__(self) -> None:
        if not self.languages:
            raise ValueError("languages: at least one")
        # With 2, whoever sees that a count is hidden knows that it is 1.
        if self.minimum_cell < 3:
            raise ValueError("minimum_cell: at least 3")
        names = Counter(channel.name for channel in self.send)
        for channel in self.send:
            if channel.edition not in self.editions or channel.language not in self.languages:
                raise ValueError(f"send: {channel.name}: its edition and language must be among those made")
            if names[channel.name] > 1:
                raise ValueError(f"send: {channel.name}: two channels of this name")
        for one, other in permutations(self.send, 2):
            if one.edition == "internal" and other.audience == "public" and _meet(one, other):
                raise ValueError(f"send: {one.name}: the internal edition would go where {other.name} says all can see")


def _meet(one: SendSettings, other: SendSettings) -> bool:
    """Whether two channels have a target in common: an address, a URL, or a folder that is the other's or below it."""
    addresses = [{address.casefold() for address in channel.to} for channel in (one, other)]
    urls = [{str(url) for url in (channel.url, channel.url_file) if url} for channel in (one, other)]
    folders = bool(one.folder and other.folder and nested(one.folder, other.folder))
    return bool(addresses[0] & addresses[1] or urls[0] & urls[1]) or folders


def nested(one: Path, other: Path) -> bool:
    """Whether a folder is another, lies in it or around it."""
    paths = one.resolve(), other.resolve()
    return paths[0].is_relative_to(paths[1]) or paths[1].is_relative_to(paths[0])


def allowed(edition: str, audience: str) -> bool:
    """Whether an edition may go to an audience: the internal one only within the house."""
    return edition == "public" or audience == "internal"
