"""A night killed at fifty points: the published file opens, the next night completes, and the result is the same.

Each trial is a copy of one small workspace, a night that is killed, a look at what it left, and the next night.
"""

from __future__ import annotations

import gzip
import json
import random
import shutil
import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from etl.site import Site, patient, visit, weight
from hostile import killed
from hostile.killed import After, Before, Elapsed, Point, Statement

CHOSEN: tuple[Point, ...] = (
    # Landing: before it, between two files, before and after the manifest makes the batch whole.
    Before("onco_etl.landing:land"),
    Before("onco_etl.landing:_land_one", 2),
    After("onco_etl.landing:_land_one", 3),
    After("onco_etl.landing:land"),
    # Staging and unpacking.
    Before("onco_etl.staging:stage"),
    After("onco_etl.incoming:create"),
    Before("onco_etl.incoming:Reader.append"),
    After("onco_etl.incoming:Reader.append", 4),
    Before("onco_etl.unpack:_read_range", 2),
    After("onco_etl.staging:stage"),
    # The transaction: versions, keys, concepts, merge, derived tables, ledger, the log of keys.
    After("onco_etl.versions:receive"),
    After("onco_etl.keys:assign", 3),
    After("onco_etl.mapping:prepare"),
    Before("onco_etl.merge:merge", 1),
    After("onco_etl.merge:merge", 4),
    After("onco_etl.mapping:map_and_merge"),
    After("onco_etl.derive:derive"),
    Before("onco_etl.quarantine:record"),
    After("onco_etl.ledger:settle"),
    Before("onco_etl.keys:log"),
    After("onco_etl.keys:log"),
    # Just before and just after the commit of the run, and of the replica.
    Statement(1, "COMMIT"),
    Statement(1, "COMMIT", done=True),
    Before("onco_etl.landing:mark_complete"),
    After("onco_etl.landing:mark_complete"),
    # The copy of the replica, its change, its checkpoint.
    Before("shutil:copyfile"),
    After("shutil:copyfile"),
    After("onco_etl.registry_schema:create"),
    Before("onco_etl.registry_schema:write"),
    Statement(2, "COMMIT"),
    Statement(2, "COMMIT", done=True),
    Before("os:fsync"),
    After("os:fsync"),
    # Before and after the symlink, and between the new link and its taking the old one's place.
    Before("onco_etl.replica:_point"),
    After("pathlib:Path.symlink_to"),
    After("onco_etl.replica:_point"),
)
RANDOM_STATEMENTS = 8
RANDOM_TIMES = 6
TRIALS = len(CHOSEN) + RANDOM_STATEMENTS + RANDOM_TIMES


@dataclass(frozen=True)
class Trial:
    """The point, the exit code of the killed process, and what was found afterwards."""

    point: Point
    exit_code: int | None
    found: dict[str, Any]


class Nights:
    """One workspace after its first night, the second night's batch, and the second night undisturbed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.site = Site(folder)
        self.site.night(patient(), visit(), *(weight(f"o{n}", value=50 + n) for n in range(20)), weight("lost", "p9"))
        self.first = killed.published(self.site.settings)
        self.batch = _second_batch(folder / "second")
        settings = self.copy("undisturbed")
        killed.run(killed.counted, settings, self.batch, folder / "counted.json")
        self.statements, self.seconds = json.loads(folder.joinpath("counted.json").read_text())
        self.expected = killed.state(settings)
        self.second = killed.published(settings)

    def copy(self, name: str) -> Any:
        data = self.folder / name
        shutil.copytree(self.site.settings.data, data, symlinks=True)
        return replace(self.site.settings, data=data)

    def trial(self, number: int, point: Point) -> Trial:
        settings = self.copy(f"trial{number}")
        share = point.share if isinstance(point, Elapsed) else None
        while True:
            kill_after = None if share is None else share * self.seconds
            exit_code = killed.run(killed.night, settings, self.batch, point, kill_after=kill_after)
            if exit_code != 0 or share is None:
                break
            # It was over sooner than its time: once more, and earlier.
            shutil.rmtree(settings.data)
            settings, share = self.copy(f"trial{number}"), share / 2
        result = self.folder / f"result{number}.json"
        killed.run(killed.aftermath, settings, self.batch, result)
        shutil.rmtree(settings.data)
        return Trial(point, exit_code, json.loads(result.read_text()) if result.exists() else {})


def _second_batch(folder: Path) -> Path:
    """Changes, news, what waited, deletions, a mixed file, a Bundle, a bad line, a .gz."""
    folder.mkdir()
    changed = [weight(f"o{n}", value=70 + n) for n in range(5)]
    folder.joinpath("changed.ndjson.gz").write_bytes(gzip.compress("\n".join(map(json.dumps, changed)).encode()))
    mixed = [
        patient("p2", birthDate="1980"),
        weight("new", "p2"),
        patient("p9"),
        weight("o6", status="entered-in-error"),
    ]
    folder.joinpath("mixed.ndjson").write_text("\n".join([*map(json.dumps, mixed), "{broken"]))
    deleted = [{"request": {"method": "DELETE", "url": "Observation/o7"}}]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": deleted}
    folder.joinpath("bundle.json").write_text(json.dumps(bundle, indent=1))
    folder.joinpath("more.ndjson").write_text(json.dumps(visit("e2", "p2")))
    return folder


@pytest.fixture(name="nights", scope="module")
def _nights(tmp_path_factory: pytest.TempPathFactory) -> Nights:
    return Nights(tmp_path_factory.mktemp("kill"))


@pytest.fixture(name="trials", scope="module")
def _trials(nights: Nights) -> list[Trial]:
    chance = random.Random(20261124)
    points = [
        *CHOSEN,
        *(Statement(n) for n in sorted(chance.sample(range(1, nights.statements + 1), RANDOM_STATEMENTS))),
        *(Elapsed(chance.uniform(0.1, 0.9)) for _ in range(RANDOM_TIMES)),
    ]
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(nights.trial, range(len(points)), points))


def test_the_undisturbed_night_does_something(nights: Nights) -> None:
    assert nights.first != nights.second
    assert {fate for _, fate, _ in nights.expected["fates"]} == {"mapped", "excluded", "quarantined", "deleted"}


@pytest.mark.parametrize("number", range(TRIALS))
def test_a_killed_night(nights: Nights, trials: list[Trial], number: int) -> None:
    trial = trials[number]
    assert trial.exit_code == -signal.SIGKILL, f"{trial.point} was not reached"
    assert trial.found["left"] in (nights.first, nights.second)
    assert trial.found["state"] == nights.expected, trial.point
    assert trial.found["state"]["twice"] == []
    assert trial.found["litter"] == []
    # Until it is committed, nothing of the batch is in the tables, and whoever looks is told.
    merged = set(trial.found["fates"]) <= {"unchanged", "quarantined", "deleted", "excluded"}
    begun = "run 2" in trial.found["verdict"]
    told = "nothing of it was merged" in trial.found["verdict"]
    assert told == (begun and not merged), (trial.point, trial.found["verdict"], trial.found["fates"])


def test_fifty() -> None:
    assert TRIALS == 50
