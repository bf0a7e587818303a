"""A reader who knows what the numbers of a document mean, and writes down all that follows from them.

It knows only the document; the patients are used to say which of the sums are small, never to solve for them.
"""

# Weights are functions of all fields of a cell, whether they use them or not, made in loops.
# ruff: noqa: ARG005, B008

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import combinations, product
from typing import Any

import numpy as np

from bulletin.drawn_cohort import CONTROLLED, LEVELS, RESPONDED, RESPONSES, Month
from bulletin.linear_attack import Family
from onco_registry.bulletin.sections.baseline import NOT_RECORDED

Document = dict[str, Any]
Record = dict[str, Any]
GRID = 30
_BANDS = ("none", "low", "high", "fatal")


def families(document: Document, month: Month) -> list[Family]:
    """Everything that can be learned from a document, part by part; nothing where not even the patients are told."""
    if document["headline"]["patients"] is None:
        return []
    return [
        _response(document, month),
        _stratum(document, month, "subtype"),
        _stratum(document, month, "ecog"),
        _sites(document, month),
        _summary(document, month),
        _terms(document, month),
        _attrition(document, month),
        _completeness(document, month),
        _times(document, month),
    ]


def _family(name: str, cells: Sequence[tuple[Any, ...]], rows: Sequence[tuple[Any, ...]]) -> Family:
    place = {cell: position for position, cell in enumerate(cells)}
    truth = np.zeros(len(cells))
    np.add.at(truth, [place[row] for row in rows], 1)
    return Family(name, list(cells), truth)


def _x(row: Record) -> float | None:
    """The count of a row, also where only its share is left."""
    if row["x"] is None and row["estimate"] is not None and row["n"]:
        return float(round(row["estimate"] * row["n"]))
    return None if row["x"] is None else float(row["x"])


def _all(found: Family, document: Document) -> None:
    found.know(lambda *cell: 1, document["headline"]["patients"])
    for name in list(found.targets):
        found.targets[f"not {name}"] = 1 - found.targets[name]


def _response(document: Document, month: Month) -> Family:
    place = {name: position for position, name in enumerate(RESPONSES)}
    cells = [(best, sure) for best in RESPONSES for sure in RESPONSES if place[sure] >= place[best]]
    rows = month.patients[["response", "confirmed"]].itertuples(index=False, name=None) if month.n else ()
    found = _family("response", cells, list(rows))
    sets: dict[str, Callable[[str, str], bool]] = {
        "orr": lambda best, sure: best in RESPONDED,
        "dcr": lambda best, sure: best in CONTROLLED,
        "orr_confirmed": lambda best, sure: sure in RESPONDED,
        "dcr_confirmed": lambda best, sure: sure in CONTROLLED,
    }
    sets |= {f"response_{response.lower()}": _best_is(response) for response in RESPONSES}
    for row in [*document["response"]["estimates"], *document["response"]["further"]]:
        found.know(sets[row["measure"]], _x(row))
        found.know(lambda best, sure: 1, row["n"])
    for name, weight in sets.items():
        found.target(name, weight)
    _all(found, document)
    for inner, outer in (("orr", "dcr"), ("orr_confirmed", "orr"), ("dcr_confirmed", "dcr")):
        found.targets[f"{outer} but not {inner}"] = found.targets[outer] - found.targets[inner]
    found.targets["confirmed control"] = found.targets["dcr_confirmed"] - found.targets["orr_confirmed"]
    for cell in cells:
        found.target(f"{cell}", lambda *one, this=cell: one == this)
    return found


def _best_is(response: str) -> Callable[[str, str], bool]:
    return lambda best, sure: best == response


def _members(level: Record) -> set[str]:
    return {label.lower() for label in level.get("members", [level["label"]])}


def _levels(document: Document, variable: str) -> list[Record]:
    return [level for entry in document["baseline"] if entry["variable"] == variable for level in entry["levels"]]


def _stratum(document: Document, month: Month, variable: str) -> Family:
    """A variable of the baseline table by response, of which the strata tell."""
    patients = month.patients
    names = sorted(level.lower() for level in LEVELS[variable])
    rows = [(str(level).lower(), best in RESPONDED) for level, best in patients[[variable, "response"]].to_numpy()]
    found = _family(variable, list(product(names, (False, True))), rows)
    for level in _levels(document, variable):
        found.know(lambda name, responded, them=_members(level): name in them, level["x"])
    for row in document["response"]["estimates"]:
        if row["measure"] == "orr":
            found.know(lambda name, responded: responded, _x(row))
    for stratum in document["response"]["strata"]:
        for row in stratum["rows"] if stratum["variable"] == variable else []:
            found.know(lambda name, responded, them=_members(row): responded and name in them, _x(row))
            found.know(lambda name, responded, them=_members(row): name in them, row["n"])
    for name in names:
        found.target(name, lambda level, responded, this=name: level == this)
        found.target(f"{name} with", lambda level, responded, this=name: level == this and responded)
        found.target(f"{name} without", lambda level, responded, this=name: level == this and not responded)
    _all(found, document)
    return found


def _sites(document: Document, month: Month) -> Family:
    """Levels of which a patient may have several, and how many a patient has."""
    sites = month.sites
    rows = [tuple(map(bool, row)) for row in month.patients[list(sites)].to_numpy()]
    found = _family("sites", list(product((False, True), repeat=len(sites))), rows)
    for level in _levels(document, "sites"):
        if level["missing"]:
            found.know(lambda *cell: not any(cell), level["x"])
        else:
            found.know(lambda *cell, at=sites.index(level["level"]): cell[at], level["x"])
    for level in _levels(document, "burden"):
        found.know(lambda *cell, them=_members(level): str(sum(cell) or NOT_RECORDED.lower()) in them, level["x"])
    for at, site in enumerate(sites):
        found.target(site, lambda *cell, at=at: cell[at])
        found.target(f"{site} only", lambda *cell, at=at: cell[at] and sum(cell) == 1)
        found.target(f"other than {site} only", lambda *cell, at=at: any(cell) and not cell[at])
    for one, other in combinations(range(len(sites)), 2):
        found.target(f"{sites[one]} and {sites[other]}", lambda *cell, a=one, b=other: cell[a] and cell[b])
    for burden in range(len(sites) + 1):
        found.target(f"{burden} sites", lambda *cell, this=burden: sum(cell) == this)
    _all(found, document)
    return found


def _rows(document: Document) -> dict[str, float | None]:
    return {row["measure"]: _x(row) for row in [*document["safety"]["any"], *document["safety"]["related"]]}


def _band(grade: int) -> int:
    return 0 if grade == 0 else 1 + (grade > 2) + (grade > 4)


def _summary(document: Document, month: Month) -> Family:
    """The worst grade of any event by that of related ones, which is not above it."""
    patients, terms = month.patients, month.terms
    worst = [
        [_band(int(grade)) for grade in patients[[f"{term}{end}" for term in terms]].max(axis=1)]
        for end in ("", " related")
    ]
    cells = [(any_, related) for any_ in range(4) for related in range(any_ + 1)]
    found = _family("worst grade", cells, list(zip(*worst, strict=True)))
    told = _rows(document)
    for at, (first, end) in enumerate((("ae_any", ""), ("ae_related", "_related"))):
        found.know(lambda *cell, at=at: cell[at] > 0, told.get(first))
        for band, name in enumerate(("grade_1_2", "grade_3_4", "grade_5"), 1):
            found.know(lambda *cell, at=at, band=band: cell[at] == band, told.get(f"ae_{name}{end}"))
        for band in range(4):
            found.target(f"{_BANDS[band]}{end}", lambda *cell, at=at, band=band: cell[at] == band)
        found.target(f"severe{end}", lambda *cell, at=at: cell[at] > 1)
    for cell in cells:
        found.target(f"{cell}", lambda *one, this=cell: one == this)
    for band in range(1, 4):
        found.target(f"at least {band}, related less", lambda a, b, band=band: (a >= band) - (b >= band))
    _all(found, document)
    return found


def _terms(document: Document, month: Month) -> Family:
    """Each term none, mild or severe, and related or not; whoever has an event has one of them."""
    terms = month.terms
    of_term = ((0, False), (1, False), (1, True), (2, False), (2, True))
    frames = [month.patients[[term, f"{term} related"]].to_numpy() for term in terms]
    rows = [
        tuple((min(_band(int(grade)), 2), bool(related)) for grade, related in row) for row in zip(*frames, strict=True)
    ]
    found = _family("terms", list(product(of_term, repeat=len(terms))), rows)
    told = _rows(document)
    severe = [told.get("ae_grade_3_4"), told.get("ae_grade_5")]
    found.know(lambda *cell: any(grade for grade, _ in cell), told.get("ae_any"))
    found.know(lambda *cell: any(related for _, related in cell), told.get("ae_related"))
    found.know(lambda *cell: any(grade > 1 for grade, _ in cell), None if None in severe else sum(filter(None, severe)))
    for row in document["safety"]["terms"]:
        at = terms.index(row["term"])
        found.know(lambda *cell, at=at: cell[at][0] > 0, row["any_total"])
        found.know(lambda *cell, at=at: cell[at][0] > 1, row["any_severe"])
        found.know(lambda *cell, at=at: cell[at][1], row["related_total"])
    kinds: tuple[tuple[str, Callable[[int, bool], bool]], ...] = (
        ("any", lambda grade, related: grade > 0),
        ("severe", lambda grade, related: grade > 1),
        ("related", lambda grade, related: related),
    )
    for kind, has in kinds:
        for at, term in enumerate(terms):
            found.target(f"{term} {kind}", lambda *cell, at=at, has=has: has(*cell[at]))
            found.target(
                f"{kind}, but not {term}",
                lambda *cell, at=at, has=has: any(has(*one) for one in cell) and not has(*cell[at]),
            )
            found.target(
                f"{term}, but not {kind}", lambda *cell, at=at, has=has: cell[at][0] > 0 and not has(*cell[at])
            )
        for one, other in combinations(range(len(terms)), 2):
            found.target(
                f"{terms[one]} and {terms[other]} {kind}",
                lambda *cell, a=one, b=other, has=has: has(*cell[a]) and has(*cell[b]),
            )
    _all(found, document)
    return found


def _attrition(document: Document, month: Month) -> Family:
    labels = ["Entered", *(f"Criterion {step}" for step in range(1, len(month.excluded) + 1))]
    cells: list[tuple[Hashable, ...]] = [*((label,) for label in labels), ("Included",)]
    found = Family("attrition", cells, np.array([0.0, *month.excluded, month.n]))
    left = set(labels) | {"Included"}
    for step in document["attrition"]:
        members = set(step.get("members", [step["label"]]))
        left -= members
        found.know(lambda label, them=members: label in them, step["excluded"])
        found.know(lambda label, them=frozenset(left): label in them, step["remaining"])
    found.know(lambda label: label == "Included", document["headline"]["patients"])
    for first, last in combinations(range(len(labels) + 1), 2):
        found.target(f"{first} to {last}", lambda label, them=labels[first:last]: label in them)
    return found


def _completeness(document: Document, month: Month) -> Family:
    """Patients by the sources of their assessments."""
    patients = month.patients
    rows = [
        (bool(assessed and recorded), bool(assessed and not recorded))
        for assessed, recorded in patients[["assessed", "recorded"]].to_numpy()
    ]
    found = _family("completeness", list(product((False, True), repeat=2)), rows)
    items: dict[str, Callable[[bool, bool], bool]] = {
        "assessment_after_index": lambda recorded, sums: recorded or sums,
        "recorded_response": lambda recorded, sums: recorded,
        "sums_of_diameters": lambda recorded, sums: sums,
    }
    for row in document["completeness"]:
        if row["item"] in items:
            found.know(items[row["item"]], row["x"])
    for name, weight in items.items():
        found.target(name, weight)
        found.target(
            f"assessed, but not {name}",
            lambda recorded, sums, has=weight: (recorded or sums) and not has(recorded, sums),
        )
    found.target("both", lambda recorded, sums: recorded and sums)
    _all(found, document)
    return found


def _times(document: Document, month: Month) -> Family:
    """Who had an event or left within each interval, of both endpoints; a death is progression, too."""
    told = {entry["endpoint"]: entry["curve"]["points"] for entry in document["survival"]}
    published = {int(point["time_days"]) for points in told.values() for point in points}
    axis = sorted(published | set(range(0, max(published, default=0) + 1, GRID)) | {0})
    later = len(axis)
    cells = list(product(("pfs", "os"), range(later + 1), (True, False)))
    found = _family("times", cells, list(_leavings(month, axis)))
    for endpoint in ("pfs", "os"):
        found.know(lambda name, at, event, this=endpoint: name == this, document["headline"]["patients"])
        before = -1
        for point in told.get(endpoint, []):
            until = axis.index(int(point["time_days"]))
            for number, kind in ((point["events"], True), (point["censored"], False)):
                found.know(_within(endpoint, before, until, kind), number)
            found.know(
                lambda name, at, event, this=endpoint, after=before: name == this and at > after, point["at_risk"]
            )
            before = until
    for row in document["completeness"]:
        if row["item"] == "deaths_with_cause":
            found.know(lambda name, at, event: name == "os" and event, row["n"])
    for at in range(later):
        both = [found.sum_of(_within(name, -1, at, kind)) for name in ("pfs", "os") for kind in (True, False)]
        found.between(both[0] - both[2], 0, np.inf)
        found.between(both[0] + both[1] - both[2] - both[3], 0, np.inf)
        found.targets[f"alive after progression by {axis[at]}"] = both[0] - both[2]
        found.targets[f"at risk of one only by {axis[at]}"] = both[0] + both[1] - both[2] - both[3]
    # Longer stretches than a year or so are sums of shorter ones.
    for (one, other), endpoint in product(combinations(range(-1, min(later, 13)), 2), ("pfs", "os")):
        for kind, name in ((True, "events"), (False, "censored")):
            days = f"{axis[one] if one >= 0 else 'start'} to {axis[other]}"
            found.targets[f"{endpoint} {name} {days}"] = found.sum_of(_within(endpoint, one, other, kind))
    return found


def _leavings(month: Month, axis: list[int]) -> Iterator[tuple[str, int, bool]]:
    for endpoint in ("pfs", "os"):
        for time, event in month.patients[[endpoint, f"{endpoint}_event"]].to_numpy():
            yield endpoint, int(np.searchsorted(axis, float(time))), bool(event)


def _within(endpoint: str, after: int, until: int, kind: bool) -> Callable[[str, int, bool], bool]:
    return lambda name, at, event: name == endpoint and after < at <= until and event == kind
