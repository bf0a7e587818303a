"""The section `analysis` of a registry: what is estimated, of which endpoints and strata, and what is compared."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from onco_registry.endpoint_definition import choices
from onco_registry.registry_model import Analysis, Contrast, Stratum
from onco_registry.yaml_value import YamlValue

_OPTIONAL = ("rates_in_weeks", "rmst_in_months", "by_stratum", "contrasts")


def read_analysis(value: YamlValue, endpoints: Collection[str], strata: Sequence[Stratum]) -> Analysis:
    """The section, checked against the endpoints and strata that are declared. Raises ConfigurationError."""
    keys = value.keys(("rates_in_months", "follow_up", "ci_percent"), _OPTIONAL)
    by_name = {stratum.name: stratum for stratum in strata}
    rmst = {name: months.integer(minimum=1) for name, months in _by_endpoint(keys, "rmst_in_months", endpoints)}
    percent = keys["ci_percent"].integer(minimum=50)
    if percent > 99:
        keys["ci_percent"].refuse("expected a percentage below 100")
    contrasts = keys["contrasts"].items() if "contrasts" in keys else ()
    return Analysis(
        rates=_times(keys, "rates_in_months", endpoints),
        follow_up=keys["follow_up"].choice(endpoints, "endpoint"),
        ci_percent=percent,
        rates_in_weeks=_times(keys, "rates_in_weeks", endpoints),
        rmst=rmst,
        by_stratum={
            name: choices(names, by_name, "stratum") for name, names in _by_endpoint(keys, "by_stratum", endpoints)
        },
        contrasts=tuple(_contrast(item, endpoints, by_name, rmst) for item in contrasts),
    )


def _by_endpoint(
    keys: Mapping[str, YamlValue], name: str, endpoints: Collection[str]
) -> Sequence[tuple[str, YamlValue]]:
    """The entries of a key that is a mapping from endpoints."""
    found = list(keys[name].mapping().items()) if name in keys else []
    for endpoint, value in found:
        if endpoint not in endpoints:
            value.refuse(f"unknown endpoint {endpoint!r}; known: {', '.join(endpoints)}")
    return found


def _times(keys: Mapping[str, YamlValue], name: str, endpoints: Collection[str]) -> Mapping[str, tuple[int, ...]]:
    return {
        endpoint: tuple(time.integer(minimum=1) for time in times.items())
        for endpoint, times in _by_endpoint(keys, name, endpoints)
    }


def _contrast(
    value: YamlValue, endpoints: Collection[str], strata: Mapping[str, Stratum], rmst: Collection[str]
) -> Contrast:
    keys = value.keys(("endpoint", "stratum", "reference"), ("within",))
    endpoint = keys["endpoint"].choice(endpoints, "endpoint")
    if endpoint not in rmst:
        keys["endpoint"].refuse("a contrast needs rmst_in_months of its endpoint")
    stratum = strata[keys["stratum"].choice(strata, "stratum")]
    reference = keys["reference"]
    return Contrast(
        endpoint,
        stratum.name,
        reference.choice(tuple(stratum.bins.values()), "label") if stratum.bins else reference.text(),
        within=keys["within"].choice(strata, "stratum") if "within" in keys else None,
    )
