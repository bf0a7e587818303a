"""The long table of estimates, by measure and stratum."""

import re
from collections.abc import Callable, Iterable

from onco_registry.bulletin.frames import Record

PREFERRED_CI_METHOD = "log-log"
OVERALL = "overall"
DAYS_PER = {"w": 7, "m": 30.4375}


def overall(estimates: Iterable[Record], measure: str) -> list[Record]:
    """The overall rows of a measure, the default interval method first."""
    rows = [row for row in estimates if row["measure"] == measure and row["stratum"] == OVERALL]
    return sorted(rows, key=lambda row: (row["ci_method"] != PREFERRED_CI_METHOD, row["ci_method"] or ""))


def first(estimates: Iterable[Record], measure: str) -> Record | None:
    """The overall row of a measure with the default interval method; None where there is none."""
    return next(iter(overall(estimates, measure)), None)


def strata(estimates: list[Record], measure: str, label: Callable[[str], str]) -> list[Record]:
    """The rows of a measure by stratum variable ('subtype=a' -> variable 'subtype'), in the order of the estimates."""
    groups: dict[str, list[Record]] = {}
    for row in estimates:
        variable, separator, value = row["stratum"].partition("=")
        if row["measure"] == measure and separator:
            groups.setdefault(variable, []).append({**row, "label": label(value)})
    return [{"variable": variable, "label": label(variable), "rows": rows} for variable, rows in groups.items()]


def divided(groups: Iterable[Record]) -> list[Record]:
    """The strata with more than one label: a single one would repeat the row of all patients."""
    return [group for group in groups if len(group["rows"]) > 1]


def rates_in_time_order(estimates: Iterable[Record], endpoint: str) -> list[str]:
    """The measures 'pfs_rate_12w', 'pfs_rate_6m' of an endpoint, the earliest first."""
    found = {row["measure"] for row in estimates}
    rates = [match for measure in found if (match := re.fullmatch(rf"{endpoint}_rate_(\d+)([mw])", measure))]
    return [match[0] for match in sorted(rates, key=lambda rate: (int(rate[1]) * DAYS_PER[rate[2]], rate[0]))]
