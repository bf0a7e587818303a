"""A release that is killed at any step leaves nothing half, and the next run completes it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from archive.releases import document, keys, released, series
from onco_registry.bulletin.archive.series import numbers
from onco_registry.bulletin.archive.verify import verify
from onco_registry.bulletin.document import canonical

# What changes the disk: each call of one of these is a step, before and after which a process may end.
STEPS = ("fsync", "rename", "replace", "symlink", "mkdir", "chmod", "fchmod")


class Killed(BaseException):
    """Ends the process at this point: nothing tidies up after it."""


class Steps:
    """Counts the calls that change the disk; from the `last` on, all of them fail, as a killed process makes none."""

    def __init__(self, patch: pytest.MonkeyPatch, last: int) -> None:
        self.made, self.last = 0, last
        for name in STEPS:
            patch.setattr(os, name, self.counted(getattr(os, name)))
        for name in ("unlink", "rmdir"):
            patch.setattr(os, name, self.dead(getattr(os, name)))

    def counted(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **options: Any) -> Any:
            self.made += 1
            if self.made >= self.last:
                raise Killed
            return call(*arguments, **options)

        return step

    def dead(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **options: Any) -> Any:
            if self.made >= self.last:
                raise Killed
            return call(*arguments, **options)

        return step


def kept(root: Path) -> dict[str, bytes]:
    """The files of a folder by their paths, and where links lead."""
    return {
        str(path.relative_to(root)): str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


def test_killed_at_each_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    signers, first, second = keys(tmp_path / "keys"), document("2026-09-30"), document("2026-10-31")
    rendered = {"bulletin.json": canonical(second), "tables/orr.csv": b"x,n\n11,32\n"}
    released(tmp_path / "before", first, signing=signers)
    killed, last = True, 0
    while killed:
        last += 1
        root = shutil.copytree(tmp_path / "before", tmp_path / f"bulletins-{last}", symlinks=True)
        with monkeypatch.context() as patch:
            Steps(patch, last)
            try:
                released(root, second, signing=signers, rendered=rendered)
                killed = False
            except Killed:
                pass
        folder = series(root).folder
        # Whole or not there; and what is read meanwhile leads to a whole release.
        assert numbers(folder) in ([1], [1, 2])
        assert verify(root).faults == []
        assert (folder / "current" / "bulletin.json").is_file()
        released(root, second, signing=signers, rendered=rendered)
        report = verify(root)
        assert (report.releases, report.signed, report.faults) == (2, 2, [])
        assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []
        assert str((folder / "current").readlink()) == "2"
        assert 'id="release-2"' in (folder / "index.html").read_text("utf-8")
    assert last > 25
