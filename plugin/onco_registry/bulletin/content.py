"""The sections of the canonical document, each from plain records of the results frames."""

import re
from collections import Counter
from collections.abc import Iterable

from onco_registry.bulletin.frames import Record
from onco_registry.bulletin.meta import BulletinMeta

RESPONSES = ("CR", "PR", "SD", "NON-CR/NON-PD", "PD", "NE")
GRADES = (1, 2, 3, 4, 5)
PREFERRED_CI_METHOD = "log-log"
HEADLINE_MEASURES = ("orr", "dcr", "pfs_median", "os_median", "follow_up_median")
RESPONSE_MEASURES = ("orr", "dcr", *(f"response_{response.lower()}" for response in RESPONSES))
SAFETY_MEASURES = ("ae", "ae_grade_1_2", "ae_grade_3_4", "ae_grade_5")
# Source of a best response that nothing was recorded for.
NO_SOURCE = "none"
DAYS_PER = {"w": 7, "m": 30.4375}
# A survival curve is not drawn where fewer patients than this are at risk: its steps say little there.
FEWEST_AT_RISK = 5
# In a cohort with fewer patients the head of the page gives counts, no rates, medians or sentence on them.
FEWEST_FOR_ESTIMATES = 10


def overall(estimates: Iterable[Record], measure: str) -> list[Record]:
    """The overall rows of a measure, the default interval method first."""
    rows = [row for row in estimates if row["measure"] == measure and row["stratum"] == "overall"]
    return sorted(rows, key=lambda row: (row["ci_method"] != PREFERRED_CI_METHOD, row["ci_method"] or ""))


def headline(estimates: list[Record], patients: int) -> Record:
    """The number of patients and the first overall row of each headline measure, None where there is none."""
    measures = {measure: next(iter(overall(estimates, measure)), None) for measure in HEADLINE_MEASURES}
    return {"patients": patients, "measures": measures}


def attrition(rows: list[Record]) -> list[Record]:
    """The steps of the cohort in order: criterion, label, excluded, remaining."""
    return sorted(rows, key=lambda row: row["step"])


def response(estimates: list[Record], best: list[Record], meta: BulletinMeta) -> Record:
    """Response estimates, counts by source, the bars of the waterfall (unnamed, in order) and the strata."""
    by_source = Counter((row["response"], row["source"] or NO_SOURCE) for row in best)
    measured = [row for row in best if row["best_change"] is not None]
    bars = [{"change": row["best_change"], "response": row["response"]} for row in measured]
    return {
        "estimates": [row for measure in RESPONSE_MEASURES for row in overall(estimates, measure)],
        "by_source": [
            {"response": name, "source": source, "x": by_source[name, source]}
            for name in RESPONSES
            for source in sorted({source for _, source in by_source})
        ],
        "waterfall": sorted(bars, key=lambda bar: (-bar["change"], RESPONSES.index(bar["response"]))),
        "without_change": len(best) - len(measured),
        "strata": strata(estimates, "orr", meta),
    }


def strata(estimates: list[Record], measure: str, meta: BulletinMeta) -> list[Record]:
    """The rows of a measure by stratum variable ('subtype=a' -> variable 'subtype'), in the order of the estimates.

    A variable with one value only would repeat the row of all patients, and is left out.
    """
    groups: dict[str, list[Record]] = {}
    for row in estimates:
        variable, separator, value = row["stratum"].partition("=")
        if row["measure"] == measure and separator:
            groups.setdefault(variable, []).append({**row, "label": meta.label(value)})
    return [
        {"variable": variable, "label": meta.label(variable), "rows": rows}
        for variable, rows in groups.items()
        if len(rows) > 1
    ]


def survival(
    estimates: list[Record], endpoints: list[Record], curves: list[Record], meta: BulletinMeta
) -> list[Record]:
    """One entry per endpoint that is shown and has a curve: PFS, OS, then others by name."""
    drawn = {row["endpoint"] for row in curves if not meta.endpoints or row["endpoint"] in meta.endpoints}
    names = sorted(drawn, key=lambda name: ({"pfs": 0, "os": 1}.get(name, 2), name))
    return [
        {
            "endpoint": name,
            "label": meta.label(name),
            "estimates": _time_estimates(estimates, name),
            "decided_by": _decided_by([row for row in endpoints if row["endpoint"] == name], meta),
            "curve": _curve([row for row in curves if row["endpoint"] == name]),
        }
        for name in names
    ]


def _time_estimates(estimates: list[Record], endpoint: str) -> list[Record]:
    found = {row["measure"] for row in estimates}
    rates = [match for measure in found if (match := re.fullmatch(rf"{endpoint}_rate_(\d+)([mw])", measure))]
    in_time_order = sorted(rates, key=lambda rate: (int(rate[1]) * DAYS_PER[rate[2]], rate[0]))
    measures = [f"{endpoint}_median", *(match[0] for match in in_time_order)]
    return [row for measure in measures for row in overall(estimates, measure)]


def _decided_by(rows: list[Record], meta: BulletinMeta) -> list[Record]:
    """How many patients each declared event or censoring decided, events first, the most frequent first."""
    counts = Counter((bool(row["event"]), row["decided_by"]) for row in rows)
    ordered = sorted(counts.items(), key=lambda item: (not item[0][0], -item[1], item[0][1]))
    return [
        {"event": event, "decided_by": name, "label": meta.label(name), "x": count} for (event, name), count in ordered
    ]


def _curve(rows: list[Record]) -> Record:
    points = [
        {key: value for key, value in row.items() if key not in ("endpoint", "stratum")}
        for row in sorted(rows, key=lambda row: row["time_days"])
        if row["stratum"] == "overall"
    ]
    drawn = [point["time_days"] for point in points if point["at_risk"] >= FEWEST_AT_RISK]
    return {"shown_until_days": max(drawn, default=0), "points": points}


def safety(estimates: list[Record], table: list[Record]) -> Record:
    """Summary estimates (any cause and treatment-related) and the terms by worst grade, most frequent first."""
    return {
        "any": [row for measure in SAFETY_MEASURES for row in overall(estimates, _any(measure))],
        "related": [row for measure in SAFETY_MEASURES for row in overall(estimates, f"{measure}_related")],
        "terms": _terms(table),
    }


def _any(measure: str) -> str:
    return "ae_any" if measure == "ae" else measure


def _terms(table: list[Record]) -> list[Record]:
    counts: Counter[tuple[str, bool, int]] = Counter()
    patients: dict[str, int] = {}
    for row in table:
        counts[row["term"], bool(row["related_only"]), row["grade"]] += row["x"]
        patients[row["term"]] = row["n"]
    terms = [
        {
            "term": term[:1].upper() + term[1:],
            "n": n,
            "any": [counts[term, False, grade] for grade in GRADES],
            "related": [counts[term, True, grade] for grade in GRADES],
        }
        for term, n in patients.items()
    ]
    return sorted(terms, key=lambda row: (-sum(row["any"]), row["term"]))


def completeness(rows: list[Record], meta: BulletinMeta) -> list[Record]:
    """Each item with the number of patients or records for which it is known, in the frame's order."""
    return [{**row, "label": meta.label(row["item"])} for row in rows]


def consistency_checks(rows: list[Record], meta: BulletinMeta) -> list[Record]:
    """All checks, the failing ones first."""
    labelled = [{**row, "label": meta.label(row["check_name"])} for row in rows]
    return sorted(labelled, key=lambda row: (row["status"] == "pass", row["label"]))
