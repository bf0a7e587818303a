"""Reading schema.json: what a place of the document is, with references followed."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from onco_registry.bulletin.document import schema

Node = dict[str, Any]
ALTERNATIVES = ("oneOf", "anyOf", "allOf")


def root() -> Node:
    """The document itself."""
    return opened(_schema())


def opened(node: Node) -> Node:
    """A node with what it refers to and its alternatives laid under it, properties in their order.

    What may be null as well counts as what else it is.
    """
    parts = [_referred(node["$ref"])] if "$ref" in node else []
    parts += [part for word in ALTERNATIVES for part in node.get(word, [])]
    own = {word: value for word, value in node.items() if word not in {"$ref", *ALTERNATIVES}}
    whole: Node = {}
    for part in [*(opened(part) for part in parts if part.get("type") != "null"), own]:
        properties = {**whole.get("properties", {}), **part.get("properties", {})}
        whole = {**whole, **part, **({"properties": properties} if properties else {})}
    if isinstance(whole.get("type"), list):
        whole["type"] = next(kind for kind in whole["type"] if kind != "null")
    return whole


def members(node: Node) -> Iterator[tuple[str, Node]]:
    """The members of an opened object, opened, in the order of the schema."""
    return ((name, opened(inner)) for name, inner in node.get("properties", {}).items())


def listed(node: Node) -> Node | None:
    """What an opened array of records holds, opened; None for everything else."""
    return _record(node.get("items"))


def named(node: Node) -> Node | None:
    """What an opened object holds that has a record under each of any names, opened; None for everything else."""
    return _record(node.get("additionalProperties"))


def _record(node: Any) -> Node | None:
    inner = opened(node) if isinstance(node, dict) else {}
    return inner if "properties" in inner else None


def _referred(reference: str) -> Node:
    node: Any = _schema()
    for step in reference.removeprefix("#/").split("/"):
        node = node[step]
    found: Node = node
    return found


@cache
def _schema() -> Node:
    return schema()
