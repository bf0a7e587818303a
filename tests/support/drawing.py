"""Reads the marks of a drawing by their class."""

from xml.etree.ElementTree import Element


def marked(root: Element, tag: str, mark: str) -> list[Element]:
    """The elements of this name and class, in the order drawn."""
    return [element for element in root.iter(tag) if mark in (element.get("class") or "").split()]


def texts(root: Element, mark: str) -> list[str]:
    """What the texts of this class say."""
    return [element.text or "" for element in marked(root, "text", mark)]


def number(element: Element, name: str) -> float:
    """A numeric attribute, 0 without it."""
    return float(element.get(name) or 0)
