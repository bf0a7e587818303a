"""Say why a line was refused: where, which resource, which element, and what is wrong with it.

The words never repeat a value of the data: a refused line may hold a name, and its error is shown and logged.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import duckdb

from onco_etl import fhir_schema, shape
from onco_etl.incoming import VERSION_OF_JSON
from onco_etl.landing import LandedFile, raw_lines
from onco_etl.query import literal, scalar
from onco_etl.sources import BYTE_ORDER_MARK

# fhir.resources checks some thousands of resources a second; past this many, the reason alone is recorded.
_EXPLAINED = 1000


def refuse(con: duckdb.DuckDBPyConnection, n: int, error: Exception) -> None:
    """Record that DuckDB refused row `n` of `incoming.queue`, and which element broke the declared shape."""
    row = con.execute(
        "SELECT file_no, line, entry, resource_type, resource_id, json, " + VERSION_OF_JSON + " "
        "FROM incoming.queue WHERE n = $1",
        [n],
    ).fetchone()
    assert row is not None
    file_no, line, entry, resource_type, resource_id, text, version_id, last_updated = row
    explained = scalar(con, "SELECT count(*) FROM incoming.refused")
    found = None
    # Only DuckDB sees that a key comes twice.
    if "duplicate key" not in str(error) and explained < _EXPLAINED and resource_type in fhir_schema.resource_types():
        found = first_fault(resource_type, text)
    element, message = found or (None, _shape_message(error))
    con.execute(
        "INSERT INTO incoming.refused VALUES ($1, $2, $3, $4, $5, $6, $7, 'invalid-shape', $8, $9)",
        [file_no, line, entry, resource_type, resource_id, version_id, last_updated, element, message],
    )


def first_fault(resource_type: str, text: str) -> tuple[str, str] | None:
    """(element, message) of the worst fault that fhir.resources finds in a resource, or None if it finds none."""
    from fhir.resources.R4B import get_fhir_model_class
    from pydantic import ValidationError

    try:
        get_fhir_model_class(resource_type).model_validate_json(text)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        # A missing element is no reason to refuse a line: what has the wrong shape comes first.
        fault = min(faults, key=lambda found: found["type"] == "missing")
        path = ".".join(str(part) for part in (resource_type, *fault["loc"]) if part != "root")
        return path, f"does not fit FHIR R4: {fault['type'].replace('_', ' ')}"
    return None


def explain(con: duckdb.DuckDBPyConnection, files: Mapping[int, LandedFile]) -> None:
    """Add to the malformed lines of `incoming.refused` where in the line the JSON breaks."""
    found = con.execute(
        """
        SELECT file_no, list(line) FROM incoming.refused
        WHERE reason = 'malformed-json' AND message IS NULL GROUP BY file_no
        """
    ).fetchall()
    rows = [
        (file_no, number, malformed_message(text))
        for file_no, numbers in found
        for number, text in raw_lines(files[file_no], set(numbers[:_EXPLAINED])).items()
    ]
    if rows:
        con.execute(
            """
            UPDATE incoming.refused AS r SET message = e.message
            FROM (
                SELECT unnest($file_no) AS file_no, unnest($line) AS line, unnest($message) AS message
            ) AS e
            WHERE r.file_no = e.file_no AND r.line = e.line AND r.reason = 'malformed-json'
            """,
            dict(zip(("file_no", "line", "message"), map(list, zip(*rows, strict=True)), strict=True)),
        )


def malformed_message(text: bytes) -> str:
    """What keeps `text` from being one JSON value, with the column and without the text."""
    text = text.removeprefix(BYTE_ORDER_MARK)
    if text.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "is UTF-16, not UTF-8"
    if b"\x00" in text:
        return f"holds a NUL byte at column {text.index(0) + 1}"
    try:
        json.loads(text.rstrip().decode("utf-8"))
    except UnicodeDecodeError as error:
        return f"is not UTF-8 at byte {error.start + 1}"
    except json.JSONDecodeError as error:
        return f"{error.msg} (column {error.colno})"
    except RecursionError:
        return "is nested too deeply"
    return "cannot be read as one JSON value"


def _shape_message(error: Exception) -> str:
    return "has a key twice" if "duplicate key" in str(error) else "does not have the declared shape"


def record(con: duckdb.DuckDBPyConnection, run: int, files: Sequence[LandedFile], sample: int) -> None:
    """Write this run's refused lines, and what fhir.resources says of a sample of the accepted, to `state`."""
    landed = ", ".join(f"({run}, {f.file_no}, {literal(f.name)}, '{f.layout}', {f.lines})" for f in files)
    if files:
        con.execute(f"INSERT INTO state.landed VALUES {landed}")
    shape.name_elements(con)
    con.execute(
        f"""
        INSERT INTO state.quarantine BY NAME
        SELECT
            v.run, v.file_no, v.line, v.entry, v.resource_type, v.resource, v.reason,
            coalesce(r.element, m.element, v.resource_type || '.' || coalesce(e.element, any_type.element)) AS element,
            CASE
                WHEN m.element IS NOT NULL THEN 'does not have the type that FHIR R4 gives it'
                ELSE coalesce(r.message, d.description)
            END AS message
        FROM (
            SELECT l.* FROM state.ledger AS l ANTI JOIN state.quarantine AS q USING (run, file_no, line, entry)
            WHERE l.fate = 'quarantined'
        ) AS v
        LEFT JOIN (SELECT {run} AS run, * FROM incoming.refused) AS r USING (run, file_no, line, entry)
        LEFT JOIN (SELECT {run} AS run, * FROM misshapen) AS m USING (run, file_no, line, entry)
        LEFT JOIN mapping.reason AS d ON d.reason = v.reason
        LEFT JOIN mapping.quarantined_element AS e ON e.reason = v.reason AND e.resource_type = v.resource_type
        LEFT JOIN mapping.quarantined_element AS any_type
            ON any_type.reason = v.reason AND any_type.resource_type = '*'
        """
    )
    _settle(con, run)
    for file in files:
        _validate_sample(con, run, file, sample)


# SQL of how new a version of the ledger is, as versions are ordered: the later, the greater.
_AGE = """struct_pack(
    dated := coalesce(l.last_updated, TIMESTAMPTZ '-infinity'), number := coalesce(try_cast(l.version_id AS BIGINT), -1)
)"""


def _settle(con: duckdb.DuckDBPyConnection, run: int) -> None:
    """Note with which run a quarantined version was settled, and which one is open again.

    Settled: the version itself is accepted now (a map or a rule changed); its resource came again, in a version that is
    not older, and was accepted, or is in quarantine anew; or it names no resource, and its file came again: replayed,
    or corrected, which is told by name and number of lines.
    """
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE still_open AS
        SELECT q.run, q.file_no, q.line, q.entry, q.resource, {_AGE} AS age
        FROM state.quarantine AS q LEFT JOIN state.ledger AS l USING (run, file_no, line, entry)
        WHERE q.settled IS NULL;

        CREATE OR REPLACE TEMP TABLE settled AS
        SELECT q.run, q.file_no, q.line, q.entry
        FROM still_open AS q SEMI JOIN (
            SELECT * FROM state.ledger WHERE fate <> 'quarantined'
        ) AS l USING (run, file_no, line, entry)
        UNION
        SELECT q.run, q.file_no, q.line, q.entry
        FROM still_open AS q JOIN state.ledger AS l ON l.resource = q.resource
        LEFT JOIN (
            SELECT x.resource FROM state.excluded AS x JOIN mapping.reason AS d USING (reason)
            WHERE d.fate = 'quarantined'
        ) AS x ON x.resource = q.resource
        WHERE l.run = {run} AND (l.run, l.file_no, l.line, l.entry) > (q.run, q.file_no, q.line, q.entry)
            -- A deletion without a date is after all that was received before it.
            AND ({_AGE} >= q.age OR l.fate = 'deleted' AND l.last_updated IS NULL)
            AND (l.fate IN ('mapped', 'excluded', 'waiting', 'deleted') OR l.fate = 'unchanged' AND x.resource IS NULL)
        UNION
        SELECT q.run, q.file_no, q.line, q.entry
        FROM still_open AS q JOIN still_open AS n ON n.run = {run} AND n.resource = q.resource
        WHERE q.run < {run} AND n.age >= q.age
        UNION
        SELECT q.run, q.file_no, q.line, q.entry
        FROM still_open AS q
        JOIN state.landed AS was USING (run, file_no)
        JOIN state.run AS past ON past.run = q.run
        JOIN state.run AS present ON present.run = {run} AND present.source = past.source
        JOIN state.landed AS again ON again.run = present.run AND again.name = was.name
        WHERE q.resource IS NULL AND q.run < {run} AND (present.kind = 'replay' OR again.lines = was.lines);

        UPDATE state.quarantine AS q SET settled = {run}
        FROM settled AS s WHERE (q.run, q.file_no, q.line, q.entry) = (s.run, s.file_no, s.line, s.entry);

        UPDATE state.quarantine AS q SET settled = NULL
        FROM outcome AS o JOIN state.resource AS r USING (resource_key)
        WHERE q.settled IS NOT NULL AND o.fate = 'quarantined'
            AND (q.run, q.file_no, q.line, q.entry) = (r.run, r.file_no, r.line, r.entry);
        """
    )


def dismiss(con: duckdb.DuckDBPyConnection, run: int, name: str, line: int) -> int:
    """Settle by hand what is open of one line of a file that `run` received; how many versions that was."""
    found: int = scalar(
        con,
        """
        SELECT count(*) FROM state.quarantine AS q JOIN state.landed AS l USING (run, file_no)
        WHERE q.settled IS NULL AND q.run = $1 AND l.name = $2 AND q.line = $3
        """,
        [run, name, line],
    )
    con.execute(
        """
        UPDATE state.quarantine SET settled = (SELECT max(run) FROM state.run)
        WHERE settled IS NULL AND run = $1 AND line = $3
            AND file_no IN (SELECT file_no FROM state.landed WHERE run = $1 AND name = $2)
        """,
        [run, name, line],
    )
    return found


def _validate_sample(con: duckdb.DuckDBPyConnection, run: int, file: LandedFile, sample: int) -> None:
    """Note in `state.finding` what fhir.resources finds in a sample of the file's mapped resources."""
    chosen = dict(_sampled(con, file, sample))
    for line, text in raw_lines(file, set(chosen)).items() if chosen else ():
        fault = first_fault(chosen[line], text.decode())
        if fault:
            con.execute(
                "INSERT INTO state.finding VALUES ($1, $2, $3, 0, $4, $5, $6)",
                [run, file.file_no, line, chosen[line], *fault],
            )


def _sampled(con: duckdb.DuckDBPyConnection, file: LandedFile, sample: int) -> list[tuple[int, str]]:
    """(line, type) of up to `sample` mapped resources per type of a file that stand alone on a line."""
    return con.execute(
        f"""
        SELECT line, resource_type FROM version WHERE fate IS NULL AND entry = 0 AND file_no = {file.file_no}
        QUALIFY row_number() OVER (PARTITION BY resource_type ORDER BY hash(resource)) <= {sample}
        ORDER BY ALL
        """
    ).fetchall()
