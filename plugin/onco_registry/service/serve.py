"""The service: a scheduler that looks what is due, and runs it as a process of its own, one at a time."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from threading import Event, Lock

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy import Engine

from onco_etl import lock
from onco_etl.errors import OncoError, StateError
from onco_registry.config import Config
from onco_registry.service import delivery, jobs, news, tasks, web
from onco_registry.service.due import calendars, due
from onco_registry.service.health import is_served

log = structlog.get_logger()

# What was missed, failed or could not be told is looked at as often.
LOOK_EVERY = timedelta(minutes=10)


def serve(config: Config, file: Path) -> None:
    """Run jobs when they are due, until SIGTERM or SIGINT; then stop the one that runs, which rolls back.

    file: the configuration, for the processes of the jobs. Raises InUseError, naming the other, where this data folder
    is served already; StateError where there is none; ConfigurationError for a schedule that is none.
    """
    if not config.data.is_dir():
        raise StateError(f"{config.data}: no such folder; create it with `onco-registry init`")
    calendars(config)
    with (
        lock.held(config.data, "serve", file=lock.SERVICE),
        jobs.opened(config.data) as engine,
        web.answering(config, engine) as port,
    ):
        service = Service(config, file, engine)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: service.stop())
        log.info("serving", listen=config.service.listen, port=port, timezone=config.timezone)
        service.run()


class Service:
    """The jobs of one data folder; `run` returns when `stop` was called."""

    def __init__(self, config: Config, file: Path, engine: Engine) -> None:
        self._config = config
        self._file = file
        self._engine = engine
        self._stopping = Event()
        self._looking = Lock()
        self._job: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        """Look when a job is due, at the start and every ten minutes, until told to stop."""
        scheduler = BackgroundScheduler(
            timezone=self._config.timezone,
            executors={"default": ThreadPoolExecutor(1)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": 3600},
        )
        for calendar in calendars(self._config).values():
            scheduler.add_job(self.look, calendar.trigger(self._config.timezone))
        scheduler.add_job(self.look, IntervalTrigger(seconds=int(LOOK_EVERY.total_seconds())), next_run_time=_now())
        scheduler.start()
        self._stopping.wait()
        scheduler.shutdown(wait=True)
        log.info("stopped")

    def stop(self) -> None:
        """Begin nothing more, and stop the job that runs."""
        self._stopping.set()
        if (job := self._job) is not None and job.poll() is None:
            log.info("stopping the job", pid=job.pid)
            job.send_signal(signal.SIGTERM)

    def look(self) -> None:
        """Run each job that is due now, and send what is to be told."""
        with self._looking:
            for job, calendar in calendars(self._config).items():
                day = due(self._engine, calendar, self._config.schedule, _now())
                if day is not None and not self._stopping.is_set():
                    self._run(job, day)
            self._send()
            delivery.deliver(self._engine, self._config.notify)

    def _send(self) -> None:
        """Send the bulletins that are due; what is not taken is news, and is tried again."""
        try:
            tasks.send(self._config)
        except OncoError as error:
            log.warning("bulletins not sent", reason=str(error))

    def _run(self, job: str, day: date) -> None:
        """One attempt, as a process: what it holds in memory is free when it ends, and it cannot take us with it."""
        before = _newest(self._engine, job)
        log.info("job", job=job, date=day.isoformat())
        command = [sys.executable, "-m", "onco_registry", job, "--date", day.isoformat(), "--config", str(self._file)]
        self._job = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        if self._stopping.is_set():
            self._job.send_signal(signal.SIGTERM)
        code = self._wait(self._job)
        self._job = None
        log.info("job ended", job=job, date=day.isoformat(), exit_code=code)
        self._settle(job, day, code, recorded=_newest(self._engine, job) != before)

    def _wait(self, job: subprocess.Popen[bytes]) -> int:
        """The exit code; a job that takes too long to roll back, once told to stop, is killed."""
        while not self._stopping.is_set():
            try:
                return job.wait(timeout=1)
            except subprocess.TimeoutExpired:
                continue
        try:
            return job.wait(timeout=self._config.service.stop_seconds)
        except subprocess.TimeoutExpired:
            job.kill()
            return job.wait()

    def _settle(self, job: str, day: date, code: int, *, recorded: bool) -> None:
        """Record what the process could not: that it was killed, or failed before it opened the ledger."""
        if lock.holder(self._config.data) is None:
            jobs.close_killed(self._engine)
        # Where another command holds the data folder, nothing failed: the job is due still.
        if not recorded and code not in (0, StateError.exit_code):
            attempt = jobs.begin(self._engine, job, day, version("onco-registry"))
            # A process that a signal ended has the number of the signal, negative.
            ending = {"outcome": "interrupted", "message": jobs.KILLED} if code < 0 else {"outcome": "failed"}
            jobs.end(self._engine, attempt, exit_code=code, **ending)
        note_news(self._config, self._engine, job)


def note_news(config: Config, engine: Engine, job: str) -> None:
    """Keep what is to be told of the newest attempt of a job."""
    news.note(
        engine,
        job,
        site=config.etl.holder or config.source,
        retries=config.schedule.retries,
        is_served=is_served(config),
        channels=delivery.channels(config.notify),
    )


def _newest(engine: Engine, job: str) -> int:
    return max((row["id"] for row in jobs.newest(engine, 1, job=job)), default=0)


def _now() -> datetime:
    return datetime.now(UTC)
