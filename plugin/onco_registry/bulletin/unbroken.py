"""What a line must not break: intervals after their dash, PD-1, and words of tables that are read as one."""

from __future__ import annotations

import re

from markupsafe import Markup

# U+2060: no width, and no break where it stands.
JOINER = "\u2060"
# Of 10.9–20.7, 10.9–not reached and PD-1, but not of names: Clopper–Pearson.
_DASH = re.compile(r"(?<=\d)–(?=\S)|(?<=[A-Z])-(?=\d)")
_WORDS = ("未达到", "对比", "非CR/非PD", "non-CR/non-PD")


def unbroken(value: object) -> object:
    """A value that a template is about to print; markup, and what is no text, as it is."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    for word in _WORDS:
        value = value.replace(word, JOINER.join(word))
    return _DASH.sub(rf"\g<0>{JOINER}", value)
