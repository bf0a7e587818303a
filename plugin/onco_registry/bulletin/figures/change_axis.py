"""The axis of changes from baseline, with the limits of RECIST 1.1, as waterfall and spider have it."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from onco_registry.bulletin.catalogue import Catalogue
from onco_registry.bulletin.figures.svg import Format, Svg

LEFT, RIGHT = 54, 48
# RECIST 1.1 (Eur J Cancer 2009;45:228-247): partial response is a fall of 30 % or more from baseline,
# progression a rise of 20 % or more (from the nadir, which the line at +20 % cannot show: see the note).
THRESHOLDS = (0.2, -0.3)
# Growth beyond this is cut: otherwise one patient would flatten all others.
HIGHEST = 1.0


@dataclass(frozen=True)
class Change:
    """A change as a fraction -> y; `highest` lies at `top`, -1 at the bottom."""

    highest: float
    top: float
    height: float

    @classmethod
    def over(cls, changes: Iterable[float], top: float, height: float) -> "Change":
        """The axis that holds these changes, in steps of 20 %, from at least +40 % to at most `HIGHEST`."""
        highest = math.ceil(round(max(changes, default=0.0) * 5, 6)) / 5
        return cls(min(HIGHEST, max(0.4, highest)), top, height)

    def __call__(self, change: float) -> float:
        """The y of a change."""
        return self.top + (self.highest - min(change, self.highest)) * self.height / (self.highest + 1)


def draw_axis(svg: Svg, axis: Change, title: str, words: Catalogue, form: Format) -> None:
    """Grid, ticks and title."""
    svg.text(0, axis.top - 28, title, "axis-title")
    right = form.width - RIGHT
    for tick in range(-100, round(axis.highest * 100) + 1, 20):
        y = axis(tick / 100)
        svg.line(LEFT, y, right, y, "grid" if tick else "axis")
        svg.text(LEFT - 8, y + 4, signed(tick / 100, words), "tick", "end")


def draw_thresholds(svg: Svg, axis: Change, words: Catalogue, form: Format) -> None:
    """The limits as dashed lines with their value in the right margin."""
    right = form.width - RIGHT
    for threshold in THRESHOLDS:
        y = axis(threshold)
        svg.line(LEFT, y, right, y, "threshold")
        svg.text(right + 6, y + 4, signed(threshold, words), "threshold-text")


def signed(change: float, words: Catalogue) -> str:
    """0.2 -> '+20%', -0.3 -> '−30%'."""
    return ("+" if change > 0 else "") + words.percent(change, 0)
