"""How a response looks in every figure: a colour with a hatch, a marker with its own shape, a line with its dash."""

from collections.abc import Iterable
from functools import partial

from onco_registry.bulletin.catalogue import Catalogue
from onco_registry.bulletin.figures.legend import Item
from onco_registry.bulletin.figures.svg import Svg, polygon_path
from onco_registry.bulletin.sections.response import RESPONSES

HATCHED = frozenset({"PD", "NE"})
# Corners in units of the marker's radius; without corners it is a circle.
_SHAPES: dict[str, tuple[tuple[float, float], ...]] = {
    "CR": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    "PR": ((0, -1.15), (1.15, 0.9), (-1.15, 0.9)),
    "SD": (),
    "NON-CR/NON-PD": ((-0.55, -1), (0.55, -1), (0.55, 1), (-0.55, 1)),
    "PD": ((-1.15, -0.9), (1.15, -0.9), (0, 1.15)),
    "NE": ((0, -1.2), (1.2, 0), (0, 1.2), (-1.2, 0)),
}


def declare_hatches(svg: Svg, responses: Iterable[str]) -> None:
    """The hatches that `swatch` fills with, for those of the responses that have one."""
    for name in sorted(HATCHED.intersection(responses)):
        svg.hatch(name, f"response-{name}")


def swatch(svg: Svg, x: float, y: float, width: float, height: float, response: str) -> None:
    """A rectangle in the colour of a response, hatched where colours alone could be confused."""
    if response in HATCHED:
        svg.hatched(x, y, width, height, response, f"response-{response}")
    else:
        svg.rect(x, y, width, height, f"response-{response}")


def marker(svg: Svg, x: float, y: float, radius: float, response: str) -> None:
    """The marker of a response around (x, y)."""
    corners = _SHAPES[response]
    if corners:
        points = [(x + across * radius, y + down * radius) for across, down in corners]
        svg.path(polygon_path(points), f"marker-{response}")
    else:
        svg.circle(x, y, radius, f"marker-{response}")


def swatches(names: Iterable[str], words: Catalogue, counts: dict[str, int]) -> list[Item]:
    """Legend of the colours, with the number of patients of each."""
    return [Item(f"{words.name('response', name)} {counts[name]}", partial(_swatch_key, name)) for name in names]


def markers(names: Iterable[str], words: Catalogue) -> list[Item]:
    """Legend of the markers."""
    return [Item(words.name("response", name), partial(_marker_key, name)) for name in names]


def in_order(found: Iterable[str | None]) -> list[str]:
    """The responses among those found, each once, from complete response to not evaluable."""
    present = set(found)
    return [name for name in RESPONSES if name in present]


def _swatch_key(name: str, svg: Svg, x: float, middle: float) -> None:
    swatch(svg, x, middle - 7, 14, 14, name)


def _marker_key(name: str, svg: Svg, x: float, middle: float) -> None:
    marker(svg, x + 7, middle, 5, name)
