"""Scans: their days, the sums of target-lesion diameters that make the planned response, and their Observations.

Responses follow RECIST 1.1 (Eisenhauer et al., Eur J Cancer 2009;45:228-247, section 4.3): partial response at a sum
of at most 70 % of baseline; progression at 120 % or more of the nadir and at least 5 mm above it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from math import ceil
from random import Random

from onco_registry.demo.catalogue import Json
from onco_registry.demo.chart import Chart

SHORTEST, LONGEST = 42, 63  # days between scans
BASELINE_WINDOW = 28  # days before index


def scan_days(last: int, random: Random, *, stable_from: int = SHORTEST) -> list[int]:
    """Days from index of the scans: a baseline within the window, then every 42 to 63 days, the last on ``last``.

    A first follow-up scan that is not the last comes on or after day ``stable_from``: from then on a scan may show
    stable disease.
    """
    choices = []
    for baseline in range(-BASELINE_WINDOW + 1, 1):
        span = last - baseline
        counts = range(ceil(span / LONGEST), span // SHORTEST + 1)
        choices += [
            (baseline, count)
            for count in counts
            if count == 1 or (baseline + LONGEST >= stable_from and last - stable_from >= SHORTEST * (count - 1))
        ]
    baseline, count = random.choice(choices)
    return _divide(baseline, last, count, random, stable_from)


def _divide(baseline: int, last: int, count: int, random: Random, stable_from: int) -> list[int]:
    span = last - baseline
    gaps = [span // count + (number < span % count) for number in range(count)]
    for _ in range(3 * count):
        longer, shorter = random.randrange(count), random.randrange(count)
        if longer != shorter and gaps[longer] < LONGEST and gaps[shorter] > SHORTEST:
            gaps[longer] += 1
            gaps[shorter] -= 1
    while count > 1 and baseline + gaps[0] < stable_from:
        donor = max(range(1, count), key=gaps.__getitem__)
        gaps[0] += 1
        gaps[donor] -= 1
    days = [baseline]
    for gap in gaps:
        days.append(days[-1] + gap)
    return days


def sums(response: str, follow_ups: int, random: Random, *, progresses: bool) -> list[int]:
    """Sums in mm at baseline and each follow-up scan; the last is the first progression if ``progresses``."""
    baseline = random.randint(60, 150)
    steady = follow_ups - progresses
    measured = [baseline, *_steady(response, baseline, steady, random)]
    if progresses:
        nadir = min(measured)
        measured.append(max(ceil(nadir * random.uniform(1.25, 1.6)), nadir + 6))
    return measured


def _steady(response: str, baseline: int, scans: int, random: Random) -> list[int]:
    """Sums before progression; the spread keeps each below 120 % of the smallest before it."""
    if response == "PR":
        smallest = int(baseline * random.uniform(0.35, 0.60))
        slow = [round(baseline * random.uniform(0.75, 0.9))] if scans >= 3 and random.random() < 0.5 else []
        return slow + [smallest + random.randint(0, smallest // 9) for _ in range(scans - len(slow))]
    level = baseline * random.uniform(0.78, 1.0)
    return [round(level * random.uniform(0.98, 1.06)) for _ in range(scans)]


def timepoint_response(measured: Sequence[int]) -> str:
    """Target response at the last of the sums (baseline first), in whole mm so that no rounding decides."""
    *earlier, current = measured
    nadir = min(earlier)
    if 5 * current >= 6 * nadir and current >= nadir + 5:
        return "PD"
    return "PR" if 10 * current <= 7 * earlier[0] else "SD"


def scan(chart: Chart, day: date, total: int, record: str, during: Json, *, late: bool = False) -> Json:
    """Observations of one scan: each target lesion's longest diameter and their sum; returns the one with the sum.

    ``record`` is how the ward keeps the sum: an Observation in ``mm`` or ``cm``, or a ``panel`` with components.
    """
    lesions = _lesions(chart, total)
    if record == "panel":
        return _panel(chart, day, lesions, total, during, late=late)
    codes, catalogue = chart.catalogue.codes, chart.catalogue
    for site, diameter in zip(codes["lesion_sites"], lesions, strict=False):
        value = {"bodySite": catalogue.concept(site), "valueQuantity": catalogue.quantity(diameter, "mm")}
        observation(chart, "lesion", codes["lesion_diameter"], day, {**during, **value}, late=late)
    in_unit = catalogue.quantity(total / 10 if record == "cm" else total, record)
    return observation(
        chart, "sum", codes["lesion_sum"], day, {**during, "valueQuantity": in_unit}, category="imaging", late=late
    )


def _lesions(chart: Chart, total: int) -> list[int]:
    """The sum divided over one to three lesions, the larger first."""
    count = 1 + chart.turn % 3
    smaller = [total // (count + 1)] * (count - 1)
    return [total - sum(smaller), *smaller]


def _panel(chart: Chart, day: date, lesions: list[int], total: int, during: Json, *, late: bool) -> Json:
    codes, catalogue = chart.catalogue.codes, chart.catalogue
    parts = [(codes["lesion_diameter"], diameter) for diameter in lesions] + [(codes["lesion_sum"], total)]
    components = [
        {"code": catalogue.concept(code), "valueQuantity": catalogue.quantity(value, "mm")} for code, value in parts
    ]
    body = {**during, "component": components}
    return observation(chart, "panel", codes["assessment_panel"], day, body, category="imaging", late=late)


def recorded_response(
    chart: Chart, day: date, response: str, style: str, during: Json, *, late: bool = False, status: str = "final"
) -> Json:
    """The radiologist's overall response at one scan; the report is issued two days after the scan."""
    spelling = chart.catalogue.codes["response_styles"][style]
    answer = chart.catalogue.concept(spelling["answers"][response])
    issued = f"{day + timedelta(days=2)}T16:00:00+08:00"
    body = {**during, "issued": issued, "valueCodeableConcept": answer}
    return observation(chart, "resp", spelling["question"], day, body, category="imaging", late=late, status=status)


def observation(
    chart: Chart,
    kind: str,
    code: Json,
    day: date,
    body: Json,
    *,
    category: str | None = None,
    late: bool = False,
    status: str = "final",
) -> Json:
    """Observation with the elements that all of them share."""
    shared: Json = {"status": status}
    if category is not None:
        shared["category"] = [{"coding": [chart.catalogue.coding("category", category)]}]
    shared |= {
        "code": chart.catalogue.concept(code),
        "subject": chart.subject,
        "effectiveDateTime": chart.moment(day),
    }
    return chart.add("Observation", kind, day, {**shared, **body}, late=late)
