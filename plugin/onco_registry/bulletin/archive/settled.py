"""What is made anew after each release, from the releases alone: index pages, public keys, the link `current`."""

from __future__ import annotations

from collections.abc import Sequence

from onco_etl.server.client_keys import Key
from onco_registry import whole
from onco_registry.bulletin.archive import erased, index, signing
from onco_registry.bulletin.archive.series import Series, current
from onco_registry.bulletin.document import canonical

CURRENT = "current"
_EVERYONE_READS = 0o644


def settle(series: Series, languages: Sequence[str], keys: list[Key]) -> None:
    """Bring a series' index, keys and link up to its releases; nothing where it has none.

    Each file is replaced whole, so that what was killed in between is completed by the next.
    """
    releases = series.releases()
    if not releases:
        return
    whole.tidy(series.folder)
    known = series.folder / signing.JWKS
    if keys:
        _replace(series, signing.JWKS, canonical(signing.public(keys, known)))
    for language in languages:
        page = index.render(releases, language, languages, erasures=erased.read(series), signed=known.exists())
        _replace(series, index.name(language, languages), page.encode())
    # Of languages that are not made any more, or that had another place, an index would say for ever what it said last.
    made = {index.name(language, languages) for language in languages}
    for stale in series.folder.glob("index*.html"):
        if stale.name not in made:
            stale.unlink()
    whole.link(series.folder / CURRENT, str(current(releases).number))


def _replace(series: Series, name: str, content: bytes) -> None:
    whole.replace(series.folder / name, content, mode=_EVERYONE_READS)
