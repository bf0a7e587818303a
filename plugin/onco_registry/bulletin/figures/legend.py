"""A legend above a drawing: keys with their words, in as many lines as they need."""

from collections.abc import Callable
from dataclasses import dataclass

from onco_registry.bulletin.figures.lettering import text_width, wrap
from onco_registry.bulletin.figures.marks import SMALL
from onco_registry.bulletin.figures.svg import Svg

LINE, LEADING, KEY, GAP = 20, 15, 20, 16


@dataclass(frozen=True)
class Item:
    """A word of the legend and how its key is drawn, given the left and the middle of a field 14 px wide."""

    label: str
    key: Callable[[Svg, float, float], None]

    def words(self, width: float) -> list[str]:
        """The label in lines that leave room for the key."""
        return wrap(self.label, width - KEY, SMALL)


def height(items: list[Item], width: float) -> float:
    """The height of the legend, 0 without items."""
    return sum(_height(line, width) for line in _arranged(items, width))


def draw(svg: Svg, items: list[Item], width: float) -> None:
    """Draws the legend at the top of the drawing."""
    middle = LINE / 2 - 1
    for line in _arranged(items, width):
        x = 0.0
        for item in line:
            item.key(svg, x, middle)
            svg.lines(x + KEY, middle + 4.5, item.words(width), LEADING, "legend")
            x += _width(item, width) + GAP
        middle += _height(line, width)


def _arranged(items: list[Item], width: float) -> list[list[Item]]:
    """The items in lines that are no wider than `width`."""
    lines: list[list[Item]] = []
    free = 0.0
    for item in items:
        if not lines or _width(item, width) > free:
            lines.append([])
            free = width
        lines[-1].append(item)
        free -= _width(item, width) + GAP
    return lines


def _width(item: Item, width: float) -> float:
    return KEY + max(text_width(line, SMALL) for line in item.words(width))


def _height(line: list[Item], width: float) -> float:
    return LINE + LEADING * (max(len(item.words(width)) for item in line) - 1)
