"""Spider: change of the sum of target lesions over time, one unnamed line per patient, by best response."""

from collections import Counter
from functools import partial
from itertools import pairwise
from typing import Any

from onco_registry.bulletin.catalogue import Catalogue
from onco_registry.bulletin.figures import legend
from onco_registry.bulletin.figures.axes import DAYS_PER_MONTH, FOOT, Time, month_axis, most_ticks, ticks_until
from onco_registry.bulletin.figures.change_axis import HIGHEST, LEFT, RIGHT, Change, draw_axis, draw_thresholds, signed
from onco_registry.bulletin.figures.response_marks import in_order, marker
from onco_registry.bulletin.figures.svg import Format, Svg, polyline_path

PLOT, HEAD = 320, 48
# With more lines than this only their ends carry a marker, and lines are thinner.
MANY = 40
UNKNOWN = "NE"

Line = list[tuple[float, float]]


def draw(patients: list[dict[str, Any]], words: Catalogue, form: Format) -> Svg:
    """Lines from the baseline, which stands at 0; growth beyond 100 % leaves the plot at an arrow, and is said."""
    counts = Counter(_response(patient) for patient in patients)
    items = [
        legend.Item(f"{words.name('response', name)} {counts[name]}", partial(_key, name)) for name in in_order(counts)
    ]
    top = legend.height(items, form.width) + HEAD
    svg = Svg(
        f"spider-{form.name}", form.width, top + PLOT + FOOT, words("spider.figure"), _description(patients, words)
    )
    legend.draw(svg, items, form.width)
    changes = [point["change"] for patient in patients for point in patient["points"]]
    axis = Change.over(changes, top, PLOT)
    draw_axis(svg, axis, words("spider.axis"), words, form)
    last = max((point["day"] for patient in patients for point in patient["points"]), default=0)
    ticks = ticks_until(last / DAYS_PER_MONTH, most_ticks(form))
    time = Time(LEFT, form.width - RIGHT, ticks[-1] * DAYS_PER_MONTH)
    month_axis(svg, time, ticks, axis(-1), words("km.months"))
    # The rarest responses are drawn last, so that the many do not hide them.
    for patient in sorted(patients, key=lambda patient: -counts[_response(patient)]):
        _patient(svg, time, axis, patient, len(patients) > MANY)
    draw_thresholds(svg, axis, words, form)
    _cut(svg, patients, words, form, top)
    return svg


def _response(patient: dict[str, Any]) -> str:
    return patient["response"] or UNKNOWN


def _description(patients: list[dict[str, Any]], words: Catalogue) -> str:
    changes = [point["change"] for patient in patients for point in patient["points"]] or [0.0]
    return words(
        "spider.description", patients=words.patients(len(patients)),
        least=signed(min(changes), words), most=signed(max(changes), words),
    )  # fmt: skip


def _key(name: str, svg: Svg, x: float, middle: float) -> None:
    svg.line(x, middle, x + 16, middle, f"line-{name}")
    marker(svg, x + 8, middle, 4, name)


def _patient(svg: Svg, time: Time, axis: Change, patient: dict[str, Any], many: bool) -> None:
    name, points = _response(patient), [(max(0.0, point["day"]), point["change"]) for point in patient["points"]]
    for piece in pieces(points, HIGHEST):
        path = polyline_path([(time(day), axis(change)) for day, change in piece])
        svg.path(path, f"line-{name}{' line-thin' if many else ''}")
        # Where the line leaves the plot, an arrow says that it goes on.
        if piece[-1] not in points:
            x, y = time(piece[-1][0]), axis(HIGHEST)
            svg.path(f"M{x - 4:.2f} {y - 1:.2f}h8l-4 -7Z", f"marker-{name}")
    for day, change in points[-1:] if many else points[1:]:
        if change <= HIGHEST:
            marker(svg, time(day), axis(change), 3 if many else 3.4, name)


def pieces(points: Line, highest: float) -> list[Line]:
    """The parts of a line through (day, change) that lie at or under `highest`, cut where the line crosses it."""
    found: list[Line] = [[]]
    for point in points[:1]:
        if point[1] <= highest:
            found[-1].append(point)
    for before, after in pairwise(points):
        inside = before[1] <= highest, after[1] <= highest
        if inside[0] != inside[1]:
            share = (highest - before[1]) / (after[1] - before[1])
            crossing = (before[0] + share * (after[0] - before[0]), highest)
            if inside[1]:
                found.append([])
            found[-1].append(crossing)
        if inside[1]:
            found[-1].append(after)
    return [piece for piece in found if piece]


def _cut(svg: Svg, patients: list[dict[str, Any]], words: Catalogue, form: Format, top: float) -> None:
    highest = [max((point["change"] for point in patient["points"]), default=0.0) for patient in patients]
    beyond = [change for change in highest if change > HIGHEST]
    if beyond:
        text = words("waterfall.cut", count=len(beyond), largest=signed(max(beyond), words))
        svg.text(form.width - RIGHT, top - 12, text, "tick", "end")
