"""Cohorts drawn at random, patient by patient, and the internal document of each; a later month of the same cohort."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from onco_registry.baseline_model import MISSING
from onco_registry.bulletin.document import build
from onco_registry.bulletin.frames import COLUMNS, PATIENT_COLUMNS, Record
from onco_registry.bulletin.meta import BulletinMeta
from onco_registry.bulletin.sections.attrition import attrition
from onco_registry.bulletin.sections.baseline import NOT_RECORDED, baseline
from onco_registry.bulletin.sections.headline import headline
from onco_registry.bulletin.sections.quality import completeness
from onco_registry.bulletin.sections.response import response
from onco_registry.bulletin.sections.safety import safety
from onco_registry.bulletin.sections.survival import shown, survival
from onco_registry.exact import proportion
from onco_registry.survival import DAYS_PER_MONTH, kaplan_meier, median, survival_at

RESPONSES = ("CR", "PR", "SD", "NON-CR/NON-PD", "PD", "NE")
RESPONDED, CONTROLLED = RESPONSES[:2], RESPONSES[:4]
SUBTYPES = ("Alpha", "Beta", "Gamma", "Delta", NOT_RECORDED)
ECOG = ("0", "1", "2", NOT_RECORDED)
LEVELS = {"subtype": SUBTYPES, "ecog": ECOG}
SITES = ("Lung", "Liver", "Bone")
TERMS = ("Rash", "Fatigue", "Cough")

Patients = pd.DataFrame
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Month:
    """The patients, a row each, who was excluded step by step, and the terms and sites that are in use."""

    patients: Patients
    excluded: tuple[int, ...]
    terms: tuple[str, ...]
    sites: tuple[str, ...]

    @property
    def n(self) -> int:
        """How many patients there are."""
        return len(self.patients)


def draw(rng: np.random.Generator, n: int) -> Month:
    """A month of a cohort of n; how common each level is, is drawn, too, so that there are rare ones."""
    terms, sites = TERMS[: rng.integers(1, 4)], SITES[: rng.integers(1, 4)]
    excluded = tuple(int(count) for count in rng.choice([0, 1, 2, 3, 5, 8, 13, 40], size=rng.integers(1, 6)))
    return Month(_patients(rng, n), excluded, terms, sites)


def month_after(rng: np.random.Generator, month: Month) -> Month:
    """The same patients with some values changed and a longer follow-up, and a few or many new ones."""
    old, added = month.patients, _patients(rng, int(rng.choice([0, 1, 4, 5, 12])))
    changed = old.copy()
    which = rng.random(len(old)) < rng.choice([0.0, 0.02, 0.15])
    fresh = _patients(rng, len(old))
    columns = list(rng.choice(["response", "subtype", "ecog"], size=rng.integers(0, 3), replace=False))
    changed.loc[which, columns] = fresh.loc[which, columns]
    changed["confirmed"] = _confirmed(rng, changed["response"]).where(which, changed["confirmed"])
    longer = which & ~changed["os_event"]
    changed.loc[longer, "os"] = changed.loc[longer, "os"] + 40
    changed.loc[longer, "os_event"] = rng.random(int(longer.sum())) < 0.5
    free = longer & ~changed["pfs_event"]
    changed["pfs"] = changed["pfs"].mask(free, changed["os"])
    changed["pfs_event"] = changed["pfs_event"].mask(free, changed["os_event"])
    excluded = list(month.excluded)
    excluded[int(rng.integers(len(excluded)))] += int(rng.choice([0, 0, 1, 5]))
    return replace(month, patients=pd.concat([changed, added], ignore_index=True), excluded=tuple(excluded))


def _patients(rng: np.random.Generator, n: int) -> Patients:
    response = pd.Series(_levels(rng, RESPONSES, n))
    pfs, os, cut = rng.exponential(150, n), rng.exponential(300, n), rng.uniform(1, 420, n)
    died, progressed = os <= cut, np.minimum(pfs, os) <= cut
    found = {
        "response": response,
        "confirmed": _confirmed(rng, response),
        "subtype": _levels(rng, SUBTYPES, n),
        "ecog": _levels(rng, ECOG, n),
        "pfs": np.ceil(np.minimum(np.minimum(pfs, os), cut)),
        "pfs_event": progressed,
        "os": np.ceil(np.minimum(os, cut)),
        "os_event": died,
        "assessed": rng.random(n) < rng.choice([0.9, 1.0]),
        "recorded": rng.random(n) < rng.choice([0.7, 0.95]),
        **{site: rng.random(n) < rng.choice([0.05, 0.2, 0.6]) for site in SITES},
    }
    for term in TERMS:
        grade = np.where(rng.random(n) < rng.choice([0.05, 0.2, 0.6]), rng.choice([1, 2, 3, 4, 5], n), 0)
        found |= {term: grade, f"{term} related": np.where(rng.random(n) < rng.choice([0.5, 0.9, 1.0]), grade, 0)}
    return pd.DataFrame(found)


def _levels(rng: np.random.Generator, names: tuple[str, ...], n: int) -> np.ndarray:
    weights = rng.dirichlet(np.full(len(names), rng.choice([0.3, 1.0])))
    return rng.choice(np.array(names, dtype=object), size=n, p=weights)


def _confirmed(rng: np.random.Generator, response: pd.Series[Any]) -> pd.Series[Any]:
    """What the best response is where responses have to be confirmed: the same or a worse one."""
    position = response.map({name: place for place, name in enumerate(RESPONSES)}).to_numpy(dtype=int, na_value=0)
    worse = np.minimum(position + rng.integers(1, 4, len(position)), len(RESPONSES) - 1)
    same = rng.random(len(position)) < rng.choice([0.5, 0.9, 1.0])
    chosen = np.where(same | (position > 3), position, worse)
    return pd.Series(np.array(RESPONSES, dtype=object)[chosen], index=response.index)


def document(month: Month) -> dict[str, Any]:
    """The internal document of a month, by the bulletin's own sections."""
    meta, estimates = _meta(month), _records("estimate", _estimates(month), cohort=False)
    curves = [row for endpoint in ("pfs", "os") for row in _curve(month.patients, endpoint)]
    frames = {name: _records(name, []) for name in ("adverse_event", "ae_rate", "ae_incidence", "laboratory_table")}
    frames |= {
        "ae_table": _records("ae_table", _ae_table(month)),
        "safety_table": _records("safety_table", _safety_table(month)),
    }
    times = _records("curve", curves)
    return _empty() | {
        "headline": headline(estimates, shown(times, meta), meta),
        "attrition": attrition(_records("attrition", _attrition(month), cohort=False)),
        "baseline": baseline(_records("baseline", _baseline(month)), meta),
        "response": response(estimates, [], [], meta) | {"swimmer": [], "spider": []},
        "survival": survival(estimates, [], times, meta),
        "safety": safety(frames, estimates, meta),
        "completeness": completeness(_records("completeness", _completeness(month)), meta),
    }


def _records(name: str, rows: list[Row], *, cohort: bool = True) -> list[Record]:
    """Rows by the names of a frame's columns; without the column `cohort` where the rows have none."""
    columns = [column for column in COLUMNS[name] if cohort or column != "cohort"]
    return [dict(zip(columns, row, strict=True)) for row in rows]


@cache
def _empty() -> dict[str, Any]:
    frames = {name: list(dict.fromkeys((*COLUMNS.get(name, ()), *PATIENT_COLUMNS.get(name, ())))) for name in _FRAMES}
    none = Month(pd.DataFrame(), (), (), ())
    return build({name: pd.DataFrame(columns=columns) for name, columns in frames.items()}, _meta(none))


_FRAMES = (*COLUMNS, *(name for name in PATIENT_COLUMNS if name not in COLUMNS))


def _meta(month: Month) -> BulletinMeta:
    return BulletinMeta(
        registry="drawn",
        title="Drawn",
        cohort="all",
        cohort_id=1,
        data_cut=date(2022, 5, 31),
        knowledge_run=1,
        computed=datetime(2022, 7, 1, 8, 30, tzinfo=UTC),
        patients=month.n,
        hash="c0ffee",
    )


def _share(measure: str, members: pd.Series[Any], stratum: str = "overall") -> Row:
    x, n = int(members.sum()), len(members)
    return (stratum, measure, *_interval(x, n), 0.95, "clopper-pearson", x, n, None, "proportion")


@cache
def _interval(x: int, n: int) -> tuple[float, float, float]:
    found = proportion(x, n, 95)
    return found.estimate, found.lower, found.upper


def _estimates(month: Month) -> list[Row]:
    patients = month.patients
    if patients.empty:
        return []
    best, confirmed = patients["response"], patients["confirmed"]
    rows = [_share("orr", best.isin(RESPONDED)), _share("dcr", best.isin(CONTROLLED))]
    rows += [_share(f"response_{name.lower()}", best == name) for name in RESPONSES]
    rows += [_share("orr_confirmed", confirmed.isin(RESPONDED)), _share("dcr_confirmed", confirmed.isin(CONTROLLED))]
    for variable in ("subtype", "ecog"):
        for level, group in sorted(patients.groupby(variable), key=lambda one: -len(one[1])):
            rows.append(_share("orr", group["response"].isin(RESPONDED), f"{variable}={level}"))
    for suffix in ("", " related"):
        worst = patients[[f"{term}{suffix}" for term in month.terms]].max(axis=1)
        end = suffix.replace(" ", "_")
        rows += [
            _share("ae_related" if suffix else "ae_any", worst > 0),
            _share(f"ae_grade_1_2{end}", worst.isin([1, 2])),
        ]
        rows += [_share(f"ae_grade_3_4{end}", worst.isin([3, 4])), _share(f"ae_grade_5{end}", worst == 5)]
    return rows + [row for endpoint in ("pfs", "os") for row in _times(patients, endpoint)]


def _times(patients: Patients, endpoint: str) -> list[Row]:
    curve = kaplan_meier(patients[endpoint].to_numpy(dtype=float), patients[f"{endpoint}_event"].to_numpy())
    followed = kaplan_meier(patients["os"].to_numpy(dtype=float), ~patients["os_event"].to_numpy(dtype=bool))
    n, events = len(patients), int(patients[f"{endpoint}_event"].sum())
    found = {f"{endpoint}_median": median(curve), f"{endpoint}_rate_6m": survival_at(curve, 6 * DAYS_PER_MONTH)}
    found |= {"follow_up_median": median(followed)} if endpoint == "os" else {}
    return [
        (
            "overall",
            name,
            *map(_number, (one.estimate, one.lower, one.upper)),
            0.95,
            "log-log",
            None,
            n,
            events,
            "months",
        )
        for name, one in found.items()
    ]


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _attrition(month: Month) -> list[Row]:
    left = month.n + sum(month.excluded)
    rows: list[Row] = [(0, "entered", "Entered", 0, left)]
    for step, excluded in enumerate(month.excluded, 1):
        left -= excluded
        rows.append((step, f"criterion {step}", f"Criterion {step}", excluded, left))
    return rows


def _baseline(month: Month) -> list[Row]:
    patients, nothing = month.patients, (None,) * 6
    rows: list[Row] = []
    for variable, levels in LEVELS.items():
        counts = {level: int((patients[variable] == level).sum()) for level in levels}
        names = {NOT_RECORDED: MISSING}
        rows += [(variable, names.get(level, level), "count", x, month.n, *nothing) for level, x in counts.items()]
    burden = patients[list(month.sites)].sum(axis=1)
    rows += [("sites", site, "multiple", int(patients[site].sum()), month.n, *nothing) for site in month.sites]
    rows.append(("sites", MISSING, "multiple", int((burden == 0).sum()), month.n, *nothing))
    for level in range(4):
        rows.append(("burden", str(level or MISSING), "count", int((burden == level).sum()), month.n, *nothing))
    return rows


def _curve(patients: Patients, endpoint: str) -> list[Row]:
    if patients.empty:
        return []
    found = kaplan_meier(patients[endpoint].to_numpy(dtype=float), patients[f"{endpoint}_event"].to_numpy())
    columns = ["time", "at_risk", "events", "censored", "survival", "lower", "upper"]
    return [
        (endpoint, "overall", *map(int, (time, at_risk, events, censored)), *map(_number, (alive, lower, upper)))
        for time, at_risk, events, censored, alive, lower, upper in found[columns].itertuples(index=False)
    ]


def _ae_table(month: Month) -> list[Row]:
    return [
        (term, related, grade, int((worst == grade).sum()), month.n)
        for term, related, worst in _worst(month)
        for grade in range(1, 6)
    ]


def _safety_table(month: Month) -> list[Row]:
    rows: list[Row] = []
    for term, related, worst in _worst(month):
        bands = [int(worst.between(*band).sum()) for band in ((1, 5), (1, 2), (3, 4), (5, 5))]
        rows.append(("term", term, related, *bands, 0, month.n))
    return rows


def _worst(month: Month) -> Iterator[tuple[str, bool, pd.Series[Any]]]:
    """The worst grades, of any events and of those related, of each term that somebody had."""
    for term in month.terms:
        if (month.patients[term] > 0).any():
            yield from ((term, False, month.patients[term]), (term, True, month.patients[f"{term} related"]))


def _completeness(month: Month) -> list[Row]:
    patients = month.patients
    assessed = patients["assessed"]
    items = {
        "assessment_after_index": assessed,
        "recorded_response": assessed & patients["recorded"],
        "sums_of_diameters": assessed & ~patients["recorded"],
    }
    deaths = int(patients["os_event"].sum())
    rows: list[Row] = [(item, int(x.sum()), month.n) for item, x in items.items()]
    return [*rows, ("deaths_with_cause", deaths, deaths)]
