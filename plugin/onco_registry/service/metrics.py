"""What Prometheus reads: the newest attempts, from the ledger alone; numbers and names of steps, no patient data."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Engine

from onco_registry.config import Config
from onco_registry.service import jobs
from onco_registry.service.due import JOBS
from onco_registry.service.health import health

_PREFIX = "onco_registry"


class LedgerCollector(Collector):
    """Reads the ledger anew at each scrape."""

    def __init__(self, config: Config, engine: Engine) -> None:
        self._config = config
        self._engine = engine

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing beforehand: what there is depends on the ledger."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The gauges, each with the label `job`."""
        yield _gauge("info", "The software that runs", ["version"], [([version("onco-registry")], 1)])
        found = health(self._config, self._engine, datetime.now(UTC))
        yield _gauge(
            "healthy",
            "1 where the job succeeded at its newest date, or still may",
            ["job"],
            [([job.job], float(job.ok)) for job in found.jobs],
        )
        yield _gauge("running", "1 while a command holds the data folder", [], [([], float(found.running is not None))])
        newest = [(job, rows[0]) for job in JOBS if (rows := jobs.newest(self._engine, 1, job=job))]
        done = [(job, row) for job in JOBS if (row := jobs.last_succeeded(self._engine, job))]
        yield _gauge(
            "last_attempt_timestamp_seconds",
            "When the newest attempt began",
            ["job", "outcome"],
            [([job, row["outcome"]], _seconds(row["started"])) for job, row in newest],
        )
        yield _gauge(
            "last_success_timestamp_seconds",
            "When the last attempt that succeeded ended",
            ["job"],
            [([job], _seconds(row["ended"])) for job, row in done],
        )
        yield _gauge(
            "last_success_duration_seconds",
            "How long it took",
            ["job"],
            [([job], _seconds(row["ended"]) - _seconds(row["started"])) for job, row in done],
        )
        yield _gauge(
            "last_success_stage_seconds",
            "How long each stage of it took",
            ["job", "stage"],
            [([job, stage], took) for job, row in done for stage, took in (row["stages"] or {}).items()],
        )
        yield _gauge(
            "last_success_count",
            "Numbers of it: versions by fate, what is open",
            ["job", "of"],
            [([job, name], number) for job, row in done for name, number in (row["counts"] or {}).items()],
        )
        yield _gauge(
            "quality_checks_failing",
            "Quality checks that fail after it",
            ["job"],
            [([job], len(row["failing"] or ())) for job, row in done],
        )


def registry(config: Config, engine: Engine) -> CollectorRegistry:
    """The collectors of this service."""
    found = CollectorRegistry()
    found.register(LedgerCollector(config, engine))
    return found


def _gauge(name: str, text: str, labels: list[str], samples: list[tuple[list[str], float]]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"{_PREFIX}_{name}", text, labels=labels)
    for values, number in samples:
        family.add_metric(values, number)
    return family


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
