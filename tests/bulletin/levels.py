"""Variables of a baseline table, by the counts of their levels."""

from __future__ import annotations

from typing import Any


def variable(*counts: int, multiple: bool = False) -> dict[str, Any]:
    levels = [{"level": str(at), "label": f"L{at}", "x": x, "missing": False} for at, x in enumerate(counts)]
    summary = {
        "n": 20,
        "median": 1.0,
        "lower_quartile": 1,
        "upper_quartile": 1,
        "minimum": 1,
        "maximum": 2,
        "unit": None,
    }
    return {
        "variable": "v", "label": "V", "n": sum(counts), "multiple": multiple, "levels": levels, "summary": summary,
    }  # fmt: skip
