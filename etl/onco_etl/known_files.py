"""Files of an inbox that lie there as they were when they were last received: they say nothing new.

To read them again would not change nothing: of versions without a date the last one received counts, and a deletion
without a date takes away what was received before it. What was received last under a name is known by two hashes, keyed
by the secret of the data folder, for a name and a file can tell of a person.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

import duckdb

from onco_etl.landing import LandedFile
from onco_etl.query import literal
from onco_etl.sources import InputFile, opened

_CHUNK = 4 << 20


def changed(
    con: duckdb.DuckDBPyConnection, secret: str, source: str, files: Sequence[InputFile]
) -> tuple[InputFile, ...]:
    """Those of `files` that are new, or not as they were when they were last received.

    Raises InputError where one cannot be read.
    """
    known = dict(con.execute(f"SELECT name, content FROM state.known_file WHERE source = {literal(source)}").fetchall())
    return tuple(
        file
        for file in files
        if (content := known.get(_keyed(secret, file.name))) is None or content != _keyed(secret, _digest(file))
    )


def remember(con: duckdb.DuckDBPyConnection, secret: str, source: str, files: Sequence[LandedFile]) -> None:
    """Note what was received just now, under the name of each file."""
    rows = [(source, _keyed(secret, file.name), _keyed(secret, file.sha256)) for file in files if file.sha256]
    listed = ", ".join(f"({', '.join(map(literal, row))})" for row in rows)
    if listed:
        con.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE seen_file AS FROM (VALUES {listed}) AS v(source, name, content);
            DELETE FROM state.known_file WHERE (source, name) IN (SELECT (source, name) FROM seen_file);
            INSERT INTO state.known_file FROM seen_file;
            """
        )


def _keyed(secret: str, text: str) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def _digest(file: InputFile) -> str:
    """The sha256 of a file's content, decompressed, as the manifest of the landing zone has it."""
    digest = hashlib.sha256()
    with opened(file.path) as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
