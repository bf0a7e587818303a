"""Deletions as Bundles of DELETE entries, one Bundle per line: they go the one way that every resource goes.

Files are received in the order of their names. Those of deletions begin with 0: what else is received in the same night
comes after a deletion that has no date, and brings the resource back.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from onco_etl.query import literal, scalar

# Entries of a Bundle.
_ENTRIES = 1000


def write(con: duckdb.DuckDBPyConnection, file: Path, resource_type: str, gone: str) -> int:
    """Write the deletions of a type into `file`; how many. No file where there are none.

    gone: SELECT of id, last_modified and etag (both NULL where unknown).
    """
    con.execute(f"CREATE OR REPLACE TEMP TABLE gone AS {gone}")
    count: int = scalar(con, "SELECT count(*) FROM gone")
    if count:
        con.execute(
            f"""
            COPY (
                SELECT
                    to_json({{
                        'resourceType': 'Bundle', 'type': 'history', 'entry': list(entry ORDER BY n)
                    }})::VARCHAR
                FROM (
                    SELECT
                        row_number() OVER (ORDER BY id) - 1 AS n,
                        -- A merge leaves out what is NULL.
                        json_merge_patch(
                            to_json({{'request': {{'method': 'DELETE', 'url': {literal(f"{resource_type}/")} || id}}}}),
                            to_json({{'response': {{'status': '204', 'lastModified': last_modified, 'etag': etag}}}})
                        ) AS entry
                    FROM gone
                )
                GROUP BY n // {_ENTRIES} ORDER BY n // {_ENTRIES}
            ) TO {literal(str(file))}
            (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x1f')
            """
        )
    return count
