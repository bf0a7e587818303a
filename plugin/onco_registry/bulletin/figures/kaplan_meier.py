"""Kaplan-Meier curve with confidence band, censor ticks and the numbers at risk under the same axis."""

from typing import Any

from onco_registry.bulletin.catalogue import Catalogue
from onco_registry.bulletin.figures.axes import DAYS_PER_MONTH, Time, at_risk, month_axis, most_ticks, ticks_until
from onco_registry.bulletin.figures.lettering import text_width
from onco_registry.bulletin.figures.marks import SMALL
from onco_registry.bulletin.figures.svg import Format, Svg, polygon_path, step_path

PLOT_HEIGHT, TOP, RIGHT = 280, 30, 16
ROW = 18
TABLE_ROWS = ("at_risk", "events", "censored")


def draw(entry: dict[str, Any], words: Catalogue, form: Format) -> Svg:
    """One endpoint of the document's survival section, with a tick where patients are censored.

    The curve stops at the document's shown_until_days, the axis and the table at the first tick after; at_risk counts
    patients at risk at a tick, events and censored those before it, so the three add up to all patients.
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
    shown = [point for point in curve["points"] if point["time_days"] <= curve["shown_until_days"]]
    _band(svg, time, shown, name)
    _curve(svg, time, shown, curve["shown_until_days"], name)
    _censorings(svg, time, shown, name)
    median_lines(svg, time, entry, words)
    _table(svg, time, curve["points"], ticks, words)
    return svg


def drawn(entry: dict[str, Any]) -> bool:
    """Whether enough patients are at risk for any of the curve to be drawn."""
    return bool(entry["curve"]["shown_until_days"])


def y_of(survival: float) -> float:
    """The height of a probability in the plot."""
    return TOP + PLOT_HEIGHT * (1 - survival)


def description(entry: dict[str, Any], title: str, words: Catalogue) -> str:
    """What the figure shows, for those who cannot see it."""
    median = _median_estimate(entry)
    if median is None:
        return title
    return words(
        "km.description", endpoint=title, patients=words.patients(median["n"]), events=median["events"],
        median=words.value(median), level=words.level(median), interval=words.interval(median),
    )  # fmt: skip


def frame(svg: Svg, time: Time, ticks: list[int], name: str, words: Catalogue) -> None:
    """Axes, grid and their titles."""
    svg.text(0, 12, words.name("state", name, words("state.other")) + words.brackets("%"), "axis-title")
    for percent in range(0, 101, 25):
        y = y_of(percent / 100)
        svg.line(time.left, y, time.right, y, "axis" if percent == 0 else "grid")
        svg.text(time.left - 9, y + 4, f"{percent}", "tick", "end")
    month_axis(svg, time, ticks, y_of(0), words.name("km.start", name, words("km.months")))


def _band(svg: Svg, time: Time, points: list[dict[str, Any]], name: str) -> None:
    lower, upper = [(time(0), y_of(1))], [(time(0), y_of(1))]
    for point in points:
        # Before the first event no limits are defined, and nothing is uncertain of what is drawn.
        limits = (1.0, 1.0) if point["survival"] == 1 else (point["lower"], point["upper"])
        if None in limits:
            break
        x = time(point["time_days"])
        for edge, value in zip((lower, upper), limits, strict=True):
            edge += [(x, edge[-1][1]), (x, y_of(value))]
    if any(y > y_of(1) for _, y in lower):
        svg.path(polygon_path(upper + lower[::-1]), f"band band-{name}")


def _median_estimate(entry: dict[str, Any]) -> dict[str, Any] | None:
    """The median with the default interval, which stands first among the endpoint's estimates."""
    measure = f"{entry['endpoint']}_median"
    return next((row for row in entry["estimates"] if row["measure"] == measure and row["n"] is not None), None)


def median_lines(svg: Svg, time: Time, entry: dict[str, Any], words: Catalogue) -> None:
    """Drop lines at one half, where the median lies on the drawn part of the curve."""
    median = _median_estimate(entry)
    if median is None or median["estimate"] is None:
        return
    days = median["estimate"] * DAYS_PER_MONTH
    if days > entry["curve"]["shown_until_days"] + 1:
        return
    x, y, base = time(days), y_of(0.5), y_of(0)
    svg.path(f"M{time.left} {y:.2f}H{x:.2f}V{base:.2f}", "median")
    label = words("km.median", median=words.value(median))
    if x + 7 + text_width(label, SMALL) < time.right:
        svg.text_on_marks(x + 7, base - 9, label, "median-text")
    else:
        svg.text_on_marks(x - 7, base - 9, label, "median-text", "end")


def _curve(svg: Svg, time: Time, points: list[dict[str, Any]], end: float, name: str) -> None:
    steps = [(time(point["time_days"]), y_of(point["survival"])) for point in points]
    start = (time(0), y_of(1))
    svg.path(step_path([start, *steps, (time(end), steps[-1][1] if steps else y_of(1))]), f"curve curve-{name}")


def _censorings(svg: Svg, time: Time, points: list[dict[str, Any]], name: str) -> None:
    for point in points:
        if point["censored"]:
            x, y = time(point["time_days"]), y_of(point["survival"])
            svg.line(x, y - 5, x, y + 5, f"censor censor-{name}")


def _table(svg: Svg, time: Time, points: list[dict[str, Any]], ticks: list[int], words: Catalogue) -> None:
    top = y_of(0) + 66
    for row, column in enumerate(TABLE_ROWS):
        y = top + (row + (0.5 if row else 0)) * ROW
        svg.text(0, y, words(f"km.{column}"), "risk-name")
        for tick in ticks:
            count = _count(points, column, tick * DAYS_PER_MONTH)
            svg.text(time(tick * DAYS_PER_MONTH), y, words.number(count), f"risk risk-{column}", "middle")


def _count(points: list[dict[str, Any]], column: str, days: float) -> int:
    if column == "at_risk":
        return at_risk(points, days)
    return sum(int(point[column]) for point in points if point["time_days"] < days)
