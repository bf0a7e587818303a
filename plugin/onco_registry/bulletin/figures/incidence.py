"""Cumulative incidence of adverse events beside competing events (Aalen and Johansen): a panel per kind of event."""

from dataclasses import dataclass
from typing import Any

from onco_registry.bulletin.catalogue import Catalogue
from onco_registry.bulletin.figures.axes import DAYS_PER_MONTH, Time, at_risk, month_axis, ticks_until
from onco_registry.bulletin.figures.lettering import wrap
from onco_registry.bulletin.figures.marks import SMALL
from onco_registry.bulletin.figures.svg import Format, Svg, polygon_path, step_path

# All of one axis, so that panels can be compared; those with the highest incidence where there are more.
MOST_PANELS = 9
PLOT, LEFT, RIGHT, GAP = 108, 30, 12, 18
# Months and patients at risk under a panel.
FOOT = 56
LEADING = 15
# So wide is a percentage.
VALUE = 34
TICKS = 5
# What is asked of all events comes first, then groups by incidence.
WHOLE = ("any", "severe")

Curve = dict[str, Any]


@dataclass(frozen=True)
class _Panel:
    label: str
    lines: list[str]
    curve: Curve


def draw(curves: list[Curve], words: Catalogue, form: Format) -> Svg:
    """One panel per curve, with its band and the patients at risk; it stops at the last day with enough of them."""
    kept = [curve for curve in curves if drawn(curve)]
    columns = 2 if form.narrow else 3
    width = (form.width - GAP * (columns - 1)) / columns
    panels = _panels(kept, words, width)
    top = 26.0
    rows = [panels[first : first + columns] for first in range(0, len(panels), columns)]
    headings = [max(len(panel.lines) for panel in row) * LEADING + 8 for row in rows]
    remark = wrap(_remark(kept, panels, words), form.width, SMALL)
    foot = top + sum(headings) + len(rows) * (PLOT + FOOT)
    svg = Svg(
        f"incidence-{form.name}", form.width, foot + 14 + 16 * len(remark), words("incidence.figure"),
        _description(panels, words),
    )  # fmt: skip
    svg.text(0, 12, words("incidence.axis"), "axis-title")
    ticks = ticks_until(max(curve["shown_until_days"] for curve in kept) / DAYS_PER_MONTH, TICKS)
    for row, heading in zip(rows, headings, strict=True):
        top += heading
        for column, panel in enumerate(row):
            x = column * (width + GAP)
            _panel(svg, panel, Time(x + LEFT, x + width - RIGHT, ticks[-1] * DAYS_PER_MONTH), top, ticks, words)
        top += PLOT + FOOT
    svg.lines(0, foot + 10, remark, 16, "remark")
    return svg


def drawn(curve: Curve) -> bool:
    """Whether any of the curve has enough patients at risk."""
    return bool(curve["shown_until_days"] > 0)


def _shown(curve: Curve) -> list[dict[str, Any]]:
    return [point for point in curve["points"] if point["time_days"] <= curve["shown_until_days"]]


def _last(curve: Curve) -> float:
    return max((point["incidence"] for point in _shown(curve)), default=0.0)


def _panels(curves: list[Curve], words: Catalogue, width: float) -> list[_Panel]:
    ordered = sorted(curves, key=lambda curve: (_rank(curve["kind"]), -_last(curve), curve["item"] or ""))
    named = [(words.name("groups.item", curve["item"] or curve["kind"], curve["label"]), curve) for curve in ordered]
    return [_Panel(label, wrap(label, width - 4, SMALL), curve) for label, curve in named[:MOST_PANELS]]


def _rank(kind: str) -> int:
    return WHOLE.index(kind) if kind in WHOLE else len(WHOLE)


def _remark(curves: list[Curve], panels: list[_Panel], words: Catalogue) -> str:
    text = words("incidence.months")
    more = words("incidence.more", shown=len(panels), all=len(curves))
    return f"{text} {more}" if len(curves) > len(panels) else text


def _description(panels: list[_Panel], words: Catalogue) -> str:
    listed = words("list.comma").join(f"{panel.label} {words.percent(_last(panel.curve), 0)}" for panel in panels)
    return words("incidence.description", curves=listed)


def _panel(svg: Svg, panel: _Panel, time: Time, top: float, ticks: list[int], words: Catalogue) -> None:
    left = time.left - LEFT
    svg.lines(left, top - 12 - LEADING * (len(panel.lines) - 1), panel.lines, LEADING, "panel-title")
    for percent in (0, 50, 100):
        y = _y(percent / 100, top)
        svg.line(time.left, y, time.right, y, "grid" if percent else "axis")
        svg.text(time.left - 6, y + 4, f"{percent}", "tick", "end")
    month_axis(svg, time, ticks, top + PLOT)
    for tick in ticks:
        days = tick * DAYS_PER_MONTH
        svg.text(time(days), top + PLOT + 37, words.number(at_risk(panel.curve["points"], days)), "risk", "middle")
    _band(svg, panel.curve, time, top)
    points = [(time(point["time_days"]), _y(point["incidence"], top)) for point in _shown(panel.curve)]
    svg.path(step_path([(time(0), _y(0, top)), *points]), "curve")
    _end(svg, panel.curve, points[-1], time.right, words)


def _end(svg: Svg, curve: Curve, last: tuple[float, float], right: float, words: Catalogue) -> None:
    """The incidence where the curve stops, beside its end, or above it where there is no room."""
    x, y = last
    beside = x + VALUE <= right + RIGHT
    svg.text(
        x + 5 if beside else right + RIGHT,
        y + 4 if beside else y - 6,
        words.percent(_last(curve), 0),
        "tick",
        "start" if beside else "end",
    )


def _y(incidence: float, top: float) -> float:
    return top + PLOT * (1 - incidence)


def _band(svg: Svg, curve: Curve, time: Time, top: float) -> None:
    lower, upper = [(time(0), _y(0, top))], [(time(0), _y(0, top))]
    for point in _shown(curve):
        if point["lower"] is not None and point["upper"] is not None:
            x = time(point["time_days"])
            for edge, value in ((lower, point["lower"]), (upper, point["upper"])):
                edge += [(x, edge[-1][1]), (x, _y(value, top))]
    if len(lower) > 1:
        svg.path(polygon_path(upper + lower[::-1]), "band")
