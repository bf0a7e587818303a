"""What vanished: of the resources that a source once sent, those that a complete read of it no longer has.

Absence deletes nothing by itself: only what was declared complete is held against the workspace, and where much of a
type would go at once, none of it does.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import duckdb
import structlog

from onco_etl import workspace
from onco_etl.errors import ServerError
from onco_etl.incoming import REFUSALS
from onco_etl.query import file_literal, literal, scalar
from onco_etl.server import deletions
from onco_etl.server.search import identities
from onco_etl.server.settings import ServerSettings
from onco_etl.server.wire import Wire
from onco_etl.settings import EtlSettings

log = structlog.get_logger()

_GONE = (404, 410)
# Fewer than these may vanish at once, whatever share of the type they are.
_FEW = 20


@dataclass(frozen=True)
class Reconciled:
    """By resource type: how many are to be deleted; where too many vanished to be believed, (vanished, known)."""

    deleted: dict[str, int]
    refused: dict[str, tuple[int, int]]


def by_search(wire: Wire, etl: EtlSettings, server: ServerSettings, folder: Path) -> Reconciled:
    """A complete pass over a server's ids; what vanished is read once more, and written into `folder` if it is gone.

    Raises ServerError, with nothing written, where the pass is not complete; StateError as `reconcile` does.
    """
    ids = folder.with_name(f"{folder.name}.ids")
    shutil.rmtree(ids, ignore_errors=True)
    try:
        types = identities(wire, server, ids)
        files = sorted(ids.glob("*.ndjson"))
        return reconcile(etl, server, files, folder, types, lambda address: is_gone(wire, server, address))
    finally:
        shutil.rmtree(ids, ignore_errors=True)


def reconcile(
    etl: EtlSettings,
    server: ServerSettings,
    files: Sequence[Path],
    folder: Path,
    types: Sequence[str],
    gone: Callable[[str], bool] | None = None,
) -> Reconciled:
    """Write into `folder`, as Bundles of deletions, what the workspace has of `types` and `files` have not.

    files: NDJSON, plain or .gz, with everything of these types that the source has; of a line, resourceType and id are
    read. gone: whether `<Type>/<id>` has really gone, asked for each that vanished; by default it has. Where more than
    `server.vanished_share` of a type's resources (and 20) vanished, the type is left as it is. Raises ServerError where
    a file cannot be read whole, StateError where the workspace cannot be; nothing in the folder is to be received then.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    result = Reconciled({}, {})
    with workspace.connect(etl.data, read_only=True) as con:
        workspace.limit(con, etl.memory_limit, etl.threads)
        _note_present(con, files, etl.maximum_object_size)
        for resource_type in types:
            known = _find_vanished(con, etl.source, resource_type)
            vanished: int = scalar(con, "SELECT count(*) FROM vanished")
            if vanished >= _FEW and vanished > server.vanished_share * known:
                result.refused[resource_type] = (vanished, known)
                _complain(resource_type, vanished, known)
                continue
            if gone is not None:
                _keep_what_is_there(con, resource_type, gone)
            if count := _write(con, folder, resource_type):
                result.deleted[resource_type] = count
    return result


def is_gone(wire: Wire, server: ServerSettings, address: str) -> bool:
    """Whether a server has `<Type>/<id>` no longer (404 or 410); raises ServerError where it does not say."""
    return wire.get(f"{server.base}/{address}", expected=_GONE).status_code in _GONE


def _note_present(con: duckdb.DuckDBPyConnection, files: Sequence[Path], maximum_object_size: int) -> None:
    """The temporary table `present`: type and id of what the files hold."""
    con.execute("CREATE OR REPLACE TEMP TABLE present (resource_type VARCHAR, id VARCHAR)")
    for file in files:
        try:
            con.execute(
                f"""
                INSERT INTO present
                SELECT "resourceType", id
                FROM read_json({file_literal(file)}, columns = {{'resourceType': 'VARCHAR', 'id': 'VARCHAR'}},
                               format = 'newline_delimited', maximum_object_size = {maximum_object_size})
                """
            )
        except (*REFUSALS, duckdb.IOException):
            # A line that cannot be read may be any resource.
            raise ServerError(f"{file.name}: cannot be read line by line; nothing is taken for deleted") from None


def _find_vanished(con: duckdb.DuckDBPyConnection, source: str, resource_type: str) -> int:
    """Fill `vanished` with the ids of a type that the workspace has and `present` has not; how many it has."""
    prefix = f"{source}/{resource_type}/"
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE known AS
        SELECT substr(resource, {len(prefix) + 1}) AS id
        FROM state.resource
        WHERE resource_type = {literal(resource_type)} AND starts_with(resource, {literal(prefix)}) AND NOT deleted;

        CREATE OR REPLACE TEMP TABLE vanished AS
        SELECT id FROM known ANTI JOIN (FROM present WHERE resource_type = {literal(resource_type)}) USING (id)
        """
    )
    count: int = scalar(con, "SELECT count(*) FROM known")
    return count


def _keep_what_is_there(con: duckdb.DuckDBPyConnection, resource_type: str, gone: Callable[[str], bool]) -> None:
    """Take out of `vanished` what has not gone."""
    ids = [name for (name,) in con.execute("SELECT id FROM vanished ORDER BY id").fetchall()]
    there = [literal(name) for name in ids if not gone(f"{resource_type}/{quote(name, safe='')}")]
    if there:
        con.execute(f"DELETE FROM vanished WHERE id IN ({', '.join(there)})")
        log.warning("not in what was read, and yet on the server", type=resource_type, count=len(there))


def _write(con: duckdb.DuckDBPyConnection, folder: Path, resource_type: str) -> int:
    gone = "SELECT id, NULL::VARCHAR AS last_modified, NULL::VARCHAR AS etag FROM vanished"
    count = deletions.write(con, folder / f"0-vanished-{resource_type}.ndjson", resource_type, gone)
    log.info("vanished from the server", type=resource_type, count=count)
    return count


def _complain(resource_type: str, vanished: int, known: int) -> None:
    log.error(
        "too many vanished to be believed: none of them deleted",
        type=resource_type,
        vanished=vanished,
        known=known,
        allow="server.vanished_share, if they have really gone",
    )
