"""Response strip: every patient of the cohort as one cell, by best overall response."""

from typing import Any

from onco_registry.bulletin.catalogue import Catalogue
from onco_registry.bulletin.figures.lettering import text_width
from onco_registry.bulletin.figures.marks import SMALL
from onco_registry.bulletin.figures.response_marks import declare_hatches, swatch
from onco_registry.bulletin.figures.svg import Format, Svg
from onco_registry.bulletin.sections.response import RESPONSES

BAR, HEIGHT = 34, 60
# With more patients than this the cells would be lines: the segments are then drawn whole.
MOST_CELLS = 100


def draw(counts: dict[str, int], words: Catalogue, form: Format) -> Svg:
    """Segments in the order CR to NE, as wide as their counts."""
    total = sum(counts.values())
    present = [(name, counts[name]) for name in RESPONSES if counts.get(name)]
    svg = Svg(
        f"strip-{form.name}", form.width, HEIGHT, words("strip.figure"),
        words("list.comma").join(f"{words.name('response', name)} {count}/{total}" for name, count in present),
    )  # fmt: skip
    declare_hatches(svg, (name for name, _ in present))
    unit, x, starts = form.width / total, 0.0, []
    for name, count in present:
        _segment(svg, x, unit, count, name, total)
        starts.append(x)
        x += count * unit
    labels = [f"{name} {count}" for name, count in present]
    for start, label in zip(_spread(starts, labels, form.width), labels, strict=True):
        svg.text(start, BAR + 18, label, "legend")
    return svg


def _spread(starts: list[float], labels: list[str], width: float) -> list[float]:
    """Label positions as near their segments as they can be without touching each other or the edge."""
    widths = [text_width(label, SMALL) + 8 for label in labels]
    free, placed = 0.0, []
    for start, need in zip(starts, widths, strict=True):
        placed.append(max(start, free))
        free = placed[-1] + need
    for index in reversed(range(len(placed))):
        placed[index] = min(placed[index], width - widths[index])
        width = placed[index]
    return placed


def _segment(svg: Svg, x: float, unit: float, count: int, name: str, total: int) -> None:
    if total > MOST_CELLS:
        swatch(svg, x, 0, count * unit, BAR, name)
        return
    gap = min(2.0, unit * 0.15)
    for cell in range(count):
        swatch(svg, x + cell * unit, 0, unit - gap, BAR, name)


def response_counts(estimates: list[dict[str, Any]]) -> dict[str, int]:
    """Counts by response from the document's response estimates."""
    by_measure = {row["measure"]: row["x"] for row in estimates}
    return {name: by_measure.get(f"response_{name.lower()}") or 0 for name in RESPONSES}
