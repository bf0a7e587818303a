"""How every class of mark looks, as SVG attributes: a drawing then looks the same in a page, a PDF and by itself.

Colours differ in lightness too, so that greyscale and colour-blind readers tell them apart; where lightness is close,
a hatch, a dash or another shape helps.
"""

INK, SOFT, PAPER = "#16263a", "#51606f", "#ffffff"
GRID, LINE, WASH, STEEL = "#e6e3da", "#d9d6cc", "#f3f1ea", "#8fa0b3"
NAVY, BLUE, TEAL, SAND, VERMILION = "#10294a", "#1f6fa8", "#0d6b68", "#e2cf9f", "#c2410c"

# Fonts that have Chinese come before the generic one. No quotes and no blanks after commas: some renderers keep them.
FONTS = "Segoe UI,Roboto,Helvetica Neue,Liberation Sans,Arial,PingFang SC,Microsoft YaHei,Noto Sans CJK SC,sans-serif"
SIZE, SMALL, SMALLEST = 13, 12, 11

RESPONSE = {"CR": "#0b2a52", "PR": "#2273ad", "SD": SAND, "NON-CR/NON-PD": "#8a7a4f", "PD": VERMILION, "NE": "#a9b0b7"}
# Dark enough for a line on white.
RESPONSE_LINE = {**RESPONSE, "SD": "#a8853a", "NON-CR/NON-PD": "#6f6140", "NE": "#7d868f"}
RESPONSE_DASH = {"CR": "", "PR": "", "SD": "6 3", "NON-CR/NON-PD": "9 3 2 3", "PD": "2 2.5", "NE": "1 3"}
COMPONENTS = ("#0d6b68", "#8fc1dd", "#6b4e8f", "#d8a93a")
GRADES = ("#d9e8f4", "#a5cbe4", "#4e95c6", "#1c5a93", "#08213f")


def _text(size: float = SIZE, fill: str = INK, bold: bool = False) -> dict[str, str]:
    """What differs from the drawing's own size and colour."""
    look = {} if size == SIZE else {"font-size": f"{size:g}"}
    look |= {} if fill == INK else {"fill": fill}
    return look | ({"font-weight": "700"} if bold else {})


def _stroke(colour: str, width: float = 1, dash: str = "", opacity: float = 1) -> dict[str, str]:
    look = {"stroke": colour, "stroke-width": f"{width:g}", "fill": "none"}
    look |= {"stroke-dasharray": dash} if dash else {}
    return look | ({"stroke-opacity": f"{opacity:g}"} if opacity < 1 else {})


def _fill(colour: str, opacity: float = 1, stroke: str = "") -> dict[str, str]:
    look = {"fill": colour, **({"fill-opacity": f"{opacity:g}"} if opacity < 1 else {})}
    return look | ({"stroke": stroke} if stroke else {})


MARKS: dict[str, dict[str, str]] = {
    "tick": _text(SMALL, SOFT),
    "legend": _text(SMALL),
    "axis-title": _text(SMALL, SOFT, bold=True),
    "remark": _text(SMALL, SOFT),
    "grid": _stroke(GRID),
    "axis": _stroke(INK, 1.2),
    "hatch": _stroke(PAPER, 1.6),
    "halo": _fill(PAPER, 0.85),
    "threshold": _stroke(INK, 1, "5 4"),
    "threshold-text": _text(SMALL, bold=True),
    "bar-label": _text(SMALLEST, SOFT),
    "row-label": _text(SMALL),
    "row-number": _text(SMALL),
    "panel-title": _text(SMALL, bold=True),
    "break": _stroke(PAPER, 2.5),
    # Kaplan-Meier
    "curve": _stroke(BLUE, 2.4),
    "curve-os": _stroke(TEAL, 2.4),
    "band": _fill(BLUE, 0.15),
    "band-os": _fill(TEAL, 0.15),
    "line-thin": {"stroke-width": "1", "stroke-opacity": "0.75"},
    "censor": _stroke(BLUE, 1.5),
    "censor-os": _stroke(TEAL, 1.5),
    "median": _stroke(SOFT, 1, "2 3"),
    "median-text": _text(SMALL, bold=True),
    "risk": _text(SMALL),
    "risk-day": _text(SMALL, SOFT),
    "risk-name": _text(SMALL, SOFT),
    "risk-at_risk": _text(SMALL, bold=True),
    "risk-events": _text(SMALL, SOFT),
    "risk-censored": _text(SMALL, SOFT),
    # Attrition
    "flow-line": _stroke(STEEL, 1.6),
    "flow-head": _fill(STEEL),
    "flow-exit": _fill(WASH, stroke=LINE),
    "flow-start": _fill("#dfe8f1"),
    "flow-end": _fill(NAVY),
    "flow-start-text": _text(),
    "flow-end-text": _text(fill=PAPER),
    "flow-big": {"font-size": "24", "font-weight": "600"},
    "flow-count": _text(bold=True),
    "flow-label": _text(),
    "flow-pill": _fill(PAPER, stroke=STEEL),
    "flow-pill-text": _text(SMALL, bold=True),
    "flow-none": {"opacity": "0.65"},
    # Forest
    "whisker": _stroke(BLUE, 1.6),
    "whisker-overall": _stroke(INK, 1.8),
    "point": _fill(BLUE),
    "point-overall": _fill(INK),
    "reference": _stroke(INK, 1, "5 4", 0.6),
    "forest-group": _text(bold=True),
    "forest-label": _text(),
    "forest-numbers": _text(),
    "forest-label-overall": _text(bold=True),
    "forest-numbers-overall": _text(bold=True),
    # Swimmer
    "follow-up": _stroke(STEEL, 1.2),
    "death": _stroke(INK, 2),
    "ongoing": _fill(INK),
    # Adverse events and completeness
    "grade-none": _fill(PAPER, stroke=STEEL),
    "in-bar-dark": _text(SMALLEST),
    "in-bar-light": _text(SMALLEST, PAPER),
    "track": _fill("#e9e6dd"),
    "known": _fill(TEAL),
} | {
    **{f"response-{name}": _fill(colour) for name, colour in RESPONSE.items()},
    **{f"marker-{name}": _fill(colour, stroke=PAPER) for name, colour in RESPONSE_LINE.items()},
    **{f"line-{name}": _stroke(colour, 1.6, RESPONSE_DASH[name]) for name, colour in RESPONSE_LINE.items()},
    **{f"component-{index}": _fill(colour) for index, colour in enumerate(COMPONENTS)},
    **{f"grade-{grade}": _fill(colour) for grade, colour in enumerate(GRADES, start=1)},
}  # fmt: skip


def look(classes: str) -> dict[str, str]:
    """The attributes of an element with these classes; what a later class says wins."""
    merged: dict[str, str] = {}
    for name in classes.split():
        merged |= MARKS.get(name, {})
    return merged
