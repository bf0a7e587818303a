"""Pages of a FHIR server's answers: Bundles, followed by their `next` links and taken apart by DuckDB.

One page at a time is in memory. Tables of the connection, per page:

entry     n, mode (match, include or outcome of a search, event of a history, or other), body (JSON), id, method,
          last_modified and etag (as stated)
and over a walk:
seen      id: what the pages so far brought
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import httpx
import structlog

from onco_etl.errors import ServerError
from onco_etl.query import file_literal, literal, scalar
from onco_etl.server import clock, outcome
from onco_etl.server.wire import Wire

log = structlog.get_logger()

# So many pages in a row without anything new are taken for links that go round.
_IDLE = 100
# DuckDB's own limit for one JSON value.
_OBJECT_SIZE = 16 << 20
# The address of a resource, relative or absolute.
_ADDRESS = r"([A-Z][A-Za-z]+)/([^/?#]+)(?:/_history/[^/?#]+)?$"

# What is read of an entry.
_SAID = {
    "kind": "$.resource.resourceType",
    "mode": "$.search.mode",
    "method": "$.request.method",
    "id": "$.resource.id",
    "url": "$.request.url",
    "full_url": "$.fullUrl",
    "last_modified": "$.response.lastModified",
    "last_updated": "$.resource.meta.lastUpdated",
    "etag": "$.response.etag",
}
# Some servers answer a search from what they found a minute ago.
HEADERS = {"Accept": "application/fhir+json", "Cache-Control": "no-cache"}
# Unknown parameter or type, no such interaction.
_REFUSALS = (400, 404, 405, 410, 501)

Parameters = tuple[tuple[str, str], ...]


class RefusedError(Exception):
    """The server does not take a request: what is asked for, or the way in which it is."""


@dataclass(frozen=True)
class Page:
    """Of one answer: Bundle.total if stated, how many matches or events, the server's clock, the oldest match."""

    total: int | None
    matches: int
    instant: datetime | None
    oldest: datetime | None


class Pages:
    """Reads pages into `con`, whose table `entry` holds the entries of the newest one.

    distinct: how many different resources, or events of a history, the present walk has brought.
    """

    def __init__(self, wire: Wire, con: duckdb.DuckDBPyConnection, scratch: Path) -> None:
        self._wire = wire
        self.con = con
        self.distinct = 0
        self._file = scratch / "page.part"

    def walk(self, resource_type: str, url: str, parameters: Parameters) -> Iterator[Page]:
        """The page at `url` and those that its `next` links lead to.

        Raises RefusedError where the server does not take the first request; ServerError, which names the type, where
        an answer is no Bundle or the links lead round.
        """
        self.con.execute("CREATE OR REPLACE TABLE seen (id VARCHAR)")
        self.distinct = 0
        visited: set[str] = set()
        idle = 0
        following: str | None = url
        while following is not None:
            visited.add(following)
            page, following = self._read(resource_type, self._get(following, parameters if len(visited) == 1 else None))
            brought = self._remember()
            self.distinct += brought
            idle = 0 if brought else idle + 1
            if following in visited or idle == _IDLE:
                raise ServerError(f"{resource_type}: the next links lead round; nothing of it is taken")
            yield page

    def _get(self, url: str, parameters: Parameters | None) -> httpx.Response:
        """An answer; only the first request of a walk, the one that we made, can be refused."""
        expected = _REFUSALS if parameters is not None else ()
        response = self._wire.get(url, parameters, HEADERS, expected=expected)
        if response.status_code in expected:
            raise RefusedError
        return response

    def _read(self, resource_type: str, response: httpx.Response) -> tuple[Page, str | None]:
        """Fill `entry` from an answer; the page, and the address of the next one."""
        self._parse(resource_type, response.content)
        kind, total, last_updated, following, entries = self.con.execute(
            """
            SELECT
                json ->> '$.resourceType', try_cast(json ->> '$.total' AS BIGINT), json ->> '$.meta.lastUpdated',
                list_filter(
                    json_transform(json -> '$.link', '[{"relation":"VARCHAR","url":"VARCHAR"}]'),
                    lambda link: link.relation = 'next'
                )[1].url,
                coalesce(json_type(json, '$.entry'), 'ARRAY')
            FROM page
            """
        ).fetchall()[0]
        if kind != "Bundle" or entries != "ARRAY":
            raise ServerError(f"{resource_type}: the server's answer is no Bundle")
        self._take_apart(resource_type)
        matches, oldest = self.con.execute(
            """
            SELECT
                count(*) FILTER (mode IN ('match', 'event')),
                epoch_ms(min(point) FILTER (mode = 'match' AND point BETWEEN '0001-01-02' AND '9999-12-30'))
            FROM (SELECT mode, try_cast(last_modified AS TIMESTAMPTZ) AS point FROM entry)
            """
        ).fetchall()[0]
        since = None if oldest is None else datetime.fromtimestamp(oldest / 1000, UTC)
        page = Page(total, matches, clock.of_answer(response, last_updated), since)
        return page, following and str(self._wire.origins.permitted(following, response.url))

    def _parse(self, resource_type: str, content: bytes) -> None:
        """The one JSON value of an answer, in the table `page`."""
        self._file.write_bytes(content)
        try:
            self.con.execute(
                f"""
                CREATE OR REPLACE TABLE page AS
                SELECT json FROM read_json_objects({file_literal(self._file)}, format = 'unstructured',
                                                   maximum_object_size = {max(_OBJECT_SIZE, 2 * len(content))})
                """
            )
            values: int = scalar(self.con, "SELECT count(*) FROM page")
        except (duckdb.InvalidInputException, UnicodeDecodeError):
            values = 0
        finally:
            self._file.unlink()
        if values != 1:
            raise ServerError(f"{resource_type}: the server's answer is no JSON")

    def _take_apart(self, resource_type: str) -> None:
        """Fill `entry`; what is no match, such as an OperationOutcome, is told in the log and not taken."""
        self.con.execute(
            f"""
            CREATE OR REPLACE TABLE entry AS
            SELECT
                n, body,
                CASE
                    WHEN method IS NOT NULL THEN 'event'
                    WHEN kind = {literal(resource_type)} THEN coalesce(mode, 'match')
                    WHEN kind = 'OperationOutcome' THEN 'outcome'
                    WHEN body IS NOT NULL THEN 'other'
                END AS mode,
                method, coalesce(id, regexp_extract(coalesce(url, full_url), {literal(_ADDRESS)}, 2)) AS id,
                coalesce(last_modified, last_updated) AS last_modified, etag
            FROM (
                SELECT n, body, {", ".join(f"said[{n}] AS {name}" for n, name in enumerate(_SAID, start=1))}
                FROM (
                    SELECT
                        n, entry -> '$.resource' AS body,
                        json_extract_string(entry, {list(_SAID.values())}) AS said
                    FROM (
                        SELECT generate_subscripts(entries, 1) AS n, unnest(entries) AS entry
                        FROM (SELECT json_extract(json, '$.entry[*]') AS entries FROM page)
                    )
                )
            )
            """
        )
        self._tell(resource_type)

    def _tell(self, resource_type: str) -> None:
        """Log by their codes what a search says beside its matches; its texts may name somebody."""
        issues = self.con.execute(
            """
            SELECT DISTINCT issue ->> '$.severity', issue ->> '$.code'
            FROM (SELECT unnest(json_extract(body, '$.issue[*]')) AS issue FROM entry WHERE mode = 'outcome')
            """
        ).fetchall()
        for severity, code in issues:
            log.warning(
                "the server says",
                type=resource_type,
                severity=severity if severity in outcome.SEVERITIES else "unknown",
                code=code if code in outcome.CODES else "unknown",
            )

    def _remember(self) -> int:
        """How many resources, or events of a history, the page in `entry` brought that the walk had not yet brought."""
        brought: int = scalar(
            self.con,
            """
            INSERT INTO seen
            SELECT DISTINCT id FROM (
                SELECT
                    CASE mode
                        WHEN 'match' THEN coalesce(id, uuid()::VARCHAR)
                        WHEN 'event' THEN concat_ws(' ', id, method, last_modified, etag)
                    END AS id
                FROM entry
            ) ANTI JOIN seen USING (id)
            WHERE id IS NOT NULL
            """,
        )
        return brought
