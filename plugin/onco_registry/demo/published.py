"""What the abstract prints, by measure: numbers of the registry's publication.yaml, under names of published.yaml."""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files

from onco_registry.demo.catalogue import Json, document
from onco_registry.publication.model import Publication
from onco_registry.publication.reading import read_publication


@cache
def published() -> Json:
    """The document published.yaml with its numbers as printed: patients, level (a fraction), and by measure.

    A measure has x, or estimate (as text, with the printed decimals) with unit and scale, or both; and interval (lower,
    upper, methods), where one is printed. scale is what a proportion is multiplied by before printing.
    """
    chosen = document("published")
    with as_file(files("onco_mappings").joinpath("registries", chosen["registry"], "publication.yaml")) as path:
        publication = read_publication(path)
    level = publication.proportions[chosen["response_rate"]].level
    measures = [_printed(entry, publication) for entry in chosen["measures"]]
    return {**chosen, "patients": publication.n, "level": float(level / 100), "measures": measures}


def _printed(entry: Json, publication: Publication) -> Json:
    found: Json = {"measure": entry["measure"], "label": entry["label"]}
    if "counts" in entry:
        group, part = entry["counts"]
        return {**found, "x": publication.counts[group].parts[part]}
    if "median" in entry:
        median = publication.medians[entry["median"]]
        return {**found, "unit": "months", "estimate": str(median.estimate), **_interval(entry, median.interval)}
    rate = publication.proportions[entry["proportion"]]
    found |= {} if rate.x is None else {"x": rate.x}
    return {**found, "unit": "%", "scale": 100, "estimate": str(rate.percent), **_interval(entry, rate.interval)}


def _interval(entry: Json, limits: tuple[object, object] | None) -> Json:
    if limits is None:
        return {}
    return {"interval": {"lower": str(limits[0]), "upper": str(limits[1]), "methods": entry["methods"]}}
