"""The rules of the arms applied to one patient at a time, in plain Python, and histories to apply them to."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from outcomes.record import Record

LANDMARK = 42
TOGETHER = 42
NEW_AGENT = 28
GAP = 90
BASELINE = 28
# Component -> days of a cycle, days of grace (registry/registry.yaml).
COVER = {"alpha": (14, 7), "beta": (21, 21)}

# What a clinician says, as a response.
_WORDS = {"PD": "worsened", "SD": "stable", "NE": "undetermined"}

# Arm, day of its landmark, days of progression-free survival from it, whether that ended with an event.
Compared = tuple[str, int, int, bool]
Assessments = list[tuple[int, str]]
# First day, components and last day of a line.
_Line = tuple[int, set[str], int]


@dataclass(frozen=True)
class History:
    """Days of doses (first, last) by component; recorded responses, sums of diameters and a clinician's words."""

    doses: dict[str, list[tuple[int, int]]]
    earlier_line: bool
    responses: Assessments
    sums: list[tuple[int, int]]
    words: Assessments
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
    recorded, measured, told = random.choice([(1, 0, 0), (0, 1, 0), (0, 1, 1), (0.2, 0.8, 0.2), (0.5, 0.5, 0.5)])
    return History(
        doses=doses,
        earlier_line=random.random() < 0.8,
        responses=[(day, random.choice(["PD", "SD", "SD", "PR", "NE"])) for day in scans if random.random() < recorded],
        sums=[(day, random.choice([40, 45, 50, 52, 60, 62, 70])) for day in scans if random.random() < measured],
        words=[(day, random.choice(["PD", "SD", "NE"])) for day in scans if random.random() < told],
        last_visit=last_visit,
        death=last_visit + random.choice([1, 30]) if random.random() < 0.4 else None,
    )


def write(record: Record, person: int, history: History) -> None:
    """Put a history into a record, of an adult with the disease, spread and a prior line."""
    if history.earlier_line:
        record.background(person)
    else:
        record.newcomer(person)
    for component, spans in history.doses.items():
        for first, last in spans:
            record.drug(person, component, first, last)
    for day, response in history.responses:
        record.response(person, day, response)
    for day, size in history.sums:
        record.sum(person, day, size)
    for day, response in history.words:
        record.trend(person, day, _WORDS[response])
    record.visit(person, history.last_visit)
    if history.death is not None:
        record.death(person, history.death)


def compare(history: History) -> Compared | None:
    """The arm of a patient and the time in it; None for who is in none."""
    starts = [start for start in _starts(history) if history.earlier_line or _has_earlier_line(history, start)]
    if not starts:
        return None
    first_day, _, arm, complete_day = min(starts)
    landmark = first_day + LANDMARK
    if (history.death or history.last_visit) < landmark or history.death == landmark:
        return None
    known = _judge(history, (first_day, complete_day), until=landmark)
    if any(response == "PD" for _, response in known):
        return None
    assessments = _judge(history, (first_day, complete_day))
    events = [day for day, response in assessments if response == "PD"]
    events += [] if history.death is None else [history.death]
    if events and min(events) <= landmark:
        return None
    ended = min(events) if events else max([day for day, _ in assessments], default=landmark)
    return arm, landmark, max(ended, landmark) - landmark + 1, bool(events)


def _starts(history: History) -> list[tuple[int, int, str, int]]:
    """First day, rank of the arm, arm, and the day from which all its drugs were taken, of every start."""
    eras = {component: _eras(component, spans) for component, spans in history.doses.items()}
    found = [
        (min(alpha, beta), 0, "combination", max(alpha, beta))
        for alpha, alpha_until, _ in eras["alpha"]
        for beta, beta_until, _ in eras["beta"]
        if abs(alpha - beta) <= TOGETHER and min(alpha_until, beta_until) >= max(alpha, beta)
    ]
    for rank, (component, other) in enumerate((("alpha", "beta"), ("beta", "alpha")), start=1):
        found += [
            (start, rank, component, start)
            for start, _, _ in eras[component]
            if not any(begun <= start + LANDMARK and start <= until for begun, until, _ in eras[other])
        ]
    return found


def _has_earlier_line(history: History, start: tuple[int, int, str, int]) -> bool:
    """Whether a line was begun before a start that does not go on with it, where no other drug was ever taken."""
    first_day, _, arm, _ = start
    lines: list[_Line] = []
    own: dict[str, int] = {}
    eras = [
        (begun, component, last)
        for component, spans in history.doses.items()
        for begun, _, last in _eras(component, spans)
    ]
    for begun, component, last in sorted(eras):
        if begun >= first_day:
            if arm in (component, "combination"):
                own.setdefault(component, begun)
        elif lines and not _opens(lines[-1], begun, begun, component):
            opened, agents, until = lines[-1]
            lines[-1] = (opened, agents | {component}, max(until, last))
        else:
            lines.append((begun, {component}, last))
    resumed = bool(lines) and not any(_opens(lines[-1], first_day, begun, agent) for agent, begun in own.items())
    return len(lines) > resumed


def _opens(line: _Line, first_day: int, begun: int, component: str) -> bool:
    """Whether a drug opens another line: after a gap, or as a new agent that comes too late to belong to the line."""
    opened, agents, until = line
    return first_day - until >= GAP or (component not in agents and begun - opened > max(NEW_AGENT, TOGETHER))


def _eras(component: str, spans: list[tuple[int, int]]) -> list[tuple[int, int, int]]:
    """First day, last covered day and last day of a dose, of each time without an uncovered day."""
    cycle, grace = COVER[component]
    found: list[tuple[int, int, int]] = []
    for first, last in sorted(spans):
        until = max(last, first + cycle - 1) + grace
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], until), max(found[-1][2], last))
        else:
            found.append((first, until, last))
    return found


def _judge(history: History, baselines: tuple[int, int], until: int | None = None) -> Assessments:
    """The evaluable assessments of the source that goes first, by the baseline with which it can be evaluated."""
    for source in ("recorded", "measured", "told"):
        for baseline in baselines:
            found = [
                (day, response)
                for day, response in _assess(history, source, baseline)
                if response != "NE" and (until is None or day <= until)
            ]
            if found:
                return found
    return []


def _assess(history: History, source: str, index: int) -> Assessments:
    """What a source tells after a day, sums by the baseline of that day; nothing where they have none."""
    if source != "measured":
        return [(day, said) for day, said in (history.words if source == "told" else history.responses) if day > index]
    before = [(day, size) for day, size in history.sums if 0 <= index - day <= BASELINE]
    if not before:
        return []
    baseline = nadir = max(before)[1]
    found = []
    for day, size in history.sums:
        if day > index:
            grown = 5 * size >= 6 * nadir and size >= nadir + 5
            found.append((day, "PD" if grown else "PR" if 10 * size <= 7 * baseline else "SD"))
            nadir = min(nadir, size)
    return found
