"""Release the bulletins: each document is rendered and becomes a numbered release of its registry and edition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from onco_etl.errors import ReleaseError
from onco_etl.server.client_keys import Key
from onco_registry.bulletin import files
from onco_registry.bulletin.archive import signing
from onco_registry.bulletin.archive.series import Series
from onco_registry.bulletin.archive.settled import settle
from onco_registry.bulletin.archive.store import Correction, Planned, add, plan
from onco_registry.bulletin.document import canonical
from onco_registry.config import Config

log = structlog.get_logger()


@dataclass(frozen=True)
class Released:
    """What became of a document: the release that holds it, whether it is (or, of a dry run, would be) a new one."""

    registry: str
    edition: str
    number: int
    data_cut: str
    is_new: bool
    is_signed: bool
    folder: Path


def release(
    config: Config,
    documents: Iterable[Mapping[str, Any]],
    correction: Correction | None = None,
    *,
    dry_run: bool = False,
) -> list[Released]:
    """Release documents, at most one of a registry and edition; what became of each.

    A document that was released before makes nothing new. Raises ReleaseError, when the others are released, for
    those that may not be, as `store.plan` has it.
    """
    keys = signing.keys(config.bulletin)
    found: list[Released] = []
    refused = []
    for document in documents:
        series = Series(config.bulletins_folder, document["registry"]["name"], document["bulletin"]["edition"])
        try:
            planned = plan(series, canonical(document), correction)
            if not dry_run and not planned.stands:
                _add(config, series, planned, document, correction, keys)
            found.append(_told(series, planned, document["bulletin"]["data_cut"], keys))
        except ReleaseError as error:
            refused.append(str(error))
        if not dry_run:
            # Also what a killed process left undone.
            try:
                settle(series, config.bulletin.languages, keys)
            except ReleaseError as error:
                refused.append(str(error))
    if refused:
        raise ReleaseError("; ".join(dict.fromkeys(refused)))
    return found


def _add(
    config: Config,
    series: Series,
    planned: Planned,
    document: Mapping[str, Any],
    correction: Correction | None,
    keys: list[Key],
) -> None:
    rendered = files.render(document, config.bulletin.languages, as_pdf=config.bulletin.pdf)
    for name, reason in rendered.missing.items():
        log.warning("not rendered", file=name, reason=reason)
    now = datetime.now(config.zone)
    made = add(series, planned, rendered.files, published=now, keys=keys, correction=correction)
    log.info("released", registry=series.registry, edition=series.edition, number=made.number, signed=bool(keys))


def _told(series: Series, planned: Planned, data_cut: str, keys: list[Key]) -> Released:
    signed = bool(planned.stands.manifest["signed_by"] if planned.stands else keys)
    folder = series.folder / str(planned.number)
    return Released(series.registry, series.edition, planned.number, data_cut, planned.stands is None, signed, folder)
