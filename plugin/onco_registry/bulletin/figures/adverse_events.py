"""Adverse events by term: one bar of any cause and a thinner one of those related, stacked by worst grade."""

from functools import partial
from typing import Any

from onco_registry.bulletin.catalogue import Catalogue
from onco_registry.bulletin.figures import legend
from onco_registry.bulletin.figures.lettering import text_width, wrap
from onco_registry.bulletin.figures.marks import SMALL, SMALLEST
from onco_registry.bulletin.figures.rows import Row, Rows, percent_axis, room_for
from onco_registry.bulletin.figures.svg import Format, Svg
from onco_registry.bulletin.sections.safety import GRADES

# The table beside the figure has the others.
MOST_TERMS = 15
ANY, RELATED = 15.0, 6.0
SEGMENTS = (*(f"grade-{grade}" for grade in GRADES), "grade-none")
# Numbers on these are white.
DARK = SEGMENTS[2:5]
# Room at the right for the numbers, and for those of related events among it.
NUMBERS, RELATED_NUMBERS = 72, 56


def draw(terms: list[dict[str, Any]], words: Catalogue, form: Format) -> Svg:
    """The most frequent terms, the most frequent first; bars are shares of the patients."""
    known = sorted(filter(drawn, terms), key=lambda term: (-(total(term, "any") or 0), term["term"]))
    shown = known[:MOST_TERMS]
    items = _legend(shown, words)
    more = words("ae.more", shown=len(shown), terms=len(known))
    remark = wrap(more, form.width, SMALL) if len(shown) < len(known) else []
    top = legend.height(items, form.width) + 26
    labels, numbers = [_label(term, words) for term in shown], [_numbers(term, words) for term in shown]
    room = room_for(numbers, NUMBERS) + RELATED_NUMBERS
    rows = Rows.of(labels, form, top, ANY + RELATED + 9, room)
    svg = Svg(
        f"adverse-events-{form.name}", form.width, rows.bottom + 46 + 16 * len(remark),
        words("ae.figure_all" if words.withholds else "ae.figure"),
        _description(shown, words),
    )  # fmt: skip
    legend.draw(svg, items, form.width)
    svg.text(form.width - RELATED_NUMBERS, top - 8, words("ae.numbers"), "axis-title", "end")
    svg.text(form.width, top - 8, words("safety.related"), "axis-title", "end")
    highest = max(sum(grades(term, "any")) / max(1, term["n"]) for term in shown)
    scale = percent_axis(svg, rows, highest, words("ae.axis"))
    for term, text, row in zip(shown, numbers, rows.rows, strict=True):
        svg.lines(row.label_x, row.label_y, row.label, Rows.LEADING, "row-label")
        _bars(svg, term, row, scale)
        svg.text(row.right - RELATED_NUMBERS, row.bar_y + 4, text, "row-number", "end")
        svg.text(row.right, row.bar_y + 4, words.count(total(term, "related")), "row-number", "end")
    svg.lines(0, rows.bottom + 58, remark, 16, "remark")
    return svg


def drawn(term: dict[str, Any]) -> bool:
    """Whether it is known how many patients had the term: an edition may withhold it."""
    return total(term, "any") is not None


def total(term: dict[str, Any], cause: str) -> int | None:
    """Patients with the term, those included whose grade is not shown; None where it is withheld."""
    found: int | None = term.get(f"{cause}_total")
    return sum(term[cause]) if found is None and None not in term[cause] else found


def grades(term: dict[str, Any], cause: str) -> list[int]:
    """Patients by worst grade 1 to 5, and those whose grade is not shown."""
    known = [count or 0 for count in term[cause]]
    return [*known, (total(term, cause) or 0) - sum(known)]


def _description(shown: list[dict[str, Any]], words: Catalogue) -> str:
    listed = words("list.comma").join(f"{_label(term, words)} {_numbers(term, words)}" for term in shown)
    return words("ae.description", terms=listed)


def _legend(shown: list[dict[str, Any]], words: Catalogue) -> list[legend.Item]:
    found = [any(counts) for counts in zip(*(grades(term, "any") for term in shown), strict=True)]
    # Where no grade is told, that none is shown is said by the table and not by a colour.
    found[-1] = found[-1] and any(found[:-1])
    without = words("ae.not_graded" if words.withholds else "groups.not_graded")
    names = [*(words("safety.grade", grade=grade) for grade in GRADES), without]
    items = [
        legend.Item(name, partial(_grade_key, mark))
        for name, mark, there in zip(names, SEGMENTS, found, strict=True)
        if there
    ]
    items.append(legend.Item(words("ae.any_bar"), partial(_bar_key, 12)))
    return [*items, legend.Item(words("ae.related_bar"), partial(_bar_key, 5))]


def _label(term: dict[str, Any], words: Catalogue) -> str:
    return words.typeset(words.text(term["term"]))


def _numbers(term: dict[str, Any], words: Catalogue) -> str:
    count = sum(grades(term, "any"))
    return f"{words.count(count)} ({words.share(count, term['n'], 0)})"


def _bars(svg: Svg, term: dict[str, Any], row: Row, scale: float) -> None:
    top = row.bar_y - (ANY + RELATED + 1) / 2
    _stack(svg, term, "any", row.bar_x, top, ANY, scale)
    _stack(svg, term, "related", row.bar_x, top + ANY + 1, RELATED, scale)


def _stack(svg: Svg, term: dict[str, Any], cause: str, x: float, y: float, height: float, scale: float) -> None:
    for mark, count in zip(SEGMENTS, grades(term, cause), strict=True):
        if count <= 0:
            continue
        width = scale * count / term["n"]
        svg.rect(x, y, max(0.5, width - 1), height, mark)
        if height == ANY and text_width(f"{count}", SMALLEST) + 4 <= width:
            svg.text(x + width / 2, y + 11.5, f"{count}", "in-bar-light" if mark in DARK else "in-bar-dark", "middle")
        x += width


def _grade_key(mark: str, svg: Svg, x: float, middle: float) -> None:
    svg.rect(x, middle - 6, 14, 12, mark)


def _bar_key(height: float, svg: Svg, x: float, middle: float) -> None:
    svg.rect(x, middle - height / 2, 14, height, "grade-none")
