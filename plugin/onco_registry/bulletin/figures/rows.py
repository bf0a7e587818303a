"""Rows of horizontal bars: the label beside its bar, on a phone above it, numbers at the right."""

from dataclasses import dataclass
from typing import ClassVar

from onco_registry.bulletin.figures.lettering import text_width, wrap
from onco_registry.bulletin.figures.marks import SMALL
from onco_registry.bulletin.figures.svg import Format, Svg

LABELS = 224


@dataclass(frozen=True)
class Row:
    """One row: its label in lines, where the label starts, the left and middle of its bar, and its right end."""

    label: list[str]
    label_x: float
    label_y: float
    bar_x: float
    bar_y: float
    right: float


@dataclass(frozen=True)
class Rows:
    """All rows, and the field of their bars: from `left` to `right`, down to `bottom`."""

    LEADING: ClassVar[int] = 15

    rows: list[Row]
    left: float
    right: float
    top: float
    bottom: float

    @classmethod
    def of(cls, labels: list[str], form: Format, top: float, bar: float, numbers: float) -> "Rows":
        """Rows for these labels from `top` on, `bar` high each; `numbers` is the room at the right (`room_for`)."""
        left, room = (0.0, form.width) if form.narrow else (float(LABELS), LABELS - 14.0)
        rows, y = [], top
        for text in labels:
            label = wrap(text, room, SMALL)
            text_height = cls.LEADING * len(label)
            height = text_height + 3 + bar if form.narrow else max(bar, text_height + 6)
            middle = y + text_height + 3 + (bar - 6) / 2 if form.narrow else y + height / 2
            first = y + 12 if form.narrow else middle - cls.LEADING * (len(label) - 1) / 2 + 4
            rows.append(Row(label, 0.0, first, left, middle, form.width))
            y += height
        return cls(rows, left, form.width - numbers, top, y)


def room_for(numbers: list[str], least: float) -> float:
    """The room that numbers at the right need, with a gap before them; at least so much."""
    return max([least, *(text_width(text, SMALL) + 14 for text in numbers)])


def percent_axis(svg: Svg, rows: Rows, highest: float, title: str) -> float:
    """Grid and ticks from 0 % to the first step after `highest`; gives the pixels of 100 %."""
    step = next((step for step in (5, 10, 25) if highest * 100 <= step * 4), 25)
    last = step * max(1, -int(-highest * 100 // step))
    scale = (rows.right - rows.left) * 100 / last
    for percent in range(0, last + 1, step):
        x = rows.left + scale * percent / 100
        # Labels above their bars would stand on a dark line.
        svg.line(x, rows.top, x, rows.bottom + 4, "grid" if percent or not rows.left else "axis")
        svg.text(x, rows.bottom + 18, f"{percent}", "tick", "start" if not percent and not rows.left else "middle")
    svg.text((rows.left + rows.right) / 2, rows.bottom + 36, title, "axis-title", "middle")
    return scale
