"""How wide text is, and where its lines break, in Latin and Chinese script."""

import re

# Advance widths in em, on the generous side of common sans-serif fonts; others count as 0.58.
_CAPITAL = dict.fromkeys("ABCDEFGHKLNOPQRSTUVXYZ", 0.72)
_NARROW = dict.fromkeys("iIjlt.,:;'|!()[]/ f", 0.33)
_WIDE = dict.fromkeys("mwMW@%—", 0.92)
_WIDTHS = _CAPITAL | _NARROW | _WIDE
_FULL_WIDTH_FROM = 0x2E80
# Chinese breaks between any two characters, but no line begins with a closing mark or ends with an opening one.
_HAN = r"[\u2e80-\u9fff\uf900-\ufaff\uff10-\uff19\uff21-\uff5a]"
_OPENING, _CLOSING = r"[（《〈「『【“‘]", r"[，。、；：？！）》〉」』】”’％…·]"
_UNIT = re.compile(rf"\s*{_OPENING}*(?:{_HAN}|(?:(?!{_HAN}|{_OPENING}|{_CLOSING})\S)+){_CLOSING}*|\s*\S")


def text_width(text: str, size: float) -> float:
    """Estimated width in pixels at a font size, rather too wide than too narrow; a full-width sign has one em."""
    return size * sum(_WIDTHS.get(char) or (1.0 if ord(char) >= _FULL_WIDTH_FROM else 0.58) for char in text)


def wrap(text: str, width: float, size: float) -> list[str]:
    """Lines no wider than `width` pixels, broken at spaces and between Chinese characters.

    A word that is wider than a line is broken where the line ends.
    """
    lines = [""]
    for unit in _UNIT.findall(text.strip()):
        if text_width(lines[-1] + unit, size) <= width or not lines[-1]:
            lines[-1] += unit if lines[-1] else unit.lstrip()
        else:
            lines.append(unit.lstrip())
        while len(lines[-1]) > 1 and text_width(lines[-1], size) > width:
            head = _fitting(lines[-1], width, size)
            lines[-1:] = [lines[-1][:head], lines[-1][head:]]
    return lines


def _fitting(word: str, width: float, size: float) -> int:
    """How many of its first characters fit into the width, at least one."""
    return next((count for count in range(len(word) - 1, 1, -1) if text_width(word[:count], size) <= width), 1)
