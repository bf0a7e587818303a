"""What the registry computed beside what the abstract prints, and what the printed numbers imply."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pandas as pd
from scipy.stats import beta

from onco_registry.demo.catalogue import Json
from onco_registry.demo.published import published

COLUMNS = ["measure", "published", "computed", "method", "agrees"]
MISSING = "missing"
POINT = "point estimate"


def compare(estimates: pd.DataFrame) -> pd.DataFrame:
    """One row per printed number: columns measure, published, computed, method, agrees.

    ``estimates`` is results.estimate of the replica cohort (columns measure, stratum, estimate, lower, upper,
    ci_method, x, n among others); only the stratum ``overall`` is read. ``agrees`` is ``yes`` or ``no`` by equality at
    the printed decimals, and ``not comparable`` for an interval by another method than the printed one.
    """
    abstract = published()
    overall = estimates[estimates["stratum"] == "overall"]
    rows = [_patients(abstract["patients"], overall)]
    for printed in abstract["measures"]:
        found = overall[overall["measure"] == printed["measure"]]
        rows.append(_point(printed, found))
        if "interval" in printed:
            rows.extend(_intervals(printed, found))
    return pd.DataFrame(rows, columns=COLUMNS)


def disagreements(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of ``compare`` that do not agree although the printed number may be right.

    A printed count that the printed intervals rule out (``contradicted``) cannot agree with a correct computation.
    """
    return table[(table["agrees"] == "no") & ~table["measure"].isin(contradicted())]


def contradicted() -> list[str]:
    """Labels of the printed response counts that the printed intervals rule out."""
    abstract = published()
    (_, responders), (_, controlled), n = _rates(abstract)
    possible = {
        "response": set(responders),
        "stable": {c - r for c in controlled for r in responders},
        # Patients without an evaluable response are counted with those who progressed.
        "progression": {x for c in controlled for x in range(n - c + 1)},
    }
    printed = abstract["response_counts"]
    return [
        row["label"]
        for row in abstract["measures"]
        for kind, measure in printed.items()
        if row["measure"] == measure and row["x"] not in possible[kind]
    ]


def statements() -> list[str]:
    """What the printed counts and intervals say about each other, computed from what is printed alone."""
    abstract = published()
    by_measure = {printed["measure"]: printed for printed in abstract["measures"]}
    counts = [by_measure[measure]["x"] for measure in abstract["response_counts"].values()]
    responders, controlled, n = _rates(abstract)
    failures = [n - x for x in controlled[1]]
    return [
        f"The printed responses {' + '.join(map(str, counts))} = {sum(counts)}"
        f"{' are' if sum(counts) == n else ' are not'} the {n} patients.",
        f"The printed {_implied(responders, n)}, the printed {_implied(controlled, n)}:"
        f" progressive disease and not evaluable together are {_either(failures)}.",
    ]


def _rates(abstract: Json) -> tuple[tuple[Json, list[int]], tuple[Json, list[int]], int]:
    """The printed response rate and control rate, each with the counts that its interval implies; and the patients."""
    by_measure = {printed["measure"]: printed for printed in abstract["measures"]}
    response, control = by_measure[abstract["response_rate"]], by_measure[abstract["control_rate"]]
    n, level = abstract["patients"], abstract["level"]
    return (response, implied_counts(response, n, level)), (control, implied_counts(control, n, level)), n


def implied_counts(printed: Json, n: int, level: float) -> list[int]:
    """Every x of ``n`` whose exact (Clopper-Pearson) interval prints as the given one."""
    interval, scale = printed["interval"], printed["scale"]
    ends = (interval["lower"], interval["upper"])
    return [
        x
        for x in range(n + 1)
        if tuple(_as_printed(scale * end, like) for end, like in zip(_exact(x, n, level), ends, strict=True)) == ends
    ]


def _exact(x: int, n: int, level: float) -> tuple[float, float]:
    """Exact binomial interval (Clopper and Pearson, Biometrika 1934;26:404-413)."""
    tail = (1 - level) / 2
    lower = 0.0 if x == 0 else float(beta.ppf(tail, x, n - x + 1))
    upper = 1.0 if x == n else float(beta.ppf(1 - tail, x + 1, n - x))
    return lower, upper


def _implied(rate: tuple[Json, list[int]], n: int) -> str:
    printed, counts = rate
    interval = f"{printed['interval']['lower']}-{printed['interval']['upper']} {printed['unit']}"
    return f"{printed['label'].lower()} interval {interval} is that of {_either(counts)} of {n}"


def _either(counts: list[int]) -> str:
    return " or ".join(map(str, counts)) or "no number"


def _patients(published: int, overall: pd.DataFrame) -> Json:
    sizes = overall.loc[overall["measure"] == "orr", "n"]
    computed = MISSING if sizes.empty else str(int(sizes.iloc[0]))
    return _row("Patients", str(published), computed, POINT)


def _point(printed: Json, found: pd.DataFrame) -> Json:
    published = _printed_point(printed, printed.get("x"), printed.get("estimate"))
    if found.empty:
        return _row(printed["label"], published, MISSING, POINT)
    first = found.iloc[0]
    count = int(first["x"]) if "x" in printed else None
    value = None
    if "estimate" in printed:
        value = _as_printed(float(first["estimate"]) * printed.get("scale", 1), printed["estimate"])
    return _row(printed["label"], published, _printed_point(printed, count, value), POINT)


def _printed_point(printed: Json, count: int | None, value: str | None) -> str:
    """The number as printed: ``11``, ``34.4 %`` or ``29 (90.6 %)``."""
    with_unit = None if value is None else f"{value} {printed['unit']}"
    if count is None:
        return str(with_unit)
    return str(count) if with_unit is None else f"{count} ({with_unit})"


def _intervals(printed: Json, found: pd.DataFrame) -> list[Json]:
    """One row per method by which the interval was computed."""
    interval, scale = printed["interval"], printed.get("scale", 1)
    label = f"{printed['label']}, 95 % interval"
    published = f"{interval['lower']} to {interval['upper']} {printed['unit']}"
    if found.empty:
        return [_row(label, published, MISSING, " or ".join(interval["methods"]))]
    rows = []
    for method, lower, upper in zip(found["ci_method"], found["lower"], found["upper"], strict=True):
        ends = (_as_printed(lower * scale, interval["lower"]), _as_printed(upper * scale, interval["upper"]))
        row = _row(label, published, f"{ends[0]} to {ends[1]} {printed['unit']}", method)
        rows.append(row if method in interval["methods"] else {**row, "agrees": "not comparable"})
    return rows


def _row(measure: str, published: str, computed: str, method: str) -> Json:
    agrees = "yes" if published == computed else "no"
    return dict(zip(COLUMNS, (measure, published, computed, method, agrees), strict=True))


def _as_printed(value: float, like: str) -> str:
    """The value at as many decimals as ``like`` has, halves rounded up; ``not reached`` if it is not a number."""
    if pd.isna(value):
        return "not reached"
    return str(Decimal(repr(float(value))).quantize(Decimal(like), rounding=ROUND_HALF_UP))
