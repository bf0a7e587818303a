"""Forest of response rates by stratum: points with exact intervals, no p-values."""

from typing import Any

from onco_registry.bulletin.catalogue import Catalogue
from onco_registry.bulletin.figures.lettering import wrap
from onco_registry.bulletin.figures.marks import SIZE
from onco_registry.bulletin.figures.svg import Format, Svg, polygon_path

TOP, AXIS, LEADING = 26, 44, 16
ROW_WIDE, ROW_NARROW, GROUP = 32, 46, 30
# Right edge of the counts in the wide drawing; the narrow one has them on the line of the label.
COUNTS_AT = 568
TICKS = range(0, 101, 25)
# More labels than these do not stand beside an interval.
MOST_MEMBERS = 3


def draw(strata: list[dict[str, Any]], overall: dict[str, Any] | None, words: Catalogue, form: Format) -> Svg:
    """One row per stratum with x/n, rate and interval; the overall rate as a last row and a dashed line."""
    rows = _rows(strata, overall, words)
    heights = [_height(row, form) for row in rows]
    top = TOP - 4 if form.narrow else TOP
    svg = Svg(
        f"forest-{form.name}", form.width, top + sum(heights) + AXIS, words("forest.figure"),
        words("forest.description", rows=sum(len(group["rows"]) for group in strata))
        + words("list.sentence")
        + words("list.comma").join(
            " ".join((row["label"], *_numbers(row["rate"], words))) for row in rows if "rate" in row
        ),
    )  # fmt: skip
    left, right = (8, form.width - 14) if form.narrow else (226, 506)
    reference = overall["estimate"] if overall else None
    _axis(svg, left, right, top + sum(heights), words)
    if not form.narrow:
        _guides(svg, left, right, top, top + sum(heights), reference)
    if overall:
        counts, rate = words("forest.counts"), words("forest.rate", level=words.level(overall))
        if not form.narrow:
            svg.text(COUNTS_AT, 12, counts, "axis-title", "end")
        svg.text(form.width, 12, f"{counts}\u2003{rate}" if form.narrow else rate, "axis-title", "end")
    y = float(top)
    for row, height in zip(rows, heights, strict=True):
        if "rate" in row:
            middle = _middle(row, y, form)
            if form.narrow:
                _guides(svg, left, right, middle - 11, middle + 11, reference)
            _interval(svg, left, right, middle, row["rate"], row["mark"])
            _texts(svg, y, middle, row, words, form)
        else:
            svg.lines(0, y + 20, _label(row, form), LEADING, "forest-group")
        y += height
    return svg


def _rows(strata: list[dict[str, Any]], overall: dict[str, Any] | None, words: Catalogue) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for group in strata:
        rows.append({"label": words.typeset(words.name("stratum", group["variable"], group["label"]))})
        rows += [{"label": words.typeset(_name(row, words)), "rate": row, "mark": ""} for row in group["rows"]]
    if overall:
        rows.append({"label": words("forest.overall"), "rate": overall, "mark": "-overall"})
    return rows


def _name(row: dict[str, Any], words: Catalogue) -> str:
    """A stratum's label; of a few that were put together, the label of each."""
    members = row.get("members", ())
    few = 0 < len(members) <= MOST_MEMBERS
    return words("list.comma").join(map(words.text, members)) if few else words.text(row["label"])


def _label(row: dict[str, Any], form: Format) -> list[str]:
    """The label in lines: those of a group have the whole width."""
    if "rate" not in row:
        return wrap(row["label"], form.width - 20, SIZE)
    return wrap(row["label"], 170 if form.narrow else 210, SIZE)


def _height(row: dict[str, Any], form: Format) -> float:
    one = GROUP if "rate" not in row else ROW_NARROW if form.narrow else ROW_WIDE
    return one + LEADING * (len(_label(row, form)) - 1)


def _middle(row: dict[str, Any], y: float, form: Format) -> float:
    """Height of a row's interval: under its label on a phone, beside it elsewhere."""
    height = _height(row, form)
    return y + height - 14 if form.narrow else y + height / 2


def _texts(svg: Svg, y: float, middle: float, row: dict[str, Any], words: Catalogue, form: Format) -> None:
    rate, mark, lines = row["rate"], row["mark"], _label(row, form)
    counts, numbers = _numbers(rate, words)
    if form.narrow:
        svg.lines(0, y + 16, lines, LEADING, f"forest-label{mark}")
        svg.text(form.width, y + 16, f"{counts}\u2003{numbers}", f"forest-numbers{mark}", "end")
        return
    svg.lines(0, middle - LEADING * (len(lines) - 1) / 2 + 4.5, lines, LEADING, f"forest-label{mark}")
    svg.text(COUNTS_AT, middle + 4.5, counts, f"forest-numbers{mark}", "end")
    svg.text(form.width, middle + 4.5, numbers, f"forest-numbers{mark}", "end")


def _numbers(rate: dict[str, Any], words: Catalogue) -> tuple[str, str]:
    """x/n, and the rate with its interval; what an edition withholds says so."""
    if rate["x"] is None or rate["n"] is None:
        return "", words("figure.withheld")
    value = words.value(rate)
    return f"{rate['x']}/{rate['n']}", value if rate["estimate"] is None else f"{value} ({words.interval(rate)})"


def _interval(svg: Svg, left: float, right: float, y: float, rate: dict[str, Any], mark: str) -> None:
    scale = right - left
    if rate["lower"] is not None and rate["upper"] is not None:
        low, high = left + scale * rate["lower"], left + scale * rate["upper"]
        svg.line(low, y, high, y, f"whisker{mark}")
        for end in (low, high):
            svg.line(end, y - 4, end, y + 4, f"whisker{mark}")
    if rate["estimate"] is not None:
        x = left + scale * rate["estimate"]
        # The area of the mark grows with the number of patients.
        size = min(7.0, 2.4 + 0.8 * rate["n"] ** 0.5)
        svg.path(polygon_path([(x - size, y), (x, y - size), (x + size, y), (x, y + size)]), f"point{mark}")


def _axis(svg: Svg, left: float, right: float, bottom: float, words: Catalogue) -> None:
    svg.line(left, bottom, right, bottom, "axis")
    for percent in TICKS:
        x = left + (right - left) * percent / 100
        svg.line(x, bottom, x, bottom + 5, "axis")
        svg.text(x, bottom + 18, f"{percent}", "tick", "middle")
    svg.text((left + right) / 2, bottom + 36, words("forest.axis"), "axis-title", "middle")


def _guides(svg: Svg, left: float, right: float, top: float, bottom: float, reference: float | None) -> None:
    for percent in TICKS:
        x = left + (right - left) * percent / 100
        svg.line(x, top, x, bottom, "grid")
    if reference is not None:
        x = left + (right - left) * reference
        svg.line(x, top, x, bottom, "reference")
