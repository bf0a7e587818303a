"""Kaplan-Meier curve with confidence band, censor ticks and the numbers at risk under the same axis."""

import math
from dataclasses import dataclass
from typing import Any

from onco_registry.bulletin.catalogue import Catalogue
from onco_registry.bulletin.sections.estimates import DAYS_PER
from onco_registry.bulletin.svg import Format, Svg, polygon_path, step_path, text_width

DAYS_PER_MONTH = DAYS_PER["m"]
PLOT_HEIGHT, TOP, RIGHT = 280, 30, 16
ROW = 18
TABLE_ROWS = ("at_risk", "events", "censored")


@dataclass(frozen=True)
class _Axes:
    left: float
    right: float
    days: float

    def x(self, days: float) -> float:
        return self.left + (self.right - self.left) * days / self.days

    def y(self, survival: float) -> float:
        return TOP + PLOT_HEIGHT * (1 - survival)


def draw(entry: dict[str, Any], words: Catalogue, form: Format) -> Svg:
    """One endpoint of the document's survival section.

    The curve stops at the document's shown_until_days, the axis and the table at the first tick after; at_risk counts
    patients at risk at a tick, events and censored those before it, so the three add up to all patients.
    """
    curve, name = entry["curve"], entry["endpoint"]
    ticks = ticks_until(curve["shown_until_days"] / DAYS_PER_MONTH, form)
    axes = _Axes(76 if form.narrow else 84, form.width - RIGHT, ticks[-1] * DAYS_PER_MONTH)
    title = words.name("endpoint", name, entry["label"])
    svg = Svg(
        f"km-{name}-{form.name}", form.width, TOP + PLOT_HEIGHT + 66 + ROW * len(TABLE_ROWS),
        words("km.figure", endpoint=title), _description(entry, title, words),
    )  # fmt: skip
    _frame(svg, axes, ticks, words, words.name("km.axis", name, title))
    shown = [point for point in curve["points"] if point["time_days"] <= curve["shown_until_days"]]
    _band(svg, axes, shown, name)
    _median(svg, axes, entry, words)
    _curve(svg, axes, shown, curve["shown_until_days"], name)
    _table(svg, axes, curve["points"], ticks, words)
    return svg


def drawn(entry: dict[str, Any]) -> bool:
    """Whether enough patients are at risk for any of the curve to be drawn."""
    return bool(entry["curve"]["shown_until_days"] > 0)


def ticks_until(months: float, form: Format) -> list[int]:
    """The ticks of the axis, in months: the last is the first that is not before the end of the curve."""
    most = 8 if form.narrow else 13
    step = next(step for step in (1, 3, 6, 12, 24, 60, 120) if math.ceil(months / step) < most)
    return [step * tick for tick in range(max(1, math.ceil(months / step)) + 1)]


def events_until(entry: dict[str, Any], days: float) -> int | None:
    """How many patients had the event of an endpoint at this time or before; None without a curve to count on."""
    points = entry["curve"]["points"]
    return sum(int(point["events"]) for point in points if point["time_days"] <= days) if points else None


def _description(entry: dict[str, Any], title: str, words: Catalogue) -> str:
    median = _median_estimate(entry)
    if median is None:
        return title
    return words(
        "km.description", endpoint=title, patients=words.patients(median["n"]), events=median["events"],
        median=words.value(median), level=words.level(median), interval=words.interval(median),
    )  # fmt: skip


def _frame(svg: Svg, axes: _Axes, ticks: list[int], words: Catalogue, title: str) -> None:
    svg.text(0, 12, title, "axis-title")
    for percent in range(0, 101, 25):
        y = axes.y(percent / 100)
        svg.line(axes.left, y, axes.right, y, "axis" if percent == 0 else "grid")
        svg.text(axes.left - 9, y + 4, f"{percent}", "tick", "end")
    base = axes.y(0)
    for tick in ticks:
        x = axes.x(tick * DAYS_PER_MONTH)
        svg.line(x, base, x, base + 5, "axis")
        svg.text(x, base + 19, f"{tick}", "tick", "middle")
    svg.text((axes.left + axes.right) / 2, base + 38, words("km.months"), "axis-title", "middle")


def _band(svg: Svg, axes: _Axes, points: list[dict[str, Any]], name: str) -> None:
    lower, upper = [(axes.x(0), axes.y(1))], [(axes.x(0), axes.y(1))]
    for point in points:
        # Before the first event no limits are defined, and nothing is uncertain of what is drawn.
        limits = (1.0, 1.0) if point["survival"] == 1 else (point["lower"], point["upper"])
        if None in limits:
            break
        x = axes.x(point["time_days"])
        for edge, value in zip((lower, upper), limits, strict=True):
            edge += [(x, edge[-1][1]), (x, axes.y(value))]
    if any(y > axes.y(1) for _, y in lower):
        svg.path(polygon_path(upper + lower[::-1]), f"band band-{name}")


def _median_estimate(entry: dict[str, Any]) -> dict[str, Any] | None:
    """The median with the default interval, which stands first among the endpoint's estimates."""
    measure = f"{entry['endpoint']}_median"
    return next((row for row in entry["estimates"] if row["measure"] == measure), None)


def _median(svg: Svg, axes: _Axes, entry: dict[str, Any], words: Catalogue) -> None:
    """Drop lines at one half, where the median lies on the drawn part of the curve."""
    median = _median_estimate(entry)
    if median is None or median["estimate"] is None:
        return
    days = median["estimate"] * DAYS_PER_MONTH
    if days > entry["curve"]["shown_until_days"] + 1:
        return
    x, y, base = axes.x(days), axes.y(0.5), axes.y(0)
    svg.path(f"M{axes.left} {y:.2f}H{x:.2f}V{base:.2f}", "median")
    label = words("km.median", median=words.value(median))
    if x + 7 + text_width(label, 12) < axes.right:
        svg.text(x + 7, base - 9, label, "median-text")
    else:
        svg.text(x - 7, base - 9, label, "median-text", "end")


def _curve(svg: Svg, axes: _Axes, points: list[dict[str, Any]], end: float, name: str) -> None:
    steps = [(axes.x(point["time_days"]), axes.y(point["survival"])) for point in points]
    svg.path(step_path([(axes.x(0), axes.y(1)), *steps, (axes.x(end), steps[-1][1] if steps else axes.y(1))]),
             f"curve curve-{name}")  # fmt: skip
    for point in points:
        if point["censored"]:
            x, y = axes.x(point["time_days"]), axes.y(point["survival"])
            svg.line(x, y - 5, x, y + 5, f"censor curve-{name}")


def _table(svg: Svg, axes: _Axes, points: list[dict[str, Any]], ticks: list[int], words: Catalogue) -> None:
    top = axes.y(0) + 66
    for row, column in enumerate(TABLE_ROWS):
        y = top + (row + (0.5 if row else 0)) * ROW
        svg.text(0, y, words(f"km.{column}"), "risk-name")
        for tick in ticks:
            count = _count(points, column, tick * DAYS_PER_MONTH)
            svg.text(axes.x(tick * DAYS_PER_MONTH), y, f"{count}", f"risk risk-{column}", "middle")


def _count(points: list[dict[str, Any]], column: str, days: float) -> int:
    if column == "at_risk":
        return next((int(point["at_risk"]) for point in points if point["time_days"] >= days), 0)
    return sum(int(point[column]) for point in points if point["time_days"] < days)
