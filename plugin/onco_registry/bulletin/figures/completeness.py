"""Completeness: for how many patients or records each item is known, as bars of x/n."""

from typing import Any

from onco_registry.bulletin.catalogue import Catalogue
from onco_registry.bulletin.figures.rows import Row, Rows, percent_axis, room_for
from onco_registry.bulletin.figures.svg import Format, Svg

BAR, TOP = 12.0, 26.0
NUMBERS = 128


def draw(items: list[dict[str, Any]], words: Catalogue, form: Format) -> Svg:
    """A bar per item in the document's order; an item whose counts are withheld keeps its row and says so."""
    labels = [words.typeset(words.item(item["item"], item["label"])) for item in items]
    numbers = [_numbers(item, words) for item in items]
    rows = Rows.of(labels, form, TOP, BAR + 12, room_for(numbers, NUMBERS))
    svg = Svg(
        f"completeness-{form.name}", form.width, rows.bottom + 46, words("completeness.figure"),
        words("list.comma").join(map(" ".join, zip(labels, numbers, strict=True))),
    )  # fmt: skip
    svg.text(form.width, 12, words("completeness.known"), "axis-title", "end")
    scale = percent_axis(svg, rows, 1.0, words("completeness.axis"))
    for item, text, row in zip(items, numbers, rows.rows, strict=True):
        svg.lines(row.label_x, row.label_y, row.label, Rows.LEADING, "row-label")
        _bar(svg, item, row, scale)
        svg.text(row.right, row.bar_y + 4, text, "row-number", "end")
    return svg


def _bar(svg: Svg, item: dict[str, Any], row: Row, scale: float) -> None:
    if item["x"] is None:
        return
    svg.rect(row.bar_x, row.bar_y - BAR / 2, scale, BAR, "track")
    if item["x"] and item["n"]:
        svg.rect(row.bar_x, row.bar_y - BAR / 2, scale * item["x"] / item["n"], BAR, "known")


def _numbers(item: dict[str, Any], words: Catalogue) -> str:
    if item["x"] is None or item["n"] is None:
        return words("figure.withheld")
    return f"{words.number(item['x'])}/{words.number(item['n'])}\u2002{words.share(item['x'], item['n'], 0)}"
