"""Attrition flow diagram: a spine of remaining patients, an exit per criterion."""

from typing import Any

from onco_registry.bulletin.catalogue import MINUS, Catalogue
from onco_registry.bulletin.figures.lettering import text_width, wrap
from onco_registry.bulletin.figures.marks import SIZE
from onco_registry.bulletin.figures.svg import Format, Svg

LEADING = 17
END_HEIGHT, GAP = 48, 32
ENTERED = "entered"


def draw(steps: list[dict[str, Any]], patients: int, words: Catalogue, form: Format) -> Svg:
    """From all patients considered to the cohort; each exit gives its count and its criterion.

    A first step that only says who entered is no exit: its words stand in the first box.
    """
    considered = _considered(steps[0])
    start = words("attrition.considered_one" if considered == 1 else "attrition.considered")
    if steps[0]["criterion"] == ENTERED and not steps[0]["excluded"]:
        label = words.together(steps[0])
        start, steps = words("attrition.entered", label=label[:1].lower() + label[1:]), steps[1:]
    digits = len(words.count(considered))
    spine = max(34 if form.narrow else 60, 10 + 4 * digits)
    exit_x, count_width = spine + (44 if form.narrow else 72), max(54, 22 + 8 * digits)
    labels = [wrap(words.together(step), form.width - exit_x - count_width - 24, SIZE) for step in steps]
    heights = [LEADING * len(lines) + 15 for lines in labels]
    height = 2 * END_HEIGHT + sum(heights) + GAP * len(steps) + 18
    svg = Svg(
        f"attrition-{form.name}", form.width, height, words("attrition.figure"),
        words("attrition.description", considered=words.count(considered), patients=patients, steps=len(steps)),
    )  # fmt: skip
    svg.line(spine, END_HEIGHT, spine, height - END_HEIGHT - 7, "flow-line")
    _arrow_down(svg, spine, height - END_HEIGHT)
    _end(svg, 0, words.count(considered), start, form, "flow-start")
    y = float(END_HEIGHT + 14)
    for step, lines, box in zip(steps, labels, heights, strict=True):
        _exit(svg, spine, exit_x, y, _excluded(step, words), lines, box, form.width, count_width)
        y += box
        if step is not steps[-1]:
            _remaining(svg, spine, y + GAP / 2, words.count(step["remaining"]))
        y += GAP
    end = words("attrition.cohort_one" if patients == 1 else "attrition.cohort")
    _end(svg, height - END_HEIGHT, words.count(patients), end, form, "flow-end")
    return svg


def _considered(first: dict[str, Any]) -> int | None:
    """All patients the first step looked at; None where an edition withholds a count of it."""
    counts = (first["remaining"], first["excluded"])
    return None if None in counts else sum(counts)


def _excluded(step: dict[str, Any], words: Catalogue) -> str:
    return f"{MINUS if step['excluded'] else ''}{words.count(step['excluded'])}"


def _end(svg: Svg, y: float, number: str, label: str, form: Format, mark: str) -> None:
    x = 26 + 13.5 * len(number)
    lines = wrap(label, form.width - x - 14, SIZE)
    widest = max(text_width(line, SIZE) for line in lines)
    width = min(form.width - 1, max(250 if form.narrow else 300, x + widest + 14))
    svg.rect(0, y, width, END_HEIGHT, mark, 6)
    svg.text(14, y + 32, number, f"{mark}-text flow-big")
    svg.lines(x, y + 30 - LEADING * (len(lines) - 1) / 2, lines, LEADING, f"{mark}-text")


def _exit(
    svg: Svg,
    spine: float,
    x: float,
    y: float,
    count: str,
    lines: list[str],
    box: float,
    right: float,
    count_width: float,
) -> None:
    some = " flow-none" if count == "0" else ""
    middle = y + box / 2
    svg.line(spine, middle, x - 7, middle, f"flow-line{some}")
    svg.path(f"M{x - 8} {middle - 4}L{x - 1} {middle}L{x - 8} {middle + 4}Z", f"flow-head{some}")
    svg.rect(x, y, right - x - 1, box, f"flow-exit{some}", 4)
    first = middle - LEADING * (len(lines) - 1) / 2 + 4.5
    svg.text(x + count_width, middle + 5, count, f"flow-count{some}", "end")
    svg.lines(x + count_width + 12, first, lines, LEADING, f"flow-label{some}")


def _remaining(svg: Svg, x: float, y: float, text: str) -> None:
    width = 18 + 8 * len(text)
    svg.rect(x - width / 2, y - 11, width, 22, "flow-pill", 11)
    svg.text(x, y + 4.5, text, "flow-pill-text", "middle")


def _arrow_down(svg: Svg, x: float, y: float) -> None:
    svg.path(f"M{x - 5} {y - 9}L{x} {y - 1}L{x + 5} {y - 9}Z", "flow-head")
