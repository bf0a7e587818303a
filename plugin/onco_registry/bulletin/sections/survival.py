"""Times to event: estimates, what decided them, and their curves."""

from collections import Counter

from onco_registry.bulletin.frames import Record
from onco_registry.bulletin.meta import BulletinMeta
from onco_registry.bulletin.sections.at_risk import few_at_risk, shown_until
from onco_registry.bulletin.sections.estimates import OVERALL, first, overall, rates_in_time_order, strata
from onco_registry.bulletin.sections.headline import FOLLOW_UP

VERSUS = " vs "
# The stratum of comparators: known at a landmark, from which times run.
ARM = "arm"


def shown(curves: list[Record], meta: BulletinMeta) -> list[str]:
    """The endpoints of the bulletin that have a curve: PFS, OS, then others in the order of the registry."""
    drawn = {row["endpoint"] for row in curves}
    declared = [name for name in meta.endpoints if name in drawn] if meta.endpoints else sorted(drawn)
    return sorted(declared, key=lambda name: {"pfs": 0, "os": 1}.get(name, 2))


def survival(
    estimates: list[Record], endpoints: list[Record], curves: list[Record], meta: BulletinMeta
) -> list[Record]:
    """One entry per endpoint that is shown."""
    return [
        {
            "endpoint": name,
            "label": meta.label(name),
            "estimates": _time_estimates(estimates, name),
            "strata": _medians_by_group(estimates, curves, name, meta),
            "decided_by": _decided_by([row for row in endpoints if row["endpoint"] == name], meta),
            "curve": _curve([row for row in curves if row["endpoint"] == name]),
        }
        for name in shown(curves, meta)
    ]


def further_endpoints(
    estimates: list[Record], curves: list[Record], shown: list[str], meta: BulletinMeta
) -> list[Record]:
    """The medians of the declared endpoints that have no curve in the bulletin, in the order of the registry."""
    medians = [row["measure"] for row in estimates if row["stratum"] == OVERALL and row["measure"].endswith("_median")]
    names = [measure.removesuffix("_median") for measure in dict.fromkeys(medians) if measure != FOLLOW_UP]
    return [
        {"endpoint": name, "label": meta.label(name), **_marked(row, curves, name)}
        for name in names
        if name not in shown and (row := first(estimates, f"{name}_median")) is not None
    ]


def contrasts(estimates: list[Record], curves: list[Record], meta: BulletinMeta) -> list[Record]:
    """The declared contrasts by endpoint, each with its rows: log-rank, hazard ratio, its test, restricted means.

    `few_at_risk` of a difference of means: fewer than five of either group are at risk at its time.
    """
    groups: dict[tuple[str, str], list[Record]] = {}
    for row in estimates:
        if VERSUS in row["stratum"]:
            groups.setdefault((_endpoint(row["measure"], meta), row["stratum"]), []).append(row)
    found = []
    for (endpoint, stratum), rows in groups.items():
        variable, _, pair = stratum.partition("=")
        label, _, reference = pair.partition(VERSUS)
        found.append(
            {
                "endpoint": endpoint,
                "variable": variable,
                "variable_label": meta.label(variable),
                "label": meta.label(label),
                "reference": meta.label(reference),
                "landmark_days": meta.landmark_days if variable == ARM else None,
                "groups": _compared(estimates, endpoint, variable, (label, reference), rows[0]["n"], meta),
                "few_at_risk": any(
                    few_at_risk(_points(curves, endpoint, f"{variable}={one}"), row)
                    for row in rows
                    for one in (label, reference)
                    if row["unit"] == "months" and row["estimate"] is not None
                ),
                "rows": rows,
            }
        )
    return found


def _compared(
    estimates: list[Record], endpoint: str, variable: str, labels: tuple[str, str], n: int, meta: BulletinMeta
) -> list[Record]:
    """Patients and events of the label and of the reference; none where they are not all of those compared."""
    medians = {row["stratum"]: row for row in estimates if row["measure"] == f"{endpoint}_median"}
    rows = [(label, medians.get(f"{variable}={label}")) for label in labels]
    groups = [{"label": meta.label(label), "n": row["n"], "events": row["events"]} for label, row in rows if row]
    return groups if len(groups) == len(labels) and sum(group["n"] for group in groups) == n else []


def _endpoint(measure: str, meta: BulletinMeta) -> str:
    """The endpoint of a contrast's measure: 'pfs_new_therapy_hazard_ratio' is of 'pfs_new_therapy'."""
    named = [name for name in meta.labels if measure.startswith(f"{name}_")]
    return max(named, key=len, default=measure.partition("_")[0])


def _medians_by_group(estimates: list[Record], curves: list[Record], endpoint: str, meta: BulletinMeta) -> list[Record]:
    return [
        {**group, "rows": [_marked(row, curves, endpoint) for row in group["rows"]]}
        for group in strata(estimates, f"{endpoint}_median", meta.label)
    ]


def _marked(row: Record, curves: list[Record], endpoint: str) -> Record:
    """An estimate with what of it rests on few patients of its stratum."""
    return {**row, "few_at_risk": few_at_risk(_points(curves, endpoint, row["stratum"]), row)}


def _points(curves: list[Record], endpoint: str, stratum: str) -> list[Record]:
    return [row for row in curves if row["endpoint"] == endpoint and row["stratum"] == stratum]


def _time_estimates(estimates: list[Record], endpoint: str) -> list[Record]:
    restricted = sorted({row["measure"] for row in estimates if row["measure"].startswith(f"{endpoint}_rmst_")})
    measures = [f"{endpoint}_median", *rates_in_time_order(estimates, endpoint), *restricted]
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
        if row["stratum"] == OVERALL
    ]
    return {"shown_until_days": shown_until(points), "grid_days": None, "points": points}
