"""Waterfall: one unnamed bar per patient, best change of the sum of target lesions, coloured by response."""

import math
from collections import Counter
from typing import Any

from onco_registry.bulletin.catalogue import Catalogue
from onco_registry.bulletin.sections.response import RESPONSES
from onco_registry.bulletin.svg import Format, Svg, text_width

HEIGHT, TOP, BOTTOM = 380, 40, 12
LEFT, RIGHT = 54, 48
# RECIST 1.1 (Eur J Cancer 2009;45:228-247): partial response is a fall of 30 % or more from baseline,
# progression a rise of 20 % or more (from the nadir, which the line at +20 % cannot show: see the note).
THRESHOLDS = (0.2, -0.3)
HIGHEST = 1.0
WIDEST_BAR = 40
HATCHED = frozenset({"PD", "NE"})


def draw(bars: list[dict[str, Any]], words: Catalogue, form: Format) -> Svg:
    """Bars from the largest growth to the largest shrinkage; growth beyond 100 % is cut, and said to be."""
    shrunk = sum(bar["change"] <= THRESHOLDS[1] for bar in bars)
    first, last = (words.percent(bar["change"], 0) for bar in (bars[0], bars[-1]))
    svg = Svg(
        f"waterfall-{form.name}", form.width, HEIGHT, words("waterfall.figure"),
        words("waterfall.description", patients=words.patients(len(bars)), shrunk=shrunk, first=first, last=last),
    )  # fmt: skip
    for name in sorted(HATCHED):
        svg.hatch(name, f"response-{name}")
    top = min(HIGHEST, max(0.4, math.ceil(max(bar["change"] for bar in bars) * 5) / 5))
    axis = _Axis(top)
    _legend(svg, bars, words, form)
    _scale(svg, axis, words, form)
    slot = (form.width - LEFT - RIGHT) / len(bars)
    for index, bar in enumerate(bars):
        _bar(svg, axis, LEFT + index * slot, slot, bar)
    _thresholds(svg, axis, words, form)
    _cut(svg, bars, words, form)
    return svg


class _Axis:
    def __init__(self, top: float) -> None:
        self.top = top
        self.scale = (HEIGHT - TOP - BOTTOM - 24) / (top + 1)

    def __call__(self, change: float) -> float:
        return TOP + 24 + (self.top - min(change, self.top)) * self.scale


def _legend(svg: Svg, bars: list[dict[str, Any]], words: Catalogue, form: Format) -> None:
    counts = Counter(bar["response"] for bar in bars)
    names = [name for name in RESPONSES if counts[name]]
    labels = [f"{words.name('response', name)} {counts[name]}" for name in names]
    if sum(text_width(label, 12) + 36 for label in labels) > form.width:
        labels = [f"{name} {counts[name]}" for name in names]
    x = 0.0
    for name, label in zip(names, labels, strict=True):
        swatch(svg, x, 2, 14, 14, name)
        svg.text(x + 20, 14, label, "legend")
        x += 36 + text_width(label, 12)


def _scale(svg: Svg, axis: _Axis, words: Catalogue, form: Format) -> None:
    svg.text(0, TOP + 6, words("waterfall.axis_short" if form.narrow else "waterfall.axis"), "axis-title")
    for tick in range(-100, round(axis.top * 100) + 1, 20):
        y = axis(tick / 100)
        svg.line(LEFT, y, form.width - RIGHT, y, "grid" if tick else "axis")
        svg.text(LEFT - 8, y + 4, _signed(tick / 100, words), "tick", "end")


def _bar(svg: Svg, axis: _Axis, x: float, slot: float, bar: dict[str, Any]) -> None:
    zero, end = axis(0), axis(bar["change"])
    width = min(slot - min(3.0, slot * 0.2), WIDEST_BAR)
    # A change of 0 still shows that the patient was measured.
    height = max(abs(end - zero), 2)
    swatch(svg, x + (slot - width) / 2, min(zero, end), width, height, bar["response"])
    if slot >= 17:
        svg.text(x + slot / 2, zero + (14 if bar["change"] > 0 else -6), bar["response"], "bar-label", "middle")


def _cut(svg: Svg, bars: list[dict[str, Any]], words: Catalogue, form: Format) -> None:
    count = sum(bar["change"] > HIGHEST for bar in bars)
    if count:
        text = words("waterfall.cut", count=count, largest=_signed(bars[0]["change"], words))
        svg.text(form.width - RIGHT, TOP + 19, text, "tick", "end")


def swatch(svg: Svg, x: float, y: float, width: float, height: float, response: str) -> None:
    """A rectangle in the colour of a response, hatched where colours alone could be confused."""
    if response in HATCHED:
        svg.hatched(x, y, width, height, response)
    else:
        svg.rect(x, y, width, height, f"response-{response}")


def _thresholds(svg: Svg, axis: _Axis, words: Catalogue, form: Format) -> None:
    for threshold in THRESHOLDS:
        y = axis(threshold)
        svg.line(LEFT, y, form.width - RIGHT, y, "threshold")
        svg.text(form.width - RIGHT + 6, y + 4, _signed(threshold, words), "threshold-text")


def _signed(change: float, words: Catalogue) -> str:
    return ("+" if change > 0 else "") + words.percent(change, 0)
