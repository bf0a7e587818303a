"""Accessible SVG by hand: elements with a class and the attributes of that class, a title and a description.

Inline in HTML an SVG needs no namespace, so the page holds no address at all.
"""

from dataclasses import dataclass
from xml.etree import ElementTree

from markupsafe import Markup

from onco_registry.bulletin.figures.lettering import text_width
from onco_registry.bulletin.figures.marks import FONTS, INK, SIZE, look


@dataclass(frozen=True)
class Format:
    """A figure is drawn once per format and CSS shows the one that fits: text keeps its size on a phone."""

    name: str
    width: int

    @property
    def narrow(self) -> bool:
        """True for the drawing shown on phones."""
        return self.name == "narrow"


FORMATS = (Format("wide", 720), Format("narrow", 350))


class Svg:
    """One drawing. Coordinates are pixels from the top left; every mark has a class of `marks.MARKS`."""

    def __init__(self, name: str, width: float, height: float, title: str, description: str) -> None:
        self.name = name
        self.root = ElementTree.Element("svg")
        self._set(self.root, {
            "viewBox": f"0 0 {number(width)} {number(height)}", "width": width, "height": height,
            "role": "img", "aria-labelledby": f"{name}-title {name}-desc",
            "font-family": FONTS, "font-size": SIZE, "fill": INK,
        })  # fmt: skip
        self._add("title", {"id": f"{name}-title"}, title)
        self._add("desc", {"id": f"{name}-desc"}, description)

    def line(self, x1: float, y1: float, x2: float, y2: float, mark: str) -> None:
        """A straight line."""
        self._add("line", {"x1": x1, "y1": y1, "x2": x2, "y2": y2, "class": mark})

    def rect(self, x: float, y: float, width: float, height: float, mark: str, radius: float = 0) -> None:
        """A rectangle, with rounded corners where a radius is given."""
        corner = {"rx": radius} if radius else {}
        self._add("rect", {"x": x, "y": y, "width": width, "height": height, **corner, "class": mark})

    def path(self, commands: str, mark: str) -> None:
        """A path of SVG commands."""
        self._add("path", {"d": commands, "class": mark})

    def circle(self, x: float, y: float, radius: float, mark: str) -> None:
        """A circle."""
        self._add("circle", {"cx": x, "cy": y, "r": radius, "class": mark})

    def text(self, x: float, y: float, content: str, mark: str = "", anchor: str = "start") -> None:
        """One line of text on its baseline; anchor start, middle or end."""
        self._add("text", {"x": x, "y": y, "class": mark, "text-anchor": anchor}, content)

    def lines(self, x: float, y: float, content: list[str], leading: float, mark: str = "") -> None:
        """Several lines of text, the first on the baseline y."""
        for index, line in enumerate(content):
            self.text(x, y + index * leading, line, mark)

    def text_on_marks(self, x: float, y: float, content: str, mark: str, anchor: str = "start") -> None:
        """A line of text on a light ground, so that it can be read over lines."""
        width = text_width(content, float(look(mark)["font-size"])) + 4
        left = {"start": x - 2, "middle": x - width / 2, "end": x - width + 2}[anchor]
        self.rect(left, y - 11, width, 15, "halo")
        self.text(x, y, content, mark, anchor)

    def hatch(self, name: str, mark: str) -> None:
        """A diagonal hatch to fill with, for those who cannot tell the colours apart: url(#<drawing>-<name>)."""
        pattern = ElementTree.SubElement(ElementTree.SubElement(self.root, "defs"), "pattern")
        self._set(pattern, {
            "id": f"{self.name}-{name}", "width": 5, "height": 5,
            "patternUnits": "userSpaceOnUse", "patternTransform": "rotate(45)",
        })  # fmt: skip
        self._set(ElementTree.SubElement(pattern, "rect"), {"width": 5, "height": 5, "class": mark})
        self._set(ElementTree.SubElement(pattern, "line"), {"y2": 5, "class": "hatch"})

    def hatched(self, x: float, y: float, width: float, height: float, name: str, mark: str = "") -> None:
        """A rectangle filled with a hatch declared before."""
        fill = f"url(#{self.name}-{name})"
        self._add("rect", {"x": x, "y": y, "width": width, "height": height, "class": mark, "fill": fill})

    def markup(self) -> Markup:
        """The drawing as HTML. Safe: ElementTree escapes every text and attribute."""
        return Markup(ElementTree.tostring(self.root, encoding="unicode"))

    def _add(self, tag: str, attributes: dict[str, str | float], content: str | None = None) -> None:
        element = ElementTree.SubElement(self.root, tag)
        self._set(element, attributes)
        element.text = content

    @staticmethod
    def _set(element: ElementTree.Element, attributes: dict[str, str | float]) -> None:
        for name, value in {**look(str(attributes.get("class", ""))), **attributes}.items():
            if value != "":
                element.set(name, value if isinstance(value, str) else number(value))


def number(value: float) -> str:
    """A coordinate as SVG writes it: at most two decimals, no trailing zeros."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def step_path(points: list[tuple[float, float]]) -> str:
    """Path of a step function through (x, y): level until the next x, then down or up to its y."""
    (x, y), *rest = points
    return f"M{number(x)} {number(y)}" + "".join(f"H{number(x)}V{number(y)}" for x, y in rest)


def polyline_path(points: list[tuple[float, float]]) -> str:
    """Path of straight lines from point to point."""
    return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points)


def polygon_path(points: list[tuple[float, float]]) -> str:
    """Path of a closed polygon."""
    return f"{polyline_path(points)}Z"
