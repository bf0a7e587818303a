"""The registries of a site: those it names, or all that are installed."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from onco_etl.errors import ConfigurationError
from onco_registry.definition import load_registry
from onco_registry.registry_model import RegistryDefinition


def installed(names: Sequence[str]) -> list[RegistryDefinition]:
    """The definitions of the named registries (shipped, or folders), without names of all shipped ones.

    Raises ConfigurationError for a name that is neither, and for a definition that cannot be read.
    """
    shipped = sorted(entry.name for entry in files("onco_mappings").joinpath("registries").iterdir())
    for name in names:
        if name not in shipped and not Path(name).is_dir():
            raise ConfigurationError(f"no registry {name!r}; shipped: {', '.join(shipped)}")
    return [load_registry(name) for name in names or shipped]
