"""An erasure that is killed (SIGKILL) at a chosen point, in a process of its own."""

from __future__ import annotations

from hostile.killed import Point, arm, quiet
from onco_etl import erasure
from onco_etl.settings import EtlSettings


def erase(settings: EtlSettings, name: str, point: Point) -> None:
    """Erase a patient; the process ends at `point`."""
    quiet()
    arm(point)
    erasure.erase(settings, name)
