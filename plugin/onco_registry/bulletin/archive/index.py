"""The page that lists a series: one file per language, without script or outside request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template

from onco_registry.bulletin.archive.release import MANIFEST, SIGNATURE, Release
from onco_registry.bulletin.archive.series import corrections, current
from onco_registry.bulletin.catalogue import Catalogue
from onco_registry.bulletin.unbroken import unbroken

_MEASURE_REPORT = "measure-report.json"


def name(language: str, languages: Sequence[str]) -> str:
    """The page's file: index.html in the first language, index.zh.html in another."""
    return "index.html" if language == languages[0] else f"index.{language}.html"


def render(
    releases: Sequence[Release],
    language: str,
    languages: Sequence[str],
    *,
    erasures: Sequence[Mapping[str, Any]] = (),
    signed: bool = False,
) -> str:
    """The page of a series' releases (at least one), the newest first; it names no other series.

    `erasures`: the notes of `erased`; `signed`: whether public keys lie beside the page.
    """
    now = current(list(releases))
    document = now.document()
    words = Catalogue(language, document["translations"].get(language, {}))
    return _template().render(
        t=words, language=language,
        title=words.text(document["registry"]["title"]), fictional=document["bulletin"]["fictional"],
        edition=now.edition, current=now.number,
        others=[(other, name(other, languages)) for other in languages if other != language],
        releases=[_shown(release, words) for release in reversed(releases)],
        corrected=corrections(list(releases)), erasures=erasures, signed=signed,
        manifest=MANIFEST, signature=SIGNATURE,
    )  # fmt: skip


def _shown(release: Release, words: Catalogue) -> dict[str, Any]:
    """A release's manifest, its reason in the reader's language, and its documents by what the reader calls them."""
    files = release.manifest["files"]
    documents = [(name, _label(name, words)) for name in files if "/" not in name]
    return {
        **release.manifest,
        "reason": release.reason(words.language),
        "sha256": release.sha256,
        "documents": documents,
    }


def _label(name: str, words: Catalogue) -> str:
    """'bulletin.zh.pdf' -> 'PDF, Chinese'; 'bulletin.json' -> 'JSON'."""
    stem, *language, suffix = name.split(".")
    if name == _MEASURE_REPORT:
        return words("archive.document.MeasureReport")
    kind = suffix.upper() if stem == "bulletin" else f"{suffix.upper()} ({stem})"
    return words("list.clause").join([kind, words(f"archive.language.{language[0]}")]) if language else kind


@cache
def _template() -> Template:
    environment = Environment(
        loader=FunctionLoader(_resource), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, finalize=unbroken,
    )  # fmt: skip
    return environment.get_template("index.html.j2")


def _resource(name: str) -> str:
    return resources.files("onco_registry.bulletin.archive").joinpath(name).read_text("utf-8")
