"""Configuration: registry.toml, each setting also from the environment (ONCO_REGISTRY__...)."""

from __future__ import annotations

import difflib
import json
import os
import tomllib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from onco_etl.errors import ConfigurationError
from onco_etl.postgres.settings import PostgresSettings
from onco_etl.server.settings import ServerSettings
from onco_etl.settings import EXCLUDED_SECURITY_LABELS, EtlSettings, Retention
from onco_registry.bulletin.settings import BulletinSettings, nested
from onco_registry.episode_rules import episode_rules
from onco_registry.installed import folder_of, installed
from onco_registry.service.settings import NotifySettings, ScheduleSettings, ServiceSettings

DEFAULT_FILE = Path("registry.toml")
_PREFIX = "ONCO_REGISTRY__"
# Faults that pydantic words for programmers.
_WORDS = {
    "dataclass_type": "a section, with settings of its own: [{name}]",
    "path_type": "expected a path in quotes",
    "string_type": "expected a text in quotes",
    "tuple_type": "expected a list in brackets",
}
_FORMS = {
    "source": "1 to 32 letters of a to z, digits, _ or -",
    "memory_limit": "a number and a unit in quotes, such as 4GB",
}

TEMPLATE = """\
# onco-registry: settings of this site. Each can also come from the environment, as ONCO_REGISTRY__<NAME>.

# The private data folder, relative to this file.
data = "data"
# The name under which this hospital's resources are kept apart from those of other sources.
source = "main"
# The hospital's one timezone: a date and time with an offset is converted to it before the day is taken.
timezone = "Asia/Shanghai"
# Registries to compute, by their names; empty: all that are installed, and bulletins of those that patients entered.
registries = []
"""


class Config(BaseSettings):
    """Settings of a site. Paths are relative to the configuration file."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True)

    data: Path = Path("data")
    source: str = Field(default="main", pattern=r"^[A-Za-z0-9_-]{1,32}$")
    holder: str = Field(default="", max_length=255)
    timezone: str = "Asia/Shanghai"
    # From the environment as a list with commas.
    registries: Annotated[tuple[str, ...], NoDecode] = ()
    concept_block_start: int = Field(default=2_000_000_000, ge=2_000_000_000, le=2_147_000_000)
    site_map: Path | None = None
    site_systems: Path | None = None
    opt_out_list: Path | None = None
    memory_limit: str | None = Field(default=None, pattern=r"^[1-9][0-9]*(\.[0-9]+)? ?[KMGT]i?B$")
    threads: int | None = Field(default=None, ge=1)
    maximum_object_size: int = Field(default=64 << 20, ge=1 << 16)
    maximum_file_size: int = Field(default=64 << 30, ge=1 << 16)
    validation_sample: int = Field(default=10, ge=0)
    published: Path | None = None
    published_keep: int = Field(default=5, ge=1)
    excluded_security_labels: Annotated[tuple[str, ...], NoDecode] = EXCLUDED_SECURITY_LABELS
    servers: Annotated[tuple[str, ...], NoDecode] = ()
    check_every_sync: bool = True
    observation_gap_days: int | None = Field(default=None, ge=1)
    fictional: bool = False
    inbox: Path | None = None
    server: ServerSettings | None = None
    retention: Retention = Retention()
    schedule: ScheduleSettings = ScheduleSettings()
    service: ServiceSettings = ServiceSettings()
    notify: NotifySettings = NotifySettings()
    postgres: PostgresSettings | None = None
    bulletin: BulletinSettings = BulletinSettings()

    @field_validator("registries", "excluded_security_labels", "servers", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("server", "notify", "bulletin", mode="before")
    @classmethod
    def _listed_within(cls, value: object, info: ValidationInfo) -> object:
        """The lists of a section come from the environment with commas, too; lists of tables as JSON."""
        kind = _section(cls.model_fields[info.field_name or ""].annotation)
        if not isinstance(value, dict) or kind is None:
            return value
        lists = {name for name, annotation in get_type_hints(kind).items() if get_origin(annotation) is tuple}
        return {name: cls._listed(_json(item)) if name in lists else item for name, item in value.items()}

    @field_validator("bulletin")
    @classmethod
    def _mail_has_a_server(cls, value: BulletinSettings, info: ValidationInfo) -> BulletinSettings:
        notify = info.data.get("notify")
        if any(channel.by == "email" for channel in value.send) and not (notify and notify.smtp_host):
            raise ValueError("send: e-mail goes by the server of notify.smtp_host, which is not set")
        return value

    @field_validator("bulletin")
    @classmethod
    def _all_bulletins_are_not_public(cls, value: BulletinSettings, info: ValidationInfo) -> BulletinSettings:
        # Without a data folder, which is an error of its own, nothing is known of the one below it.
        data = info.data.get("data")
        kept = value.folder or (data / "bulletins" if data else None)
        for channel in value.send:
            if kept and channel.audience == "public" and channel.folder and nested(channel.folder, kept):
                raise ValueError(f"send: {channel.name}: the folder of all bulletins is not for all to see")
        return value

    @field_validator("servers")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        # Else no reference would begin with one, and what refers by address would wait for ever.
        if not all(server.startswith(("http://", "https://")) for server in value):
            raise ValueError("base addresses of servers, such as https://fhir.hospital.example/r4")
        return value

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"{value!r} is no IANA timezone, such as Asia/Shanghai")
        return value

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
    def zone(self) -> ZoneInfo:
        """The hospital's timezone."""
        return ZoneInfo(self.timezone)

    @property
    def published_folder(self) -> Path:
        """Where the published files are."""
        return EtlSettings(self.data, published=self.published).published_folder

    @property
    def bulletins_folder(self) -> Path:
        """Where the releases of the bulletins are."""
        return self.bulletin.folder or self.data / "bulletins"

    @property
    def etl(self) -> EtlSettings:
        """The part of the settings that the ETL needs."""
        return EtlSettings(
            data=self.data,
            source=self.source,
            holder=self.holder,
            timezone=self.timezone,
            concept_block_start=self.concept_block_start,
            site_map=self.site_map,
            site_systems=self.site_systems,
            opt_out_list=self.opt_out_list,
            retention=self.retention,
            memory_limit=self.memory_limit,
            threads=self.threads,
            maximum_object_size=self.maximum_object_size,
            maximum_file_size=self.maximum_file_size,
            validation_sample=self.validation_sample,
            published=self.published,
            published_keep=self.published_keep,
            excluded_security_labels=self.excluded_security_labels,
            servers=self.servers,
            check_every_sync=self.check_every_sync,
            observation_gap_days=self.observation_gap_days,
            episodes=tuple(episode_rules(registry) for registry in installed(self.registries)),
            postgres=self.postgres,
        )


def _json(value: object) -> object:
    return json.loads(value) if isinstance(value, str) and value.startswith("[") else value


def load(path: Path) -> Config:
    """Read the configuration file, or that of a folder; raises ConfigurationError naming file and setting.

    Without a file the settings must come from the environment: a command run in the wrong folder is told so.
    """
    path = path / DEFAULT_FILE if path.is_dir() else path
    values: dict[str, Any] = {}
    if path.exists():
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"{path}: {error}") from None
    elif path != DEFAULT_FILE or f"{_PREFIX}DATA" not in os.environ:
        raise ConfigurationError(
            f"no {path.name} in {path.absolute().parent}: "
            "go to your site's folder or pass --config FILE (a new site: onco-registry init)"
        )
    _refuse_unknown_variables()
    try:
        config = Config(**values)
    except ValidationError as error:
        raise ConfigurationError(f"{path}: {_fault(error)}") from None
    base = path.absolute().parent
    located = config.model_copy(update={name: _located(value, base) for name, value in config})
    # What is written as a path is one; a name is that of an installed registry.
    folders = tuple(str(base / name) if "/" in name else name for name in config.registries)
    located = located.model_copy(update={"registries": folders})
    _look_up(located, path)
    for name in ("site_map", "site_systems", "opt_out_list"):
        own: Path | None = getattr(located, name)
        if own and not own.is_file():
            raise ConfigurationError(f"{path}: {name}: {own}: no such file")
    return located


def _look_up(config: Config, path: Path) -> None:
    """Raises ConfigurationError, naming the file, for a registry that is not there or a schedule that is none."""
    setting = "registries: "
    try:
        for name in config.registries:
            folder_of(name)
        if config.schedule != ScheduleSettings():
            from onco_registry.service.due import calendars

            # Names the setting itself.
            setting = ""
            calendars(config)
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {setting}{error}") from None


def _refuse_unknown_variables() -> None:
    """A variable that is no setting would be passed over without a word; raises ConfigurationError."""
    settings = [name.split(".") for name in names()]
    # A section can be given whole, too, as JSON.
    known = {_PREFIX + "__".join(parts[:end]).upper() for parts in settings for end in range(1, len(parts) + 1)}
    for variable in sorted(name.upper() for name in os.environ if name.upper().startswith(_PREFIX)):
        if variable not in known:
            meant = difflib.get_close_matches(variable, sorted(known), n=1)
            raise ConfigurationError(f"{variable}: no such setting" + (f"; did you mean {meant[0]}?" if meant else ""))


def _located(value: Any, base: Path) -> Any:
    """A setting with its paths below `base`; the settings of a section are those of a dataclass."""
    if isinstance(value, Path):
        return base / value
    if isinstance(value, tuple):
        return tuple(_located(item, base) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: _located(getattr(value, f.name), base) for f in fields(value)})
    return value


def names(kind: Any = None, prefix: str = "") -> Iterator[str]:
    """Every setting by the name that the configuration file gives it: `name`, or `section.name`."""
    found = {name: f.annotation for name, f in Config.model_fields.items()} if kind is None else get_type_hints(kind)
    for name, annotation in found.items():
        section = _section(annotation)
        yield from names(section, f"{prefix}{name}.") if section else [f"{prefix}{name}"]


def _section(annotation: Any) -> Any:
    """The dataclass of a setting that is a section; None for any other."""
    return next((part for part in (annotation, *get_args(annotation)) if is_dataclass(part)), None)


def _fault(error: ValidationError) -> str:
    """The first fault in words, with the setting that may have been meant, and never with a value."""
    fault = error.errors()[0]
    name = ".".join(str(part) for part in fault["loc"])
    if fault["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        known = list(names())
        sections = sorted({setting.partition(".")[0] for setting in known if "." in setting})
        meant = difflib.get_close_matches(name, [*sections, *known], n=1)
        return f"{name}: no such setting" + (f"; did you mean {meant[0]}?" if meant else "")
    if fault["type"] == "string_pattern_mismatch" and name in _FORMS:
        return f"{name}: expected {_FORMS[name]}"
    if fault["type"] in _WORDS:
        return f"{name}: {_WORDS[fault['type']].format(name=name)}"
    return f"{name}: {fault['msg'].removeprefix('Value error, ')}"
