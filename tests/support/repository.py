"""The repository as the house tests see it: its root, and its text files without what tools leave behind."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# What .gitignore names, and git's own folder: made by tools, not written by people.
MADE = (".git", ".venv", ".bench", "build", "dist", "__pycache__")


def text_files(*folders: str, suffixes: tuple[str, ...]) -> Iterator[Path]:
    """Files below the folders (default: the whole repository) with one of the suffixes, in order of path."""
    starts = [ROOT / folder for folder in folders] or [ROOT]
    found = (path for start in starts for path in sorted(start.rglob("*")))
    return (path for path in found if path.suffix in suffixes and path.is_file() and not _made(path))


def relative(path: Path) -> str:
    """The path as a reader of the repository knows it."""
    return path.relative_to(ROOT).as_posix()


def imports(source: str) -> set[str]:
    """The top-level packages that Python source imports, absolutely and at any depth of nesting."""

    def names(node: ast.AST) -> Iterator[str]:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module

    return {name.split(".")[0] for node in ast.walk(ast.parse(source)) for name in names(node)}


def _made(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    return parts[0] == "demo" or any(part in MADE or part.endswith((".egg-info", "_cache")) for part in parts)
