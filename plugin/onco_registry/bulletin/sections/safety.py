"""Safety: patients by term and grade, groups, rates, cumulative incidence, laboratory grades, doses."""

from collections.abc import Mapping

from onco_registry.bulletin.frames import Record
from onco_registry.bulletin.meta import BulletinMeta
from onco_registry.bulletin.sections.at_risk import shown_until
from onco_registry.bulletin.sections.estimates import OVERALL, first, overall

GRADES = (1, 2, 3, 4, 5)
# Position of the first severe grade, which is 3.
SEVERE = 2
MEASURES = ("ae", "ae_grade_1_2", "ae_grade_3_4", "ae_grade_5")
# Of these kinds of rows the cumulative incidence is drawn; there is one curve for each term, too, but too many to draw.
DRAWN = ("any", "severe", "group")
GROUPS = ("serious", "severe", "group", "class")
# Before the name of an outcome, in its measure.
OUTCOME = "immune_event_outcome:"
DOSES = ("started_lower", "reduced", "interrupted", "discontinued", "discontinued_reason", "intensity_median")


def safety(records: dict[str, list[Record]], estimates: list[Record], meta: BulletinMeta) -> Record:
    """Summary estimates (any cause and treatment-related), terms by worst grade, and what is beside them.

    `records`: adverse_event, ae_table, safety_table, ae_rate, ae_incidence, laboratory_table.
    """
    shown = [row for row in records["safety_table"] if row["kind"] in GROUPS and (row["x"] or row["kind"] == "group")]
    rates = [row for row in records["ae_rate"] if row["kind"] in ("any", *GROUPS) and row["events"]]
    return {
        "any": [row for measure in MEASURES for row in overall(estimates, _any(measure))],
        "related": [row for measure in MEASURES for row in overall(estimates, f"{measure}_related")],
        "terms": _terms(records),
        "groups": [
            _labelled(row, meta) | _limits(row, estimates) for row in sorted(shown, key=lambda row: _in_order(row, "x"))
        ],
        "rates": [_labelled(row, meta) for row in sorted(rates, key=lambda row: _in_order(row, "events"))],
        "incidence": _incidence(records["ae_incidence"], meta),
        "laboratory": sorted(
            records["laboratory_table"],
            key=lambda row: (row["term"], _or(row["baseline_grade"]), _or(row["worst_grade"])),
        ),
        "doses": _doses(estimates, meta),
        "deaths_after_last_dose": next(
            (row for row in estimates if row["measure"].startswith("death_within_") and row["stratum"] == OVERALL), None
        ),
        "immune_steroids": first(estimates, "immune_steroids"),
        "immune_outcomes": [
            {**row, "label": row["measure"].removeprefix(OUTCOME)}
            for row in estimates
            if row["measure"].startswith(OUTCOME) and row["stratum"] == OVERALL
        ],
    }


def _limits(row: Record, estimates: list[Record]) -> Record:
    """The exact limits of the proportion of patients, where it is estimated."""
    related = "_related" if row["related_only"] else ""
    measure = f"ae_{row['kind']}{related}" + (f":{row['item']}" if row["item"] else "")
    found = first(estimates, measure) or {}
    return {"lower": found.get("lower"), "upper": found.get("upper")}


def _in_order(row: Record, count: str) -> tuple[int, bool, int, str]:
    """Kind by kind, any cause before related, the most frequent first."""
    return ("any", *GROUPS).index(row["kind"]), row["related_only"], -row[count], row["item"]


def _or(grade: int | None) -> int:
    """Not graded comes last."""
    return 9 if grade is None else grade


def _any(measure: str) -> str:
    return "ae_any" if measure == "ae" else measure


def _labelled(row: Record, meta: BulletinMeta) -> Record:
    return {**row, "label": _capital(meta.labels.get(row["item"], row["item"].replace("_", " ")) or row["kind"])}


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _terms(records: Mapping[str, list[Record]]) -> list[Record]:
    """The terms that occurred, the most frequent first; totals count those without a grade, too."""
    classes = {row["term"]: row["ae_class"] for row in records["adverse_event"]}
    counts = {(row["term"], bool(row["related_only"]), row["grade"]): row["x"] for row in records["ae_table"]}
    totals = {(row["item"], bool(row["related_only"])): row for row in records["safety_table"] if row["kind"] == "term"}
    terms = [
        {
            "term": _capital(term),
            "class": classes.get(term),
            "n": row["n"],
            **_by_grade("any", row["x"], [counts.get((term, False, grade), 0) for grade in GRADES]),
            **_by_grade("related", totals[term, True]["x"], [counts.get((term, True, grade), 0) for grade in GRADES]),
        }
        for (term, related), row in totals.items()
        if not related
    ]
    return sorted(terms, key=lambda row: (-row["any_total"], row["term"]))


def _by_grade(name: str, total: int, counts: list[int]) -> Record:
    return {name: counts, f"{name}_total": total, f"{name}_severe": sum(counts[SEVERE:])}


def _incidence(rows: list[Record], meta: BulletinMeta) -> list[Record]:
    """The curves of rows of any cause, each with its points in order of time."""
    curves: dict[tuple[str, str], list[Record]] = {}
    for row in sorted(rows, key=lambda row: row["time_days"]):
        if row["kind"] in DRAWN and not row["related_only"]:
            curves.setdefault((row["kind"], row["item"]), []).append(row)
    ordered = sorted(curves.items(), key=lambda curve: (DRAWN.index(curve[0][0]), curve[0][1]))
    return [
        {
            "kind": kind,
            "item": item,
            "label": _labelled(points[0], meta)["label"],
            "shown_until_days": shown_until(points),
            "points": [
                {key: value for key, value in point.items() if key not in ("kind", "item", "related_only")}
                for point in points
            ],
        }
        for (kind, item), points in ordered
        if any(point["events"] for point in points)
    ]


def _doses(estimates: list[Record], meta: BulletinMeta) -> list[Record]:
    """The estimates of doses by component: 'dose_reduced:drug' -> change 'reduced', component, and its row."""
    found = []
    for row in estimates:
        change, _, about = row["measure"].removeprefix("dose_").partition(":")
        if row["measure"].startswith("dose_") and row["stratum"] == OVERALL and change in DOSES:
            component, _, reason = about.partition(":")
            found.append({**row, "change": change, "label": meta.label(component), "reason": reason or None})
    return sorted(found, key=lambda row: (row["label"], DOSES.index(row["change"]), row["reason"] or ""))
