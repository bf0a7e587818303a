"""What the ETL needs to know of a site."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from onco_etl.episodes import EpisodeRules
from onco_etl.postgres.settings import PostgresSettings

# v3-Confidentiality "very restricted" and v3-ActReason "test health data".
EXCLUDED_SECURITY_LABELS = ("V", "HTEST")


@dataclass(frozen=True)
class Retention:
    """How long what is older is kept; without a number, for ever.

    landing_days: days for which a batch stays as received. landing_keep: what stays of it then: the `current` versions
    of resources, so that a rebuild gives the same tables, or `nothing`. published_days: days for which published files
    stay, beside the limit by their number; the newest always does. Raises ValueError for a number below 1.
    """

    landing_days: int | None = None
    landing_keep: Literal["current", "nothing"] = "current"
    published_days: int | None = None

    def __post_init__(self) -> None:
        if any(days is not None and days < 1 for days in (self.landing_days, self.published_days)):
            raise ValueError("days are 1 or more")


@dataclass(frozen=True)
class EtlSettings:
    """Settings of the ETL.

    data: the private data folder. source: the name under which this site's resources are kept apart from others'.
    timezone: IANA name of the hospital's one timezone. concept_block_start: custom concept ids come above it.
    site_map: a map of the site's codes, as SOURCE_TO_CONCEPT_MAP or as saved by Usagi. site_systems: a CSV like
    mappings/concepts/systems.csv with the site's own code systems. opt_out_list: a text with the ids of patients, or
    their identifiers as `system|value`, one a line, who give no rows. memory_limit: DuckDB's, such as '4GB', by default
    most of the machine's. threads: DuckDB's, by default one per core. maximum_object_size: largest resource or Bundle,
    in bytes.
    maximum_file_size: largest file, decompressed, in bytes; a larger one is an error before anything is changed.
    validation_sample: accepted resources per type and file that fhir.resources also looks at.
    published: the folder of the published files, by default one of the data folder; published_keep: how many stay.
    excluded_security_labels: meta.security labels, as `code` or `system|code`, whose resources give no rows.
    check_every_sync: run the quality checks before publishing.
    servers: base addresses of the site's own FHIR servers; an absolute reference elsewhere is to nobody here. Without
    any, every reference is to the site's own. observation_gap_days: a period of observation ends where nothing was
    recorded for more days; without it all is one period. retention: what goes with age. episodes: the rules of the
    installed registries. holder: who holds the data, for cdm_source; by default the source. postgres: the replica,
    where there is one.
    """

    data: Path
    source: str = "main"
    holder: str = ""
    timezone: str = "Asia/Shanghai"
    concept_block_start: int = 2_000_000_000
    site_map: Path | None = None
    site_systems: Path | None = None
    opt_out_list: Path | None = None
    memory_limit: str | None = None
    threads: int | None = None
    maximum_object_size: int = 64 << 20
    maximum_file_size: int = 64 << 30
    validation_sample: int = 10
    published: Path | None = None
    published_keep: int = 5
    excluded_security_labels: tuple[str, ...] = EXCLUDED_SECURITY_LABELS
    servers: tuple[str, ...] = ()
    check_every_sync: bool = False
    observation_gap_days: int | None = None
    retention: Retention = Retention()
    episodes: tuple[EpisodeRules, ...] = ()
    postgres: PostgresSettings | None = None

    @property
    def published_folder(self) -> Path:
        """Where the published files are; analysts may get this folder without the data folder."""
        return self.published or self.data / "published"
