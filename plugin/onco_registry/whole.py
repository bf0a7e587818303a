"""Files and folders that appear whole or not at all, and are on the disk when they do."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NEW = ".new-"


@contextmanager
def folder(out: Path) -> Iterator[Path]:
    """A folder (0700) beside `out` that takes its place at the end, or is gone.

    A process that is killed leaves it under another name; `tidy` takes it away.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}{_NEW}"))
    try:
        yield made
        for path in (*(path for path in made.rglob("*") if path.is_dir()), made):
            settle(path)
        made.rename(out)
        settle(out.parent)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise


def make(path: Path, mode: int = 0o755) -> None:
    """Make a folder that is not there with this mode, whatever the process's mask; those above it are 0755."""
    if path.exists():
        return
    make(path.parent)
    path.mkdir()
    path.chmod(mode)


def replace(path: Path, content: bytes, *, mode: int = 0o600) -> Path:
    """Replace a file: a reader sees the old content or the new. Raises OSError."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}{_NEW}")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            os.fchmod(handle, mode)
            file.flush()
            os.fsync(handle)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path


def link(path: Path, target: str) -> None:
    """Have `path` be a symbolic link to `target`, as it was before or as it is now at any moment."""
    if path.is_symlink() and str(path.readlink()) == target:
        return
    temporary = path.with_name(f".{path.name}.link")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target)
    temporary.replace(path)


def tidy(parent: Path) -> None:
    """Take away what a killed process left in a folder."""
    for left in parent.glob(f".*{_NEW}????????"):
        shutil.rmtree(left) if left.is_dir() else left.unlink()


def settle(path: Path) -> None:
    """Have a file or a folder on the disk before going on."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
