"""Survival known at the ends of intervals only, as the public edition tells it: points joined by straight lines."""

from typing import Any

from onco_registry.bulletin.catalogue import Catalogue
from onco_registry.bulletin.figures.axes import DAYS_PER_MONTH, Time, most_ticks, ticks_until
from onco_registry.bulletin.figures.kaplan_meier import (
    PLOT_HEIGHT,
    RIGHT,
    ROW,
    TOP,
    description,
    frame,
    median_lines,
    y_of,
)
from onco_registry.bulletin.figures.svg import Format, Svg, polygon_path, polyline_path

TABLE_ROWS = ("day", "at_risk", "events", "censored")
# So far apart are two columns of the table at least.
COLUMN = 44


def draw(entry: dict[str, Any], words: Catalogue, form: Format) -> Svg:
    """One endpoint of the survival section of a public document.

    The table has columns at ends of intervals: patients at risk after it, events and censorings until it.
    """
    curve, name = entry["curve"], entry["endpoint"]
    ticks = ticks_until(curve["shown_until_days"] / DAYS_PER_MONTH, most_ticks(form))
    time = Time(76 if form.narrow else 84, form.width - RIGHT, ticks[-1] * DAYS_PER_MONTH)
    title = words.name("endpoint", name, entry["label"])
    svg = Svg(
        f"km-{name}-{form.name}", form.width, TOP + PLOT_HEIGHT + 66 + ROW * len(TABLE_ROWS),
        words("km.figure", endpoint=title), description(entry, title, words),
    )  # fmt: skip
    frame(svg, time, ticks, name, words)
    _band(svg, time, curve["points"], name)
    spots = [(time(point["time_days"]), y_of(point["survival"])) for point in curve["points"]]
    svg.path(polyline_path(spots), f"curve curve-{name}")
    for x, y in spots:
        svg.circle(x, y, 3, "point")
    median_lines(svg, time, entry, words)
    _table(svg, time, curve["points"], words)
    return svg


def _band(svg: Svg, time: Time, points: list[dict[str, Any]], name: str) -> None:
    limits = [
        (time(point["time_days"]), y_of(point["lower"]), y_of(point["upper"]))
        for point in points
        if point["lower"] is not None and point["upper"] is not None
    ]
    if len(limits) > 1:
        upper, lower = [(x, high) for x, _, high in limits], [(x, low) for x, low, _ in limits]
        svg.path(polygon_path(upper + lower[::-1]), f"band band-{name}")


def _table(svg: Svg, time: Time, points: list[dict[str, Any]], words: Catalogue) -> None:
    top = y_of(0) + 66
    for row, name in enumerate(TABLE_ROWS):
        svg.text(0, top + row * ROW, words(f"km.{name}"), "risk-name")
    for column in _columns(time, points):
        for row, name in enumerate(TABLE_ROWS):
            mark = f"risk risk-{name}"
            svg.text(time(column[0]), top + row * ROW, words.number(column[row]), mark, "middle")


def _columns(time: Time, points: list[dict[str, Any]]) -> list[tuple[int, int, int, int]]:
    """(day, at risk after it, events and censorings until it), thinned from the last, which always stands."""
    columns, events, censored = [], 0, 0
    for point in points:
        events, censored = events + point["events"], censored + point["censored"]
        columns.append((point["time_days"], points[0]["at_risk"] - events - censored, events, censored))
    kept = [columns.pop()]
    for column in reversed(columns):
        if time(kept[-1][0]) - time(column[0]) >= COLUMN:
            kept.append(column)
    return kept[::-1]
