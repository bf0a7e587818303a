"""Two registries on the patients of both: each computes its own, and the other changes nothing in it."""

from __future__ import annotations

import shutil
from pathlib import Path

from onco_registry import night
from onco_registry.demo.hospital import write_ndjson
from onco_registry.demo.patients import read_patients
from onco_registry.installed import folder_of, registry_names
from replica.nights import DATA_CUT, Demo, Site

ESTIMATES = """
    SELECT stratum, measure, estimate, lower, upper, ci_method, x, n, events FROM registry.latest_estimate
    WHERE registry = $1 ORDER BY ALL
"""


def test_each_computes_its_own(demo: Demo, site: Site, tmp_path: Path) -> None:
    (first,) = demo.site.config.registries
    (second,) = set(registry_names()) - {first}
    write_ndjson(tmp_path / "others", read_patients(folder_of(second)).resources())
    assert set(site.sync(tmp_path / "others").fates) == {"mapped"}
    both = site.config.model_copy(update={"registries": ()})
    computed = night.recompute(both, data_cut=DATA_CUT)
    assert {row["registry"]: row["patients"] for row in computed} == {first: 32, second: 40}
    # The releases of before know nothing of the second night's patients.
    shutil.rmtree(site.folder / "data" / "bulletins")
    assert {one.registry for one in night.bulletins(both)} == {first, second}
    assert site.rows(ESTIMATES, [first]) == demo.site.rows(ESTIMATES, [first])
    entered = (
        "SELECT registry, remaining FROM results.attrition SEMI JOIN registry.recompute USING (hash) WHERE step = 0"
    )
    assert (second, 55) in site.rows(entered)
