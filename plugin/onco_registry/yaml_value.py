"""A YAML value that knows where it stands, so that a wrong one can be refused by file, line and key path."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

import yaml

from onco_etl.errors import ConfigurationError

# Reads what the other does, ten times as fast, but refuses some of it: what it refuses, the other judges.
_FAST: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True)
class YamlValue:
    """One value of a YAML file. Every reading method raises ConfigurationError naming file, line and key path."""

    node: yaml.Node
    file: str
    path: str = ""

    @classmethod
    def load(cls, path: Path) -> YamlValue:
        """The whole document of a file; malformed or empty YAML is refused."""
        try:
            node = _composed(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigurationError(f"{path.name}: {error.strerror}") from error
        except yaml.MarkedYAMLError as error:
            at = f" line {error.problem_mark.line + 1}" if error.problem_mark else ""
            raise ConfigurationError(f"{path.name}{at}: not YAML: {error.problem or error.context}") from error
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{path.name}: not YAML: {' '.join(str(error).split())}") from error
        if node is None:
            raise ConfigurationError(f"{path.name}: empty")
        return cls(node, path.name)

    @property
    def line(self) -> int:
        """The line in its file, from 1."""
        return self.node.start_mark.line + 1

    def refuse(self, problem: str) -> NoReturn:
        """Raise the error of this value."""
        raise ConfigurationError(f"{self.file} line {self.line}: {self.path or 'document'}: {problem}")

    def mapping(self) -> dict[str, YamlValue]:
        """Key -> value, in file order; a key given twice is refused."""
        if not isinstance(self.node, yaml.MappingNode):
            self.refuse("expected keys with values")
        found: dict[str, YamlValue] = {}
        for key_node, value_node in self.node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self.refuse("a key must be plain text")
            key = key_node.value
            child = YamlValue(value_node, self.file, f"{self.path}.{key}" if self.path else key)
            if key in found:
                YamlValue(key_node, self.file, child.path).refuse("given twice")
            found[key] = child
        return found

    def keys(self, required: Collection[str] = (), optional: Collection[str] = ()) -> Mapping[str, YamlValue]:
        """The mapping, refused if a required key is missing or a key is neither required nor optional."""
        found = self.mapping()
        known = [*required, *optional]
        for key, value in found.items():
            if key not in known:
                value.refuse(f"unknown key {key!r}{_hint(key, known)}")
        for key in required:
            if key not in found:
                self.refuse(f"key {key!r} is missing")
        return found

    def items(self) -> list[YamlValue]:
        """The entries of a list that holds at least one."""
        if not isinstance(self.node, yaml.SequenceNode) or not self.node.value:
            self.refuse("expected a list with at least one entry")
        return [YamlValue(node, self.file, f"{self.path}[{position}]") for position, node in enumerate(self.node.value)]

    def all(self) -> Iterator[YamlValue]:
        """The value itself and every value within, in file order."""
        yield self
        if isinstance(self.node, yaml.ScalarNode):
            return
        for child in self.mapping().values() if isinstance(self.node, yaml.MappingNode) else self.items():
            yield from child.all()

    def text(self) -> str:
        """A text that is not empty."""
        value = self._scalar()
        if not isinstance(value, str) or not value.strip():
            self.refuse(f"expected text, found {value!r}")
        return " ".join(value.split())

    def integer(self, minimum: int = 0) -> int:
        """A whole number of at least `minimum`."""
        value = self._scalar()
        if not isinstance(value, int) or isinstance(value, bool):
            self.refuse(f"expected a whole number, found {value!r}")
        if value < minimum:
            self.refuse(f"expected at least {minimum}, found {value}")
        return value

    def decimal(self) -> Decimal:
        """A number with the decimals that are written (34.40 has two), also in quotes."""
        value = self.written()
        if not _DECIMAL.fullmatch(value):
            self.refuse(f"expected a number in digits, found {value!r}")
        return Decimal(value)

    def written(self) -> str:
        """A single value as it is written, without its quotes."""
        self._scalar()
        return str(self.node.value)

    def without(self, prefix: str) -> YamlValue:
        """The same value as if it were written without a prefix."""
        node = yaml.ScalarNode(self.node.tag, self.written().removeprefix(prefix), self.node.start_mark)
        return YamlValue(node, self.file, self.path)

    def absent(self) -> bool:
        """Whether the key stands there without a value (nothing, ~ or null)."""
        return isinstance(self.node, yaml.ScalarNode) and self._scalar() is None

    def flag(self) -> bool:
        """true or false."""
        value = self._scalar()
        if not isinstance(value, bool):
            self.refuse(f"expected true or false, found {value!r}")
        return value

    def choice(self, known: Collection[str], what: str) -> str:
        """One of the known names; `what` says in the error what they name."""
        name = self.text()
        if name not in known:
            self.refuse(f"unknown {what} {name!r}{_hint(name, known)}")
        return name

    def _scalar(self) -> object:
        if not isinstance(self.node, yaml.ScalarNode):
            self.refuse("expected a single value")
        loader = yaml.SafeLoader("")
        try:
            return loader.construct_object(self.node)
        finally:
            loader.dispose()


def _composed(text: str) -> yaml.Node | None:
    try:
        return yaml.compose(text, Loader=_FAST)
    except yaml.YAMLError:
        return yaml.compose(text, Loader=yaml.SafeLoader)


def _hint(name: str, known: Collection[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known: {', '.join(known)}"
