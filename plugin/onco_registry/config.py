"""Configuration: registry.toml, each setting also from the environment (ONCO_REGISTRY__...)."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from onco_etl.errors import ConfigurationError
from onco_etl.settings import EtlSettings

DEFAULT_FILE = Path("registry.toml")

TEMPLATE = """\
# onco-registry: settings of this site. Each can also come from the environment, as ONCO_REGISTRY__<NAME>.

# The private data folder, relative to this file.
data = "data"
# The name under which this hospital's resources are kept apart from those of other sources.
source = "main"
# The hospital's one timezone: a date and time with an offset is converted to it before the day is taken.
timezone = "Asia/Shanghai"
# Registries to compute; empty: all that are installed.
registries = []
"""


class Config(BaseSettings):
    """Settings of a site. `data` and `site_map` are relative to the configuration file."""

    model_config = SettingsConfigDict(env_prefix="ONCO_REGISTRY__", extra="forbid", frozen=True)

    data: Path = Path("data")
    source: str = Field(default="main", pattern=r"^[A-Za-z0-9_-]{1,32}$")
    timezone: str = "Asia/Shanghai"
    registries: tuple[str, ...] = ()
    concept_block_start: int = Field(default=2_000_000_000, ge=2_000_000_000, le=2_147_000_000)
    site_map: Path | None = None
    maximum_object_size: int = Field(default=64 << 20, ge=1 << 16)
    validation_sample: int = Field(default=10, ge=0)
    published_keep: int = Field(default=5, ge=1)
    fictional: bool = False

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is pydantic's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file."""
        return env_settings, init_settings

    @property
    def etl(self) -> EtlSettings:
        """The part of the settings that the ETL needs."""
        return EtlSettings(
            data=self.data,
            source=self.source,
            timezone=self.timezone,
            concept_block_start=self.concept_block_start,
            site_map=self.site_map,
            maximum_object_size=self.maximum_object_size,
            validation_sample=self.validation_sample,
            published_keep=self.published_keep,
        )


def load(path: Path) -> Config:
    """Read the configuration file; without one, the defaults. Raises ConfigurationError naming file and setting."""
    values: dict[str, Any] = {}
    if path.exists():
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"{path}: {error}") from None
    elif path != DEFAULT_FILE:
        raise ConfigurationError(f"{path}: no such file; create it with `onco-registry init --config {path}`")
    try:
        config = Config(**values)
    except ValidationError as error:
        fault = error.errors()[0]
        name = ".".join(str(part) for part in fault["loc"])
        raise ConfigurationError(f"{path}: {name}: {fault['msg']}") from None
    base = path.absolute().parent
    return config.model_copy(
        update={"data": base / config.data, "site_map": base / config.site_map if config.site_map else None}
    )
