"""The yardstick: DuckDB reads the declared columns of the same files into tables, and does nothing else.

    python duckdb_read.py COLUMNS.json FOLDER DATABASE

COLUMNS.json: {resource type: {element: DuckDB type}}. Imports DuckDB only, so that the process costs what DuckDB costs.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb


def main(columns: Path, folder: Path, database: Path) -> None:
    """One table per file of the folder."""
    with duckdb.connect(str(database)) as connection:
        for resource_type, declared in json.loads(columns.read_text(encoding="utf-8")).items():
            struct = ", ".join(f"""'{element}': '{kind.replace("'", "''")}'""" for element, kind in declared.items())
            connection.execute(
                f"CREATE TABLE {resource_type} AS SELECT * FROM read_json(?, format = 'newline_delimited', "
                f"columns = {{{struct}}})",
                [str(folder / f"{resource_type}.ndjson")],
            )


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
