"""Waterfall: one unnamed bar per patient, best change of the sum of target lesions, coloured by response."""

from collections import Counter
from typing import Any

from onco_registry.bulletin.catalogue import Catalogue
from onco_registry.bulletin.figures import legend
from onco_registry.bulletin.figures.change_axis import (
    HIGHEST,
    LEFT,
    RIGHT,
    THRESHOLDS,
    Change,
    draw_axis,
    draw_thresholds,
    signed,
)
from onco_registry.bulletin.figures.lettering import text_width
from onco_registry.bulletin.figures.marks import SMALLEST
from onco_registry.bulletin.figures.response_marks import declare_hatches, in_order, swatch, swatches
from onco_registry.bulletin.figures.svg import Format, Svg

PLOT, HEAD, BOTTOM = 304, 48, 12
WIDEST_BAR = 40


def draw(bars: list[dict[str, Any]], words: Catalogue, form: Format) -> Svg:
    """Bars from the largest growth to the largest shrinkage; growth beyond 100 % is cut, and said to be."""
    counts = Counter(str(bar["response"]) for bar in bars)
    names = in_order(counts)
    items = swatches(names, words, counts)
    top = legend.height(items, form.width) + HEAD
    svg = Svg(
        f"waterfall-{form.name}", form.width, top + PLOT + BOTTOM, words("waterfall.figure"), _description(bars, words)
    )
    declare_hatches(svg, names)
    legend.draw(svg, items, form.width)
    axis = Change.over([bar["change"] for bar in bars], top, PLOT)
    draw_axis(svg, axis, words("waterfall.axis_short" if form.narrow else "waterfall.axis"), words, form)
    slot = (form.width - LEFT - RIGHT) / len(bars)
    for index, bar in enumerate(bars):
        _bar(svg, axis, LEFT + index * slot, slot, bar)
    draw_thresholds(svg, axis, words, form)
    _cut(svg, bars, words, form, top)
    return svg


def _description(bars: list[dict[str, Any]], words: Catalogue) -> str:
    shrunk = sum(bar["change"] <= THRESHOLDS[1] for bar in bars)
    first, last = (signed(bar["change"], words) for bar in (bars[0], bars[-1]))
    return words("waterfall.description", patients=words.patients(len(bars)), shrunk=shrunk, first=first, last=last)


def _bar(svg: Svg, axis: Change, x: float, slot: float, bar: dict[str, Any]) -> None:
    zero, end = axis(0), axis(bar["change"])
    width = min(slot - min(3.0, slot * 0.2), WIDEST_BAR)
    left = x + (slot - width) / 2
    # A change of 0 still shows that the patient was measured.
    swatch(svg, left, min(zero, end), width, max(abs(end - zero), 2), bar["response"])
    if bar["change"] > HIGHEST:
        svg.path(f"M{left:.2f} {end + 9:.2f}L{left + width:.2f} {end + 5:.2f}", "break")
    if text_width(bar["response"], SMALLEST) <= slot:
        svg.text(x + slot / 2, zero + (14 if bar["change"] > 0 else -6), bar["response"], "bar-label", "middle")


def _cut(svg: Svg, bars: list[dict[str, Any]], words: Catalogue, form: Format, top: float) -> None:
    count = sum(bar["change"] > HIGHEST for bar in bars)
    if count:
        text = words("waterfall.cut", count=count, largest=signed(bars[0]["change"], words))
        svg.text(form.width - RIGHT, top - 10, text, "tick", "end")
