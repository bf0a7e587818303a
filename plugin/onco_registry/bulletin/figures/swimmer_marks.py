"""The marks of a swimmer, and their legend: lanes of components, changes of response, death, treatment that goes on."""

from functools import partial
from itertools import pairwise
from typing import Any

from onco_registry.bulletin.catalogue import Catalogue
from onco_registry.bulletin.figures.legend import Item
from onco_registry.bulletin.figures.marks import COMPONENTS
from onco_registry.bulletin.figures.response_marks import in_order, marker, markers
from onco_registry.bulletin.figures.svg import Svg

PROGRESSION = "PD"


def declare_components(svg: Svg, lanes: int) -> None:
    """The hatches of the lanes after those that have a colour of their own."""
    for lane in range(len(COMPONENTS), lanes):
        svg.hatch(f"lane-{lane}", f"component-{lane % len(COMPONENTS)}")


def component(svg: Svg, x: float, y: float, width: float, height: float, lane: int) -> None:
    """A piece of treatment: in the colour of its lane, hatched where the colours begin anew."""
    mark = f"component-{lane % len(COMPONENTS)}"
    if lane < len(COMPONENTS):
        svg.rect(x, y, width, height, mark)
    else:
        svg.hatched(x, y, width, height, f"lane-{lane}", mark)


def cross(svg: Svg, x: float, y: float, radius: float) -> None:
    """Death."""
    svg.line(x - radius, y - radius, x + radius, y + radius, "death")
    svg.line(x - radius, y + radius, x + radius, y - radius, "death")


def arrow(svg: Svg, x: float, y: float, radius: float) -> None:
    """Treatment that goes on."""
    svg.path(f"M{x + 2:.2f} {y - radius:.2f}l{radius * 2:.2f} {radius:.2f}l{-radius * 2:.2f} {radius:.2f}Z", "ongoing")


def changes(patient: dict[str, Any]) -> list[tuple[float, str]]:
    """(day, response) of each assessment that differs from the one before, and progression on its own day."""
    seen = sorted((point["day"], point["response"]) for point in patient["responses"])
    first = seen[:1] + [after for before, after in pairwise(seen) if before[1] != after[1]]
    found = [(day, name) for day, name in first if name != PROGRESSION or patient["progression"] is None]
    if patient["progression"] is not None:
        found.append((patient["progression"], PROGRESSION))
    return sorted(found)


def ongoing(patient: dict[str, Any]) -> bool:
    """Whether the patient is alive and on treatment."""
    return patient["death"] is None and any(part["ongoing"] for part in patient["treatment"])


def items(patients: list[dict[str, Any]], components: dict[str, str], words: Catalogue) -> list[Item]:
    """The legend of the marks that these patients have; `components`: labels in the order of the lanes."""
    found = [
        Item(words.typeset(words.text(label)), partial(_component_key, lane))
        for lane, label in enumerate(components.values())
    ]
    marked = {name for patient in patients for _, name in changes(patient)}
    found += markers([name for name in in_order(marked) if name != PROGRESSION], words)
    if PROGRESSION in marked:
        found.append(Item(words("swimmer.progression"), _progression_key))
    if any(patient["death"] is not None for patient in patients):
        found.append(Item(words("swimmer.death"), _death_key))
    if any(map(ongoing, patients)):
        found.append(Item(words("swimmer.ongoing"), _ongoing_key))
    return [*found, Item(words("swimmer.follow_up"), _follow_up_key)]


def _component_key(lane: int, svg: Svg, x: float, middle: float) -> None:
    component(svg, x, middle - 4, 14, 8, lane)


def _progression_key(svg: Svg, x: float, middle: float) -> None:
    marker(svg, x + 7, middle, 5, PROGRESSION)


def _death_key(svg: Svg, x: float, middle: float) -> None:
    cross(svg, x + 7, middle, 4.6)


def _ongoing_key(svg: Svg, x: float, middle: float) -> None:
    arrow(svg, x, middle, 4.6)


def _follow_up_key(svg: Svg, x: float, middle: float) -> None:
    svg.line(x, middle, x + 14, middle, "follow-up")
    svg.line(x + 14, middle - 4, x + 14, middle + 4, "follow-up")
