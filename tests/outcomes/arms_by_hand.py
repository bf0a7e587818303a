"""The rules of the arms applied to one patient at a time, in plain Python, and histories to apply them to."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from outcomes.record import Record

LANDMARK = 42
TOGETHER = 42
BASELINE = 28
# Component -> days of a cycle, days of grace (registry/registry.yaml).
COVER = {"alpha": (14, 7), "beta": (21, 21)}

# Arm, day of its landmark, days of progression-free survival from it, whether that ended with an event.
Compared = tuple[str, int, int, bool]
Assessments = list[tuple[int, str]]


@dataclass(frozen=True)
class History:
    """Days of doses (first, last) by component; responses that were recorded or sums of diameters, never both."""

    doses: dict[str, list[tuple[int, int]]]
    responses: Assessments
    sums: list[tuple[int, int]]
    last_visit: int
    death: int | None


def draw(random: Random) -> History:
    """A history with starts, scans and deaths near the days on which the rules turn."""
    doses: dict[str, list[tuple[int, int]]] = {"alpha": [], "beta": []}
    for component, number in (("alpha", random.choice([1, 1, 2])), ("beta", random.choice([0, 1, 1, 2]))):
        for _ in range(number):
            start = random.choice([0, 0, 10, 20, 30, 40, 42, 43, 60, 100, 150]) + random.choice([0, 0, 1, 3])
            doses[component].append((start, start + random.choice([0, 10, 30, 80])))
    scans = sorted(random.sample(range(-30, 260), random.choice([0, 1, 2, 4, 6])))
    last_visit = max([last for spans in doses.values() for _, last in spans] + scans) + random.choice([0, 5, 40, 100])
    recorded = random.random() < 0.5
    return History(
        doses=doses,
        responses=[(day, random.choice(["PD", "SD", "SD", "PR", "NE"])) for day in scans if recorded],
        sums=[(day, random.choice([40, 45, 50, 52, 60, 62, 70])) for day in scans if not recorded],
        last_visit=last_visit,
        death=last_visit + random.choice([1, 30]) if random.random() < 0.4 else None,
    )


def write(record: Record, person: int, history: History) -> None:
    """Put a history into a record, of an adult with the disease, spread and a prior line."""
    record.background(person)
    for component, spans in history.doses.items():
        for first, last in spans:
            record.drug(person, component, first, last)
    for day, response in history.responses:
        record.response(person, day, response)
    for day, size in history.sums:
        record.sum(person, day, size)
    record.visit(person, history.last_visit)
    if history.death is not None:
        record.death(person, history.death)


def compare(history: History) -> Compared | None:
    """The arm of a patient and the time in it; None for who is in none."""
    starts = _starts(history)
    if not starts:
        return None
    first_day, _, arm, complete_day = min(starts)
    landmark = first_day + LANDMARK
    if (history.death or history.last_visit) < landmark or history.death == landmark:
        return None
    found = _assess(history, first_day)
    later = _assess(history, complete_day) if found is None else found
    assessments = [(day, response) for day, response in later or [] if response != "NE"]
    progressed = [day for day, response in assessments if response == "PD"]
    if progressed and min(progressed) <= landmark:
        return None
    events = progressed + ([] if history.death is None else [history.death])
    ended = min(events) if events else max([day for day, _ in assessments], default=landmark)
    return arm, landmark, max(ended, landmark) - landmark + 1, bool(events)


def _starts(history: History) -> list[tuple[int, int, str, int]]:
    """First day, rank of the arm, arm, and the day from which all its drugs were taken, of every start."""
    eras = {component: _eras(component, spans) for component, spans in history.doses.items()}
    found = [
        (min(alpha, beta), 0, "combination", max(alpha, beta))
        for alpha, alpha_until in eras["alpha"]
        for beta, beta_until in eras["beta"]
        if abs(alpha - beta) <= TOGETHER and min(alpha_until, beta_until) >= max(alpha, beta)
    ]
    for rank, (component, other) in enumerate((("alpha", "beta"), ("beta", "alpha")), start=1):
        found += [
            (start, rank, component, start)
            for start, _ in eras[component]
            if not any(begun <= start + LANDMARK and start <= until for begun, until in eras[other])
        ]
    return found


def _eras(component: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """First day and last covered day of each time without an uncovered day."""
    cycle, grace = COVER[component]
    found: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        until = max(last, first + cycle - 1) + grace
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], until))
        else:
            found.append((first, until))
    return found


def _assess(history: History, index: int) -> Assessments | None:
    """The responses after a day, with the baseline of that day; None where sums have none."""
    if not history.sums:
        return [(day, response) for day, response in history.responses if day > index]
    before = [(day, size) for day, size in history.sums if 0 <= index - day <= BASELINE]
    if not before:
        return None
    baseline = nadir = max(before)[1]
    found = []
    for day, size in history.sums:
        if day > index:
            grown = 5 * size >= 6 * nadir and size >= nadir + 5
            found.append((day, "PD" if grown else "PR" if 10 * size <= 7 * baseline else "SD"))
            nadir = min(nadir, size)
    return found
