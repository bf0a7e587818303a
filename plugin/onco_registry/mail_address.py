"""E-mail addresses as they stand in settings: one each, so that nobody is left out by a list in one text."""

from __future__ import annotations

from email.errors import MessageError
from email.headerregistry import Address

_NEVER = frozenset(' \t\r\n,;:<>"()[]\\')


def is_address(text: str) -> bool:
    """Whether a text is one address, as board@hospital.example: no display name, no list."""
    try:
        found = Address(addr_spec=text)
    except (MessageError, ValueError, IndexError):
        return False
    return bool(found.username and found.domain) and found.addr_spec == text and not _NEVER & set(text)
