"""Checks of a recompute's own numbers against each other; a failing check is a row, never hidden."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from onco_registry.baseline_model import MISSING
from onco_registry.estimate_row import EXACT, OVERALL, SPSS
from onco_registry.registry_model import RESPONSES

Frames = Mapping[str, pd.DataFrame]
# Whether the numbers agree, and the numbers; None where the registry has nothing that could be compared.
Outcome = tuple[bool, str] | None
COLUMNS = ("check_name", "status", "detail")


def check_consistency(frames: Frames) -> pd.DataFrame:
    """One row per check: check_name, status ('pass' or 'fail'), detail (the numbers compared; no patient named).

    A check of what the registry does not declare has no row.

    `frames` are those of a recompute, with `late_contact` (subject_id) for patients seen after their death.
    """
    rows = []
    for check in _CHECKS:
        if (outcome := check(frames)) is not None:
            passed, detail = outcome
            rows.append((check.__name__.removeprefix("_"), "pass" if passed else "fail", detail))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _responses_add_up(frames: Frames) -> Outcome:
    """Of those who were seen at index; the others have no response rate."""
    estimates = frames["estimate"]
    if not _assesses_response(frames):
        return None
    overall = estimates[estimates["stratum"] == OVERALL].set_index("measure")["x"]
    counts = [int(overall[f"response_{response.lower()}"]) for response in RESPONSES]
    n = int(frames["cohort"]["seen_at_index"].astype(bool).sum())
    parts = " + ".join(f"{response} {x}" for response, x in zip(RESPONSES, counts, strict=True))
    return sum(counts) == n, f"{parts} = {sum(counts)} of {n}"


def _patients_counted_once(frames: Frames) -> tuple[bool, str]:
    """Each patient of the cohort has one best response and at most one row per endpoint; nobody else has any."""
    patients, best, endpoint = frames["cohort"]["subject_id"], frames["best_response"], frames["endpoint"]
    repeated = int(best.duplicated("subject_id").sum() + endpoint.duplicated(["subject_id", "endpoint"]).sum())
    strange = int((~best["subject_id"].isin(patients)).sum() + (~endpoint["subject_id"].isin(patients)).sum())
    missing = int((~patients.isin(best["subject_id"])).sum()) if _assesses_response(frames) else 0
    detail = (
        f"{repeated} rows repeat a patient, {strange} belong to no patient of the cohort, {missing} patients lack a row"
    )
    return repeated + strange + missing == 0, detail


def _exclusions_add_up(frames: Frames) -> tuple[bool, str]:
    steps = frames["attrition"].sort_values("step")
    entered = int(steps["remaining"].iloc[0] + steps["excluded"].iloc[0])
    excluded, n = int(steps["excluded"].sum()), len(frames["cohort"])
    chained = np.array_equal(steps["remaining"].diff().iloc[1:], -steps["excluded"].iloc[1:])
    detail = f"{entered} entered - {excluded} excluded = {entered - excluded}; {n} in the cohort"
    return chained and entered - excluded == n, detail


def _subgroups_add_up(frames: Frames) -> tuple[bool, str]:
    """Rates by x and n, times by events and n; these not where patients came late, for curves then start apart."""
    estimates = frames["estimate"]
    late = set(frames["endpoint"].loc[frames["endpoint"]["entry_days"] > 0, "endpoint"])
    measures = [("orr", "x"), ("dcr", "x")] if _assesses_response(frames) else []
    measures += [(f"{name}_median", "events") for name in _times(frames) if name not in late]
    wrong, strata = [], set()
    for measure, counted in measures:
        rows = estimates[(estimates["measure"] == measure) & (estimates["ci_method"] != SPSS)]
        whole = rows.loc[rows["stratum"] == OVERALL, ["n", counted]].iloc[0]
        parts = rows[rows["stratum"] != OVERALL]
        names = parts["stratum"].map(lambda name: name.partition("=")[0])
        for name, row in parts.groupby(names, sort=False)[["n", counted]].sum().iterrows():
            strata.add(name)
            if list(row) != list(whole):
                wrong.append(f"{measure} by {name}: {row[counted]}/{row['n']}, not {whole[counted]}/{whole['n']}")
    return not wrong, "; ".join(wrong) or f"{len(strata)} strata add up to all patients"


def _assesses_response(frames: Frames) -> bool:
    return "orr" in set(frames["estimate"]["measure"])


def _times(frames: Frames) -> list[str]:
    return list(dict.fromkeys(frames["endpoint"]["endpoint"]))


def _percentages_from_counts(frames: Frames) -> Outcome:
    estimates = frames["estimate"]
    rows = estimates[estimates["ci_method"] == EXACT]
    if rows.empty:
        return None
    rows = rows[rows["n"] > 0]
    x, n = rows["x"].astype(float), rows["n"].astype(float)
    wrong = rows[~np.isclose(rows["estimate"], x / n)]
    return wrong.empty, ", ".join(wrong["measure"]) or f"{len(rows)} proportions equal their x/n"


def _counts_within_totals(frames: Frames) -> tuple[bool, str]:
    wrong = []
    for name in ("estimate", "ae_table", "completeness", "baseline"):
        rows = frames[name]
        for column in {"x", "events"} & set(rows.columns):
            more = int((rows[column] > rows["n"]).fillna(False).sum())
            wrong += [f"{name}: {more} rows"] if more else []
    return not wrong, "; ".join(wrong) or "no count exceeds its total"


def _intervals_hold_estimates(frames: Frames) -> tuple[bool, str]:
    """An open limit or a missing estimate contradicts nothing."""
    rows = frames["estimate"]
    slack = 1e-12
    wrong = rows[(rows["lower"] > rows["estimate"] + slack) | (rows["upper"] < rows["estimate"] - slack)]
    return wrong.empty, ", ".join(
        wrong["measure"]
    ) or f"{int(rows['lower'].notna().sum())} intervals hold their estimate"


def _curves_agree_with_times(frames: Frames) -> tuple[bool, str]:
    """Events and censorings of each overall curve are those of the times, where nobody came late; no curve rises."""
    wrong = []
    for name in _times(frames):
        times = frames["endpoint"][frames["endpoint"]["endpoint"] == name]
        curve = frames["curve"][(frames["curve"]["endpoint"] == name) & (frames["curve"]["stratum"] == OVERALL)]
        counted = (int(curve["events"].sum()), int(curve["events"].sum() + curve["censored"].sum()))
        expected = (int(times["event"].astype(bool).sum()), len(times))
        if not (times["entry_days"] > 0).any() and counted != expected:
            wrong.append(f"{name}: {counted[0]}/{counted[1]}, not {expected[0]}/{expected[1]}")
        elif (curve["survival"].diff() > 0).any():
            wrong.append(f"{name} rises")
    return not wrong, "; ".join(wrong) or f"{len(_times(frames))} curves agree with their times"


def _os_not_before_pfs(frames: Frames) -> Outcome:
    endpoint = frames["endpoint"]
    if not {"pfs_median", "os_median"} <= set(frames["estimate"]["measure"]):
        return None
    if endpoint.empty:
        return True, "not both endpoints are declared, or nobody has them"
    times = endpoint.pivot(index="subject_id", columns="endpoint", values="time_days")
    shorter = int((times["os"] < times["pfs"]).sum())
    return shorter == 0, f"OS is shorter than PFS in {shorter} of {len(times)} patients"


def _no_event_before_index(frames: Frames) -> tuple[bool, str]:
    endpoint, cohort = frames["endpoint"], frames["cohort"]
    early = int((endpoint["decided_on"] < endpoint["start_date"]).sum())
    best = frames["best_response"].merge(cohort, on="subject_id").dropna(subset=["response_date"])
    answered = int((best["response_date"] < best["cohort_start_date"]).sum())
    detail = f"{early} of {len(endpoint)} endpoint dates lie before the index date"
    return early + answered == 0, detail + (f"; {answered} best responses, too" if answered else "")


def _no_contact_after_death(frames: Frames) -> tuple[bool, str]:
    late = len(frames["late_contact"])
    return late == 0, f"clinical contact after death: {late} of the patients"


def _related_not_more_than_any(frames: Frames) -> Outcome:
    """In all patients, and term by term."""
    estimates = frames["estimate"].drop_duplicates("measure").set_index("measure")["x"]
    if "ae_any" not in estimates.index:
        return None
    related, whole = int(estimates["ae_related"]), int(estimates["ae_any"])
    terms = estimates[estimates.index.str.startswith("ae_term_related:")]
    of_all = terms.index.str.replace("ae_term_related:", "ae_term:", regex=False)
    more = int((terms.to_numpy() > estimates.reindex(of_all).fillna(0).to_numpy()).sum())
    detail = f"{related} patients with a related event, {whole} with any"
    return related <= whole and not more, detail + (f"; more related than any in {more} terms" if more else "")


def _baseline_adds_up(frames: Frames) -> Outcome:
    baseline, n = frames["baseline"], len(frames["cohort"])
    if baseline.empty:
        return None
    variables = list(baseline.groupby("variable", sort=False))
    wrong = [str(name) for name, rows in variables if not _variable_adds_up(rows, n)]
    return not wrong, ", ".join(wrong) or f"{len(variables)} variables fit the number of patients"


def _variable_adds_up(rows: pd.DataFrame, n: int) -> bool:
    """Known and missing are all patients, and so are levels and missing; one patient may be in several levels (kind
    `multiple`), and then the levels together are not fewer than the known, nor is one of them more.
    """
    x, is_summary, is_missing = rows["x"], rows["kind"] == "summary", rows["level"] == MISSING
    known = n - int(x[is_missing].sum())
    levels = x[~is_summary & ~is_missing]
    if (rows["n"] != n).any() or (x[is_summary] != known).any():
        return False
    if (rows["kind"] == "multiple").any():
        return bool(levels.max() <= known <= levels.sum())
    return levels.empty or int(levels.sum()) == known


_CHECKS: tuple[Callable[[Frames], Outcome], ...] = (
    _patients_counted_once,
    _responses_add_up,
    _exclusions_add_up,
    _subgroups_add_up,
    _percentages_from_counts,
    _counts_within_totals,
    _intervals_hold_estimates,
    _curves_agree_with_times,
    _os_not_before_pfs,
    _no_event_before_index,
    _no_contact_after_death,
    _related_not_more_than_any,
    _baseline_adds_up,
)
