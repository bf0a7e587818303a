"""Who does not want to be in a registry: by a Consent, or on the list of the site. Their records give no rows.

As aliases are, `state.opted_out` is made anew in every run from what is there then, so that a Consent that is withdrawn
and a line that is taken from the list let the rows come back.
"""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import duckdb
import structlog

from onco_etl import versions
from onco_etl.errors import ConfigurationError
from onco_etl.query import literal, scalar

log = structlog.get_logger()

_ID = re.compile(r"(?:Patient/)?([A-Za-z0-9._~-]{1,128})")
_REMARK = re.compile(r"\s#")


def update(con: duckdb.DuckDBPyConnection, source: str, listed: Path | None) -> None:
    """Bring `state.opted_out` up to date, after the aliases; touch the records whose state changed.

    Raises ConfigurationError where the list cannot be read.
    """
    _take_list(con, source, listed)
    known = "(SELECT count(*) FROM staged.consent) + (SELECT count(*) FROM state.listed_out)"
    if not scalar(con, f"SELECT {known} + (SELECT count(*) FROM state.opted_out)"):
        return
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE refusing AS {_text("consent")} UNION SELECT patient FROM state.listed_out;
        CREATE OR REPLACE TEMP TABLE opted_out AS {_text("record")};
        CREATE OR REPLACE TEMP TABLE changed_mind AS
        (FROM opted_out EXCEPT FROM state.opted_out) UNION (FROM state.opted_out EXCEPT FROM opted_out);
        DELETE FROM state.opted_out;
        INSERT INTO state.opted_out FROM opted_out;
        """
    )
    versions.touch(con, "SELECT patient AS resource FROM changed_mind")
    if (listing := entries(con))["entries"]:
        log.info("opt-out list", **listing)


def entries(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """How many entries the lists of all sources have, and how many of them match no patient who was received.

    Numbers alone: who is on a list is nobody's to read. An entry that matches nobody is mistyped, or of somebody who
    did not arrive, or was erased.
    """
    listed, matched = con.execute(
        """
        WITH known AS (
            SELECT l.patient FROM state.resource AS r JOIN state.listed_out AS l ON l.patient = r.resource
            UNION
            SELECT l.patient FROM state.identifier AS i JOIN state.listed_out AS l ON l.patient = i.alias_key
            WHERE contains(i.resource, '/Patient/')
        )
        SELECT (SELECT count(*) FROM state.listed_out), (SELECT count(*) FROM known)
        """
    ).fetchall()[0]
    return {"entries": listed, "unmatched": listed - matched}


def _take_list(con: duckdb.DuckDBPyConnection, source: str, listed: Path | None) -> None:
    """`state.listed_out`: the list of this source; those of other sources stay."""
    con.execute(f"DELETE FROM state.listed_out WHERE source = {literal(source)}")
    keys = [_key(source, *entry) for entry in read(listed)] if listed else []
    if keys:
        values = ", ".join(f"({literal(source)}, {key})" for key in keys)
        con.execute(f"INSERT INTO state.listed_out SELECT DISTINCT * FROM (VALUES {values})")


def _key(source: str, system: str | None, value: str) -> str:
    """SQL of the natural key that an entry of the list stands for, or of that of an identifier."""
    if system is None:
        return literal(f"{source}/Patient/{value}")
    identifier = f"struct_pack(system := {literal(system)}, value := {literal(value)})"
    return f"identifier_key({literal(source)}, 'Patient', {identifier})"


def read(path: Path) -> list[tuple[str | None, str]]:
    """(system, value) of each identifier, and (None, id) of each patient, on a list: one a line; `#` begins a line of
    remarks.

    Raises ConfigurationError naming the line, never what stands there.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path}: cannot be read ({type(error).__name__})") from None
    texts = ((number, line.strip()) for number, line in enumerate(lines, start=1))
    return [_entry(path, number, text) for number, text in texts if text and not text.startswith("#")]


def _entry(path: Path, number: int, text: str) -> tuple[str | None, str]:
    # It could as well be part of the identifier: who wrote it would believe somebody opted out who is not.
    if _REMARK.search(text):
        raise ConfigurationError(f"{path}: line {number}: a remark has a line of its own, which begins with `#`")
    system, bar, value = text.rpartition("|")
    if bar and value:
        return system, value
    if found := _ID.fullmatch(text):
        return None, found.group(1)
    raise ConfigurationError(f"{path}: line {number}: neither a patient's id nor an identifier as system|value")


def _text(name: str) -> str:
    return files("onco_mappings").joinpath("sql", "opt_out", f"{name}.sql").read_text(encoding="utf-8")
