"""The registries of a site: those it names, or all that are installed."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from onco_etl.errors import ConfigurationError
from onco_registry.definition import load_registry
from onco_registry.registry_model import RegistryDefinition

# A package ships a registry by an entry point of this group: its name, and an object that is the folder's path.
GROUP = "onco_registry.registries"


def installed(names: Sequence[str]) -> list[RegistryDefinition]:
    """The definitions of the named registries (shipped, of other packages, or folders), without names of all of them.

    Raises ConfigurationError for a name that is none of these, for an entry point that cannot be loaded, for a
    definition that cannot be read, and for two registries that share a cohort id.
    """
    found = [load_registry(folder_of(name)) for name in names or registry_names()]
    _refuse_shared_ids(found)
    return found


def _refuse_shared_ids(registries: Sequence[RegistryDefinition]) -> None:
    """A cohort_definition_id is of one cohort of a site."""
    owner: dict[int, str] = {}
    for registry in registries:
        for cohort in (one.id for one in registry.cohorts):
            if cohort in owner:
                raise ConfigurationError(
                    f"registries {owner[cohort]!r} and {registry.name!r} both give the cohort id {cohort}: "
                    "ids are distinct among a site's registries"
                )
            owner[cohort] = registry.name


def registry_names() -> list[str]:
    """The names of the registries that are installed: those that are shipped, then those of other packages."""
    shipped = sorted(entry.name for entry in _shipped().iterdir())
    return [*shipped, *sorted({found.name for found in entry_points(group=GROUP)} - set(shipped))]


def folder_of(name: str) -> Path:
    """The folder of a registry: shipped, of another package, or a folder itself; raises as `installed`."""
    if _shipped().joinpath(name).is_dir():
        return Path(str(_shipped().joinpath(name)))
    if entry_points(group=GROUP, name=name):
        return _of_package(name)
    if not Path(name).is_dir():
        raise ConfigurationError(f"no registry {name!r}; installed: {', '.join(registry_names())}")
    return Path(name)


def _shipped() -> Traversable:
    return files("onco_mappings").joinpath("registries")


def _of_package(name: str) -> Path:
    """The folder that a package's entry point names."""
    (found,) = entry_points(group=GROUP, name=name)
    try:
        return Path(found.load())
    except Exception as error:
        whose = found.dist.name if found.dist else "a package"
        raise ConfigurationError(
            f"registry {name!r} of {whose}: {found.value}: {type(error).__name__}: {error}"
        ) from None
