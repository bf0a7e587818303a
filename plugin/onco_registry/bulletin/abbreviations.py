"""The abbreviations that a page uses, for the list at its end."""

import re
from html import unescape

from onco_registry.bulletin.catalogue import Catalogue

KEY = "abbreviation."


def abbreviations(markup: str, words: Catalogue) -> list[str]:
    """Those of the catalogue that the text of some HTML has, as its language writes them, in alphabetical order.

    'PD' is not in 'PD-1', nor 'CI' in 'CIT'.
    """
    text = unescape(re.sub(r"<[^>]*>", " ", markup))
    known = (key.removeprefix(KEY) for key in words.strings if key.startswith(KEY))
    return sorted(filter(lambda term: re.search(_alone(words.code(term)), text), known), key=str.casefold)


def _alone(term: str) -> str:
    return rf"(?<![A-Za-z0-9]){re.escape(term)}(?![A-Za-z0-9]|-[0-9A-Z])"
