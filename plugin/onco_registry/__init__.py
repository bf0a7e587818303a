"""Real-world oncology outcome registries on OMOP CDM tables: cohorts, outcomes, bulletin, command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onco_registry.warehouse import Warehouse, open_warehouse

__all__ = ["Warehouse", "open_warehouse"]


def __getattr__(name: str) -> object:
    """What analysts need, imported when it is asked for: whoever runs a command does not wait for pandas."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from onco_registry import warehouse

    return getattr(warehouse, name)
