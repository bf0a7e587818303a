"""The registries of a site: those it names, or all that are installed."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path

from onco_etl.errors import ConfigurationError
from onco_registry.definition import load_registry
from onco_registry.registry_model import RegistryDefinition

# A package ships a registry by an entry point of this group: its name, and an object that is the folder's path.
GROUP = "onco_registry.registries"


def installed(names: Sequence[str]) -> list[RegistryDefinition]:
    """The definitions of the named registries (shipped, of other packages, or folders), without names of all of them.

    Raises ConfigurationError for a name that is none of these, for an entry point that cannot be loaded, and for a
    definition that cannot be read.
    """
    shipped = sorted(entry.name for entry in files("onco_mappings").joinpath("registries").iterdir())
    others = {found.name: found for found in entry_points(group=GROUP)}
    for name in names:
        if name not in shipped and name not in others and not Path(name).is_dir():
            known = ", ".join([*shipped, *sorted(others)])
            raise ConfigurationError(f"no registry {name!r}; installed: {known}")
    wanted = names or [*shipped, *sorted(others.keys() - set(shipped))]
    return [load_registry(name if name in shipped or name not in others else _folder(name)) for name in wanted]


def _folder(name: str) -> Path:
    """The folder that a package's entry point names."""
    (found,) = entry_points(group=GROUP, name=name)
    try:
        return Path(found.load())
    except Exception as error:
        whose = found.dist.name if found.dist else "a package"
        raise ConfigurationError(
            f"registry {name!r} of {whose}: {found.value}: {type(error).__name__}: {error}"
        ) from None
