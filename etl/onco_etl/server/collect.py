"""Wait for a bulk export and fetch its files: resources and deletions for the pipeline, errors to look at."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import httpx
import structlog

from onco_etl.errors import ServerError
from onco_etl.query import file_literal
from onco_etl.server import manifest, outcome, private, received, waiting
from onco_etl.server.job import Job
from onco_etl.server.manifest import File, Manifest
from onco_etl.server.settings import ServerSettings
from onco_etl.server.wire import Wire

log = structlog.get_logger()

# What a status or file address answers when the export is no longer there.
_GONE = frozenset({404, 410})
_TRIES = 3
_FIRST_PAUSE = 1.0
_PAGES = 10_000


class LostError(Exception):
    """The server no longer has the export: it must be begun anew."""


@dataclass(frozen=True)
class Collected:
    """Until when the server was read, and how many lines the files hold."""

    transaction_time: datetime
    lines: int


@dataclass(frozen=True)
class Folders:
    """Where files go: `incoming` to the pipeline, `errors` to hospital IT."""

    incoming: Path
    errors: Path


class Collector:
    """Fetches one export. A file that is there already, from an earlier process, is not fetched again."""

    def __init__(self, wire: Wire, settings: ServerSettings, job: Job, folders: Folders) -> None:
        self._wire = wire
        self._settings = settings
        self._job = job
        self._folders = folders
        self._lines: dict[Path, int] = {}

    def collect(self) -> Collected:
        """Wait for the export and fetch every file that its manifests name.

        Raises LostError when the export is gone, ServerError for what does not pass.
        """
        url = self._job.url
        for page in range(_PAGES):
            part = self._part(url, page)
            if part.following is None:
                self._remove_empty()
                return Collected(part.transaction_time, sum(self._lines.values()))
            url = part.following
        raise ServerError(f"the export has more than {_PAGES} manifests")

    def _remove_empty(self) -> None:
        for target, lines in self._lines.items():
            if not lines:
                for done in _existing(target):
                    done.unlink()

    def _part(self, url: str, page: int) -> Manifest:
        """The manifest at `url`, whole or with a link to the next; its files are fetched."""
        pause = min(_FIRST_PAUSE, self._settings.poll_seconds)
        while True:
            response = self._status(url)
            if response.status_code == 200 or _holds_manifest(response):
                found = manifest.parse(response)
                self._fetch_all(found, page)
                # A part given before the others are ready gets its link to them later.
                if response.status_code == 200 or found.following:
                    return found
            if self._job.age > self._settings.export_seconds:
                raise ServerError("the export is not ready after server.export_seconds; it was given up")
            _tell_progress(response)
            time.sleep(waiting.asked(response, self._settings.longest_wait_seconds) or pause)
            pause = min(2 * pause, self._settings.poll_seconds)

    def _status(self, url: str) -> httpx.Response:
        response = self._wire.get(url, headers={"Accept": "application/json"}, expected=_GONE)
        if response.status_code in _GONE:
            raise LostError
        return response

    def _fetch_all(self, found: Manifest, page: int) -> None:
        # Files are received in the order of their names: a resource that was deleted and made anew stays.
        for number, file in enumerate(found.deleted):
            self._fetch(file, found.token, self._folders.incoming / f"0-deleted-{page:04d}-{number:06d}")
        for number, file in enumerate(found.output):
            self._fetch(file, found.token, self._folders.incoming / f"{page:04d}-{number:06d}-{file.resource_type}")
        for number, file in enumerate(found.error):
            self._fetch(file, found.token, self._folders.errors / f"{page:04d}-{number:06d}")

    def _fetch(self, file: File, token: bool, target: Path) -> None:
        """Have a file under its name with .ndjson or .ndjson.gz, and note its lines."""
        if target in self._lines:
            return
        whole = _existing(target)
        counted = received.count(whole[0], self._settings.maximum_download) if whole else None
        lines = (counted or self._fetch_whole(file, token, target)).lines
        if target.parent == self._folders.incoming:
            self._lines[target] = lines

    def _fetch_whole(self, file: File, token: bool, target: Path) -> received.Counted:
        """A broken file is fetched again; one that stays broken is an error: what is missing would never come again."""
        part = target.with_name(f"{target.name}.part")
        fault = ""
        for _ in range(_TRIES):
            part.unlink(missing_ok=True)
            self._download(file.url, part, token)
            try:
                counted = self._whole(file, part)
            except received.BrokenFileError as error:
                fault = str(error)
                log.warning("a file is fetched again", type=file.resource_type, reason=fault)
            else:
                part.rename(_named(target, counted.packed))
                return counted
        part.unlink()
        raise ServerError(f"a file of the export ({file.resource_type}) is not whole: {fault}")

    def _whole(self, file: File, part: Path) -> received.Counted:
        """The lines of a file; raises BrokenFileError where it is not whole."""
        counted = received.count(part, self._settings.maximum_download)
        if file.count is None or counted.lines == file.count:
            return counted
        if counted.lines < file.count and self._settings.totals:
            raise received.BrokenFileError(f"it has {counted.lines} lines and should have {file.count}")
        log.warning("a file has not as many lines as announced", type=file.resource_type, lines=counted.lines)
        return counted

    def _download(self, url: str, part: Path, token: bool) -> None:
        try:
            # The server itself may know who we are in any case; others only where it says that they have to.
            self._wire.download(url, part, authorized=True if token else None)
        except ServerError as error:
            # An address that is signed answers 403 when its time is over.
            if error.status in _GONE or (error.status == 403 and not token):
                raise LostError from None
            raise


def _named(target: Path, packed: bool) -> Path:
    return target.with_name(f"{target.name}.ndjson{'.gz' if packed else ''}")


def _existing(target: Path) -> list[Path]:
    return [done for done in (_named(target, False), _named(target, True)) if done.exists()]


def _holds_manifest(response: httpx.Response) -> bool:
    """Whether an answer that says "not yet" brings the files that are ready."""
    try:
        return "output" in response.json()
    except (ValueError, TypeError):
        return False


def _tell_progress(response: httpx.Response) -> None:
    """Log what X-Progress says, without what does not belong into a short text."""
    said = re.sub(r"[^A-Za-z0-9 %.,:/()-]", "", response.headers.get("X-Progress", ""))[:60]
    log.info("the export is not ready", **({"progress": said} if said else {}))


def tell_errors(folder: Path) -> bool:
    """Log how many issues of each severity and code the files of `folder` hold; whether something was left out.

    Their texts stay in the files, for hospital IT.
    """
    files: Sequence[Path] = sorted(private.folder(folder).glob("*.ndjson*"))
    if not files:
        return False
    listed = ", ".join(file_literal(file) for file in files)
    with duckdb.connect() as con:
        found = con.execute(
            f"""
            SELECT issue ->> '$.severity', issue ->> '$.code', count(*)
            FROM (
                SELECT unnest(from_json(json -> '$.issue', '["JSON"]')) AS issue
                FROM read_json_objects([{listed}], format = 'newline_delimited', ignore_errors = true)
            )
            GROUP BY ALL ORDER BY ALL
            """
        ).fetchall()
    for severity, code, issues in found:
        said = {"severity": outcome.word(severity), "code": outcome.word(code)}
        log.warning("the export reports issues", **said, issues=issues)
    return any(severity not in ("warning", "information") for severity, _, _ in found)
