"""Take apart what is not one resource type per file: mixed lines, Bundles, documents, and files with bad lines.

Each received resource is written as one line of a file of its own type, and read by the same strict read as
everything else. The lines that it refuses are found by splitting.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import duckdb

from onco_etl import numbers, quarantine
from onco_etl.incoming import REFUSALS, Reader, table_for
from onco_etl.landing import LandedFile
from onco_etl.query import file_literal, literal, scalar
from onco_etl.tidy import tidy

_SPLIT = 16
# Type, id and version in the address of a resource, relative or absolute; not a search.
_ADDRESS = r"^(?:[^?]*/)?([A-Z][A-Za-z]+)/([^/?#]+)(?:/_history/([^/?#]+))?$"

# Bundle entries carry each other's addresses (fullUrl urn:uuid:... or urn:oid:...): a reference to one becomes Type/id.
# (FHIR R4, Bundle: "Resolving references in Bundles").
_PARTS = """
CREATE OR REPLACE TABLE incoming.part AS
WITH entries AS (
    SELECT file_no, line, generate_subscripts(entry_list, 1) AS entry, unnest(entry_list) AS body
    FROM (
        SELECT file_no, line, from_json(json -> '$.entry', '["JSON"]') AS entry_list
        FROM incoming.line
        WHERE (json ->> '$.resourceType') = 'Bundle'
    )
),
named AS (
    SELECT
        file_no, line, entry, body ->> '$.request.method' AS method, body ->> '$.request.url' AS url,
        body ->> '$.response.lastModified' AS last_modified, body ->> '$.response.etag' AS etag,
        body -> '$.resource' AS json, body ->> '$.resource.resourceType' AS resource_type,
        CASE WHEN starts_with((body ->> '$.fullUrl'), 'urn:') THEN (body ->> '$.fullUrl') END AS urn,
        coalesce((body ->> '$.resource.id'), split_part(urn, ':', 3)) AS resource_id
    FROM entries
    -- What was taken out (redaction.ERASED) was no entry.
    WHERE json_type(body) <> 'OBJECT' OR (body ->> '$."erased-by"') IS NULL
),
cited AS (
    SELECT
        n.file_no, n.line, n.entry, list({'was': t.urn, 'becomes': t.becomes}) AS urns
    FROM (
        SELECT DISTINCT
            file_no, line, entry,
            unnest(regexp_extract_all(json::VARCHAR, '"reference":"(urn:[a-z]+:[^"]+)"', 1)) AS urn
        FROM named
    ) AS n
    -- An address that two resources carry stands for neither.
    JOIN (
        SELECT file_no, line, urn, min(resource_type || '/' || resource_id) AS becomes
        FROM named WHERE urn IS NOT NULL
        GROUP BY ALL HAVING count(DISTINCT resource_type || '/' || resource_id) = 1
    ) AS t ON t.file_no = n.file_no AND t.line = n.line AND t.urn = n.urn
    GROUP BY ALL
)
SELECT
    file_no, line, 0 AS entry, json::VARCHAR AS json, json ->> '$.resourceType' AS resource_type,
    json ->> '$.id' AS resource_id, NULL AS method, NULL AS url, NULL AS last_modified, NULL AS etag
FROM incoming.line
WHERE json IS NOT NULL AND coalesce((json ->> '$.resourceType'), '') <> 'Bundle'
UNION ALL
SELECT
    n.file_no, n.line, n.entry,
    list_reduce(
        list_prepend(
            {'was': '', 'becomes': CASE
                -- As text: json_merge_patch takes a level of the stack per level of nesting, and drops duplicate keys.
                WHEN n.urn IS NOT NULL AND json_type(n.json) = 'OBJECT' AND NOT json_exists(n.json, '$.id')
                    THEN '{"id":' || to_json(n.resource_id) || ',' || substr(n.json::VARCHAR, 2)
                ELSE n.json::VARCHAR
            END},
            c.urns
        ),
        lambda done, pair: {
            'was': '', 'becomes': replace(
                done.becomes, '"reference":"' || pair.was || '"', '"reference":"' || pair.becomes || '"'
            )
        }
    ).becomes,
    n.resource_type, n.resource_id, n.method, n.url, n.last_modified, n.etag
FROM named AS n
LEFT JOIN cited AS c USING (file_no, line, entry)
"""


def unpack(reader: Reader, files: Sequence[LandedFile], scratch: Path) -> list[LandedFile]:
    """Read `files` resource by resource into `incoming`; `scratch` is an empty folder for the parts.

    Gives back the files with the layout that they turned out to have.
    """
    con = reader.con
    con.execute("CREATE OR REPLACE TABLE incoming.line (file_no INTEGER, line BIGINT, json JSON)")
    files = [_read_lines(reader, file, scratch) for file in files]
    _refuse_large_values(reader)
    con.execute(_PARTS)
    _set_aside(con)
    numbers.refuse_booleans(con)
    names = itertools.count()
    types = con.execute("SELECT DISTINCT resource_type FROM incoming.part").fetchall()
    for table in sorted({table_for(resource_type) for (resource_type,) in types}):
        listed = [name for (name,) in types if table_for(name) == table]
        con.execute(
            """
            CREATE OR REPLACE TABLE incoming.queue AS
            SELECT row_number() OVER (ORDER BY file_no, line, entry) AS n, *
            FROM incoming.part WHERE list_contains($types, resource_type)
            """,
            {"types": listed},
        )
        count = scalar(con, "SELECT count(*) FROM incoming.queue")
        _read_range(reader, table, 1, count, scratch, names)
    quarantine.explain(con, {file.file_no: file for file in files})
    con.execute("DROP TABLE incoming.part; DROP TABLE IF EXISTS incoming.queue; DROP TABLE incoming.line")
    return files


def _read_lines(reader: Reader, file: LandedFile, scratch: Path) -> LandedFile:
    """The JSON value of each line (NULL where malformed), or the values of a document; the file as it was read.

    What is called a document but cannot be read as one may be lines of which the first is malformed.
    """
    if file.layout == "document":
        if _read_values(reader, file, "unstructured") > 0:
            _insert_lines(reader.con, "SELECT $file_no, n, json(json) FROM incoming.read ORDER BY n", file)
            return file
        tidied = tidy(file, scratch, limit=reader.maximum_object_size)
        resources = "SELECT count(*) FROM incoming.read WHERE (json ->> '$.resourceType') IS NOT NULL"
        if _read_values(reader, tidied.file, "newline_delimited") < 1 or scalar(reader.con, resources) == 0:
            if tidied.size > reader.maximum_object_size:
                _refuse_too_large(reader, file, [1])
            else:
                _insert_lines(reader.con, "SELECT $file_no, 1, NULL", file)
            return file
        file = replace(file, layout="lines")
    else:
        tidied = tidy(file, scratch, limit=reader.maximum_object_size)
    if _read_values(reader, tidied.file, "newline_delimited") == len(tidied.filled):
        _insert_lines(reader.con, f"SELECT $file_no, ({tidied.filled})[n], json FROM incoming.read ORDER BY n", file)
    else:
        _insert_lines(reader.con, f"SELECT $file_no, unnest({tidied.filled}), NULL", file)
    _refuse_too_large(reader, file, tidied.too_long)
    return file


def _refuse_too_large(reader: Reader, file: LandedFile, numbers: Sequence[int]) -> None:
    for number in numbers:
        message = f"more than {reader.maximum_object_size} bytes (maximum_object_size)"
        reader.con.execute(
            "INSERT INTO incoming.refused (file_no, line, entry, reason, message) "
            f"VALUES ({file.file_no}, {number}, 0, 'too-large', {literal(message)})"
        )


def _read_values(reader: Reader, file: LandedFile, layout: str) -> int:
    """Fill `incoming.read` with the JSON values of a file in order, malformed lines as NULL; how many, 0 if refused."""
    ignore = "true" if layout == "newline_delimited" else "false"
    try:
        reader.con.execute(
            f"""
            CREATE OR REPLACE TABLE incoming.read AS
            SELECT row_number() OVER () AS n, json
            FROM read_json_objects({file_literal(file.path)}, format = '{layout}', ignore_errors = {ignore},
                                   maximum_object_size = {reader.maximum_object_size})
            """
        )
    except REFUSALS:
        return 0
    count: int = scalar(reader.con, "SELECT count(*) FROM incoming.read")
    return count


def _insert_lines(con: duckdb.DuckDBPyConnection, values: str, file: LandedFile) -> None:
    con.execute(f"INSERT INTO incoming.line {values.replace('$file_no', str(file.file_no))}")


def _refuse_large_values(reader: Reader) -> None:
    """Of a document, each value counts by itself; DuckDB's own limit lies somewhere above ours."""
    message = literal(f"more than {reader.maximum_object_size} bytes (maximum_object_size)")
    reader.con.execute(
        f"""
        INSERT INTO incoming.refused (file_no, line, entry, reason, message)
        SELECT file_no, line, 0, 'too-large', {message}
        FROM incoming.line WHERE strlen(json::VARCHAR) > {reader.maximum_object_size};

        DELETE FROM incoming.line WHERE strlen(json::VARCHAR) > {reader.maximum_object_size};
        """
    )


def _set_aside(con: duckdb.DuckDBPyConnection) -> None:
    """Take out of the parts what the strict read cannot judge: no JSON, no resource, no type, deletions."""
    con.execute(
        f"""
        INSERT INTO incoming.refused (file_no, line, entry, reason)
        SELECT file_no, line, 0, 'malformed-json' FROM incoming.line WHERE json IS NULL;

        INSERT INTO incoming.refused (file_no, line, entry, reason, element, message)
        SELECT file_no, line, 0, 'invalid-shape', 'Bundle.entry', 'not a list of entries' FROM incoming.line
        WHERE (json ->> '$.resourceType') = 'Bundle' AND json_type(json, '$.entry') <> 'ARRAY';

        INSERT INTO incoming.removed
        SELECT
            file_no, line, entry, regexp_extract(url, '{_ADDRESS}', 1), regexp_extract(url, '{_ADDRESS}', 2),
            last_modified,
            coalesce(nullif(regexp_extract(url, '{_ADDRESS}', 3), ''), nullif(regexp_extract(etag, '"(.+)"', 1), ''))
        FROM incoming.part WHERE method = 'DELETE' AND regexp_matches(url, '{_ADDRESS}');

        INSERT INTO incoming.refused (file_no, line, entry, reason, element)
        SELECT file_no, line, entry, 'missing-id', 'Bundle.entry.request.url'
        FROM incoming.part WHERE method = 'DELETE' AND NOT coalesce(regexp_matches(url, '{_ADDRESS}'), false);

        DELETE FROM incoming.part WHERE method = 'DELETE';

        INSERT INTO incoming.refused (file_no, line, entry, reason)
        SELECT file_no, line, entry, 'no-resource-type' FROM incoming.part WHERE resource_type IS NULL;

        DELETE FROM incoming.part WHERE resource_type IS NULL;
        """
    )


def _read_range(reader: Reader, table: str, first: int, last: int, scratch: Path, names: itertools.count[int]) -> None:
    """Read rows first..last of the queue; where one is refused, split until it stands alone."""
    path = scratch / f"{next(names)}.ndjson"
    rows = f"FROM incoming.queue WHERE n BETWEEN {first} AND {last}"
    # Raw control characters cannot stand in JSON, so text with this delimiter and no quotes is the lines as they are.
    reader.con.execute(
        f"""
        COPY (SELECT json {rows} ORDER BY n) TO {literal(str(path))}
        (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x1f')
        """
    )
    try:
        reader.append(table, [path])
    except REFUSALS as error:
        if first == last:
            quarantine.refuse(reader.con, first, error)
            return
        step = -(-(last - first + 1) // _SPLIT)
        for start in range(first, last + 1, step):
            _read_range(reader, table, start, min(start + step - 1, last), scratch, names)
    else:
        reader.con.execute(
            f"""
            INSERT INTO incoming.place
            SELECT $1, n - {first} + 1, file_no, line, entry {rows}
            """,
            [str(path)],
        )
    finally:
        path.unlink()
