"""Axes that several figures share: days as months along the bottom, with the patients at risk then."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from onco_registry.bulletin.figures.svg import Format, Svg
from onco_registry.bulletin.sections.estimates import DAYS_PER

DAYS_PER_MONTH = DAYS_PER["m"]
_STEPS = (1, 3, 6, 12, 24, 60, 120, 240)
# Room under a plot for ticks and title.
FOOT = 46


@dataclass(frozen=True)
class Time:
    """Days -> x, from `start` (0, or earlier where something began before the index date) to `days`."""

    left: float
    right: float
    days: float
    start: float = 0.0

    def __call__(self, days: float) -> float:
        """The x of a day."""
        return self.left + (self.right - self.left) * (days - self.start) / (self.days - self.start)


def ticks_until(months: float, most: int) -> list[int]:
    """At most `most` ticks in months: the last is the first that is not before the end of the data."""
    step = next((step for step in _STEPS if math.ceil(months / step) < most), _STEPS[-1])
    return [step * tick for tick in range(max(1, math.ceil(months / step)) + 1)]


def at_risk(points: Iterable[Mapping[str, Any]], days: float) -> int:
    """How many patients were at risk on a day, of a curve's points in order of time."""
    return next((int(point["at_risk"]) for point in points if point["time_days"] >= days), 0)


def most_ticks(form: Format) -> int:
    """How many ticks an axis as wide as the drawing has room for."""
    return 8 if form.narrow else 13


def month_axis(svg: Svg, time: Time, ticks: Iterable[int], base: float, title: str = "") -> None:
    """Ticks in months under the line at `base`, and the title under them."""
    for tick in ticks:
        x = time(tick * DAYS_PER_MONTH)
        svg.line(x, base, x, base + 5, "axis")
        svg.text(x, base + 19, f"{tick}", "tick", "middle")
    if title:
        svg.text((time.left + time.right) / 2, base + 38, title, "axis-title", "middle")
