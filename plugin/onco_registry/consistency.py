"""Checks of a recompute's own numbers against each other; a failing check is a row, never hidden."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from onco_registry.estimate_row import EXACT, OVERALL
from onco_registry.registry_model import RESPONSES

Frames = Mapping[str, pd.DataFrame]
COLUMNS = ("check_name", "status", "detail")


def check_consistency(frames: Frames) -> pd.DataFrame:
    """One row per check: check_name, status ('pass' or 'fail'), detail (the numbers compared; no patient named).

    `frames` are those of a recompute, with `late_contact` (subject_id) for patients seen after their death.
    """
    rows = []
    for check in _CHECKS:
        passed, detail = check(frames)
        rows.append((check.__name__.removeprefix("_"), "pass" if passed else "fail", detail))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _responses_add_up(frames: Frames) -> tuple[bool, str]:
    estimates = frames["estimate"]
    overall = estimates[estimates["stratum"] == OVERALL].set_index("measure")["x"]
    counts = [int(overall[f"response_{response.lower()}"]) for response in RESPONSES]
    n = len(frames["cohort"])
    parts = " + ".join(f"{response} {x}" for response, x in zip(RESPONSES, counts, strict=True))
    return sum(counts) == n, f"{parts} = {sum(counts)} of {n}"


def _exclusions_add_up(frames: Frames) -> tuple[bool, str]:
    steps = frames["attrition"].sort_values("step")
    entered = int(steps["remaining"].iloc[0] + steps["excluded"].iloc[0])
    excluded, n = int(steps["excluded"].sum()), len(frames["cohort"])
    chained = np.array_equal(steps["remaining"].diff().iloc[1:], -steps["excluded"].iloc[1:])
    detail = f"{entered} entered - {excluded} excluded = {entered - excluded}; {n} in the cohort"
    return chained and entered - excluded == n, detail


def _subgroups_add_up(frames: Frames) -> tuple[bool, str]:
    estimates = frames["estimate"]
    rows = estimates[(estimates["measure"] == "orr") & (estimates["stratum"] != OVERALL)]
    sums = rows.groupby(rows["stratum"].map(lambda name: name.partition("=")[0]), sort=False)[["n", "x"]].sum()
    whole = estimates[(estimates["measure"] == "orr") & (estimates["stratum"] == OVERALL)].iloc[0]
    wrong = [f"{name}: {row.x}/{row.n}" for name, row in sums.iterrows() if tuple(row) != (whole.n, whole.x)]
    return not wrong or whole.n == 0, "; ".join(wrong) or f"{len(sums)} strata add up to {whole.x}/{whole.n}"


def _percentages_from_counts(frames: Frames) -> tuple[bool, str]:
    estimates = frames["estimate"]
    rows = estimates[(estimates["ci_method"] == EXACT) & (estimates["n"] > 0)]
    x, n = rows["x"].astype(float), rows["n"].astype(float)
    inside = (rows["lower"] <= rows["estimate"]) & (rows["estimate"] <= rows["upper"])
    wrong = rows[~np.isclose(rows["estimate"], x / n) | (x > n) | ~inside]
    return wrong.empty, ", ".join(wrong["measure"]) or f"{len(rows)} proportions equal their x/n"


def _os_not_before_pfs(frames: Frames) -> tuple[bool, str]:
    endpoint = frames["endpoint"]
    if not {"pfs", "os"} <= set(endpoint["endpoint"]):
        return True, "not both endpoints are declared, or nobody has them"
    times = endpoint.pivot(index="subject_id", columns="endpoint", values="time_days")
    shorter = int((times["os"] < times["pfs"]).sum())
    return shorter == 0, f"OS is shorter than PFS in {shorter} of {len(times)} patients"


def _no_event_before_index(frames: Frames) -> tuple[bool, str]:
    endpoint = frames["endpoint"]
    early = int((endpoint["decided_on"] < endpoint["start_date"]).sum())
    return early == 0, f"{early} of {len(endpoint)} endpoint dates lie before the index date"


def _no_contact_after_death(frames: Frames) -> tuple[bool, str]:
    late = len(frames["late_contact"])
    return late == 0, f"clinical contact after death: {late} of the patients"


def _related_not_more_than_any(frames: Frames) -> tuple[bool, str]:
    estimates = frames["estimate"].set_index("measure")["x"]
    related, whole = int(estimates["ae_related"]), int(estimates["ae_any"])
    return related <= whole, f"{related} patients with a related event, {whole} with any"


_CHECKS: tuple[Callable[[Frames], tuple[bool, str]], ...] = (
    _responses_add_up,
    _exclusions_add_up,
    _subgroups_add_up,
    _percentages_from_counts,
    _os_not_before_pfs,
    _no_event_before_index,
    _no_contact_after_death,
    _related_not_more_than_any,
)
