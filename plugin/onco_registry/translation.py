"""The words of registries in other languages: words.<language>.yaml, English -> that language.

Those beside `mappings/endpoints.yaml` are shared by all registries; a registry's own folder adds to them, or says
otherwise. They change no number, and so are no part of a definition's digest.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from onco_registry.yaml_value import YamlValue

PREFIX = "words."


def is_words(path: Path) -> bool:
    """Whether a YAML file holds words, and no part of a definition."""
    return path.name.startswith(PREFIX)


def read_words(*folders: Path) -> Mapping[str, Mapping[str, str]]:
    """By language, the English words of the folders' files and what they are there; a later folder's count.

    Raises ConfigurationError with file, line and key for what is no text.
    """
    found: dict[str, dict[str, str]] = {}
    for path in (path for folder in folders for path in sorted(folder.glob(f"{PREFIX}*.yaml"))):
        words = {english: value.text() for english, value in YamlValue.load(path).mapping().items()}
        found.setdefault(path.suffixes[-2].removeprefix("."), {}).update(words)
    return found
