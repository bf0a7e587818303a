"""Swimmer: one unnamed row per patient with the time on each component, responses, progression and death."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from onco_registry.bulletin.catalogue import Catalogue
from onco_registry.bulletin.figures import legend, swimmer_marks
from onco_registry.bulletin.figures.axes import DAYS_PER_MONTH, FOOT, Time, month_axis, most_ticks, ticks_until
from onco_registry.bulletin.figures.lettering import text_width
from onco_registry.bulletin.figures.marks import SMALLEST
from onco_registry.bulletin.figures.response_marks import declare_hatches, in_order, marker, swatch
from onco_registry.bulletin.figures.svg import Format, Svg
from onco_registry.bulletin.figures.swimmer_marks import arrow, changes, component, cross, declare_components, ongoing

RIGHT, HEAD = 20, 30
# As many rows as a page can show; of more patients, this many are drawn, evenly spaced in the order of their times.
MOST_ROWS = 80
HIGHEST_ROW, LOWEST_ROW, ROOM = 20.0, 8.0, 640.0
# Rows lower than this have no room for a line of text: the best response is then a swatch alone.
ROW_OF_TEXT = 14.0
# Treatment that began before the index date is shown as far back as this share of the longest time.
BEFORE = 0.15


@dataclass(frozen=True)
class _Row:
    y: float
    height: float

    @property
    def middle(self) -> float:
        return self.y + self.height / 2

    @property
    def mark(self) -> float:
        """The radius of a marker."""
        return min(4.6, self.height * 0.36)


def draw(patients: list[dict[str, Any]], words: Catalogue, form: Format) -> Svg:
    """Rows from the longest time until death or last contact to the shortest."""
    shown = chosen(patients)
    components = _components(shown)
    names = in_order(patient["response"] for patient in shown)
    items = swimmer_marks.items(shown, components, words)
    height = max(LOWEST_ROW, min(HIGHEST_ROW, ROOM / len(shown)))
    top = legend.height(items, form.width) + HEAD
    bottom = top + height * len(shown) + 4
    svg = Svg(f"swimmer-{form.name}", form.width, bottom + FOOT, words("swimmer.figure"), _description(patients, words))
    declare_hatches(svg, names)
    declare_components(svg, len(components))
    legend.draw(svg, items, form.width)
    svg.text(0, top - 9, _order(patients, shown, words), "axis-title")
    left = _left(names, height)
    time = _time(svg, shown, left, (top, bottom), words, form)
    for index, patient in enumerate(shown):
        row = _Row(top + index * height, height)
        _label(svg, patient["response"], row, left)
        _patient(svg, time, patient, list(components), row)
    return svg


def chosen(patients: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The patients drawn, the longest time first: all, or `MOST_ROWS` evenly spaced in that order."""
    ordered = sorted(patients, key=lambda patient: -patient["days"])
    if len(ordered) <= MOST_ROWS:
        return ordered
    return [ordered[round(row * (len(ordered) - 1) / (MOST_ROWS - 1))] for row in range(MOST_ROWS)]


def _components(patients: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Labels by component, in the order of the names: the order of the lanes in a row."""
    found = {part["component"]: part["label"] for patient in patients for part in patient["treatment"]}
    return dict(sorted(found.items()))


def _order(patients: list[dict[str, Any]], shown: list[dict[str, Any]], words: Catalogue) -> str:
    if len(patients) == 1:
        return words.patients(1)
    if len(shown) == len(patients):
        return words("swimmer.order", patients=words.patients(len(patients)))
    return words("swimmer.sample", shown=len(shown), patients=words.patients(len(patients)))


def _description(patients: list[dict[str, Any]], words: Catalogue) -> str:
    return words(
        "swimmer.description", patients=words.patients(len(patients)),
        ongoing=sum(ongoing(patient) for patient in patients),
        progressed=sum(patient["progression"] is not None for patient in patients),
        died=sum(patient["death"] is not None for patient in patients),
    )  # fmt: skip


def _left(names: list[str], height: float) -> float:
    if height < ROW_OF_TEXT:
        return 20
    return 20 + max((text_width(name, SMALLEST) for name in names), default=0) + 8


def _time(
    svg: Svg, patients: list[dict[str, Any]], left: float, span: tuple[float, float], words: Catalogue, form: Format
) -> Time:
    longest = max(1, *map(_last_day, patients))
    first = min((part["from"] for patient in patients for part in patient["treatment"]), default=0)
    ticks = ticks_until(longest / DAYS_PER_MONTH, most_ticks(form))
    days = ticks[-1] * DAYS_PER_MONTH
    time = Time(left, form.width - RIGHT, days, min(0.0, max(first, -BEFORE * days)))
    for tick in ticks:
        x = time(tick * DAYS_PER_MONTH)
        svg.line(x, span[0], x, span[1], "grid" if tick else "axis")
    svg.line(time.left, span[1], time.right, span[1], "axis")
    month_axis(svg, time, ticks, span[1], words("km.months"))
    return time


def _last_day(patient: dict[str, Any]) -> float:
    """The last day of anything drawn: a dose or a scan may be dated after the day last known alive."""
    days = [patient["days"], *(part["to"] for part in patient["treatment"]), *(day for day, _ in changes(patient))]
    return float(max(days))


def _label(svg: Svg, response: str | None, row: _Row, left: float) -> None:
    if response is None:
        return
    size = min(12.0, row.height - 2)
    swatch(svg, 0, row.middle - size / 2, 12, size, response)
    if row.height >= ROW_OF_TEXT:
        svg.text(left - 8, row.middle + 4, response, "bar-label", "end")


def _patient(svg: Svg, time: Time, patient: dict[str, Any], components: list[str], row: _Row) -> None:
    end = time(patient["days"])
    svg.line(time(0), row.middle, end, row.middle, "follow-up")
    lane = (row.height - 2) * 0.8 / max(1, len(components))
    for part in patient["treatment"]:
        _segment(svg, time, part, components.index(part["component"]), lane, row)
    for day, name in changes(patient):
        marker(svg, time(max(day, time.start)), row.middle, row.mark, name)
    if patient["death"] is not None:
        cross(svg, time(patient["death"]), row.middle, row.mark)
    elif ongoing(patient):
        arrow(svg, end, row.middle, row.mark)
    else:
        svg.line(end, row.middle - row.mark, end, row.middle + row.mark, "follow-up")


def _segment(svg: Svg, time: Time, part: dict[str, Any], lane: int, height: float, row: _Row) -> None:
    start = max(part["from"], time.start)
    if part["to"] < start:
        return
    y = row.y + 1 + (row.height - 2) * 0.1 + lane * height
    width = max(1.5, time(part["to"]) - time(start))
    component(svg, time(start), y, width, max(1.5, height - min(1.0, height * 0.2)), lane)
