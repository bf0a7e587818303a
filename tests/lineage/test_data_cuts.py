"""A month computed again, whatever was learned since, and what two recomputes differ by.

Nights of a hospital whose registry is the fictional one of tests/outcomes, its codes in a vocabulary of their own.
"""

from __future__ import annotations

import json
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from typer.testing import CliRunner

from hospital.nights import deletion
from onco_etl import history, pipeline, vocabulary, workspace
from onco_etl.errors import ConfigurationError, StateError
from onco_etl.query import scalar
from onco_registry import change_reasons, cli, cut_changes, results
from onco_registry.config import Config
from onco_registry.installed import installed
from onco_registry.recompute import recompute
from onco_registry.registry_model import RegistryDefinition
from onco_registry.status import Rows
from outcomes.record import rows
from support.athena import concept, write
from support.repository import ROOT

INDEX = date(2020, 3, 1)
CUT = date(2020, 12, 31)
RXNORM, SNOMED = "http://www.nlm.nih.gov/research/umls/rxnorm", "http://snomed.info/sct"
# Tablets of alpha, which the concept set finds by their ancestor alone.
TABLET = 1101


def on(day: int) -> str:
    return (INDEX + timedelta(days=day)).isoformat()


def release(folder: Path, name: str) -> Path:
    """The codes of the fictional registry; in the second, tablets are no longer below alpha, and gamma is another."""
    second = name == "second"
    drugs = {101: "alpha", TABLET: "tablet", 102: "beta", 112 if second else 111: "gamma"}
    others = {201: "disease", 211: "spread", 300: "overall", 302: "PR", 303: "SD", 304: "PD"}
    domains = {300: "Measurement", 302: "Meas Value", 303: "Meas Value", 304: "Meas Value"}
    concepts = [
        concept(number, code, vocabulary="RxNorm", domain="Drug", kind="Ingredient") for number, code in drugs.items()
    ]
    concepts += [concept(number, code, domain=domains.get(number, "Condition")) for number, code in others.items()]
    ancestors = [(number, number, 0, 0) for number in (*drugs, *others)]
    if not second:
        ancestors.append((101, TABLET, 1, 1))
    return write(
        folder / name,
        release=name,
        concept=concepts,
        concept_relationship=[(row[0], row[0], "Maps to", "19700101", "20991231", "") for row in concepts],
        concept_ancestor=ancestors,
    )


def coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def resource(kind: str, name: str, person: str, version: int = 1, **more: Any) -> dict[str, Any]:
    stamp = {"versionId": str(version), "lastUpdated": f"2021-01-0{version}T00:00:00Z"}
    return {
        "resourceType": kind,
        "id": f"{person}-{name}",
        "meta": stamp,
        "subject": {"reference": f"Patient/{person}"},
        **more,
    }


def response(person: str, name: str, day: int, value: str, version: int = 1, **more: Any) -> dict[str, Any]:
    said: dict[str, Any] = {
        "status": "final",
        "code": coded(SNOMED, "overall"),
        "effectiveDateTime": on(day),
        "valueCodeableConcept": coded(SNOMED, value),
    }
    return {**resource("Observation", name, person, version), **said, **more}


def taken(person: str, drug: str, start: int, end: int) -> dict[str, Any]:
    period = {"start": on(start), "end": on(end)}
    given: dict[str, Any] = {
        "status": "completed",
        "medicationCodeableConcept": coded(RXNORM, drug),
        "effectivePeriod": period,
    }
    return resource("MedicationAdministration", drug, person, **given)


def condition(person: str, code: str, day: int) -> dict[str, Any]:
    return resource("Condition", code, person, code=coded(SNOMED, code), onsetDateTime=on(day))


def member(person: str, **more: Any) -> list[dict[str, Any]]:
    """A patient of the registry's cohort with index on day 0."""
    return [
        {"resourceType": "Patient", "id": person, "gender": "female", "birthDate": "1970-01-01", **more},
        condition(person, "disease", -200),
        condition(person, "spread", -190),
        taken(person, "gamma", -180, -120),
        taken(person, "tablet", 0, 100),
        taken(person, "beta", 0, 100),
    ]


class Site:
    """A data folder with the fictional registry; each night brings resources, and may be computed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        definition = Path(shutil.copytree(ROOT / "tests" / "outcomes" / "registry", folder / "registry"))
        sets = definition / "concept_sets.yaml"
        text = sets.read_text(encoding="utf-8")
        alpha = "concepts: [{id: 101}]}"
        assert alpha in text
        sets.write_text(text.replace(alpha, "concepts: [{id: 101}], descendants: true}"), encoding="utf-8")
        self.config = Config(
            data=folder / "data", registries=(str(definition),), validation_sample=0, check_every_sync=False
        )
        pipeline.init(self.config.etl)
        self.nights = 0

    def night(self, *resources: dict[str, Any]) -> int:
        """Receive resources; the run."""
        self.nights += 1
        batch = self.folder / f"night{self.nights}.ndjson"
        batch.write_text("\n".join(json.dumps(found) for found in resources), encoding="utf-8")
        return pipeline.sync(self.config.etl, batch).run

    def load(self, name: str) -> int:
        """Load a release and map everything by it; the run."""
        vocabulary.load(self.config.data, release(self.folder, name))
        return self.remap()

    def remap(self, **settings: Any) -> int:
        """Map everything again by other settings; the run."""
        self.config = self.config.model_copy(update=settings)
        return pipeline.remap(self.config.etl).run

    def recompute(self, run: int, cut: date = CUT) -> int:
        """Compute as of a run, once, and publish nothing; the number of the recompute."""
        (registry,) = installed(self.config.registries)
        with workspace.connect(self.config.data) as con:
            known = con.execute(
                "SELECT run FROM state.recompute WHERE as_of_run = $1 AND data_cut = $2", [run, cut]
            ).fetchone()
            if known:
                return int(known[0])
            found = compute(con, registry, run, cut)
            results.write(con, found)
            number = 100 + scalar(con, "SELECT count(*) FROM state.recompute")
            con.execute("INSERT INTO state.recompute VALUES ($1, $2, $3, $4, $5)", [number, *_key(found)])
        return int(number)

    def since(self, earlier: int, later: int) -> Rows:
        with workspace.connect(self.config.data, read_only=True) as con:
            return cut_changes.since(con, earlier, later)

    def reasons(self, earlier: int, later: int) -> dict[str, Rows]:
        """Why the results of two recomputes differ, by what they are of."""
        with workspace.connect(self.config.data, read_only=True) as con:
            of = "SELECT registry, data_cut, as_of_run, hash FROM state.recompute WHERE run = $1"
            first, second = (cut_changes.Recompute(*con.execute(of, [run]).fetchall()[0]) for run in (earlier, later))
            return change_reasons.reasons(con, first, second)


def _key(found: results.Results) -> tuple[Any, ...]:
    return found.registry, found.data_cut, found.as_of_run, found.hash


def compute(con: duckdb.DuckDBPyConnection, registry: RegistryDefinition, run: int, cut: date) -> results.Results:
    """The results as of a run, as a night computes them."""
    inputs = scalar(con, "SELECT mapping_hash || vocabulary_release FROM state.run WHERE run = $1", [run])
    history.attach(con, run)
    with history.shown(con):
        found = recompute(con, registry, data_cut=cut, as_of_run=run, inputs_hash=inputs)
    con.execute("DETACH known")
    return found


def causes(found: Rows) -> list[tuple[Any, ...]]:
    return [(row["cause"], row["resources"], row["patients"], row["results"]) for row in found]


@pytest.fixture(scope="module", name="site")
def _site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Runs 2 to 7: a first night, late data, a correction, a deletion, other rules, another vocabulary."""
    site = Site(tmp_path_factory.mktemp("cuts"))
    assert site.load("first") == 1
    first = [*member("p1"), *member("p2"), *member("p3", deceasedDateTime="2020-08")]
    first += [response("p1", "r1", 60, "PR"), response("p2", "r1", 60, "SD"), response("p2", "r2", 120, "PD")]
    # Day 169 or 170, by the time zone.
    first += [response("p3", "r1", 0, "SD", effectiveDateTime=f"{on(169)}T20:00:00Z")]
    assert site.night(*first) == 2
    assert site.night(response("p1", "r2", 150, "PD")) == 3
    assert site.night(response("p1", "r1", 60, "SD", version=2)) == 4
    assert site.night(deletion("Observation/p2-r2")) == 5
    assert site.remap(timezone="UTC") == 6
    assert site.load("second") == 7
    return site


def test_a_past_month_computed_again_gives_the_same_bytes_whatever_was_learned_since(site: Site) -> None:
    (registry,) = installed(site.config.registries)
    summary = {}
    for run in (7, 2, 5, 6):
        site.recompute(run)
        with workspace.connect(site.config.data) as con:
            before = results.read(con, "fictional", data_cut=CUT, as_of_run=run)
            again = compute(con, registry, run, CUT)
        assert again.hash == before.hash
        for name, frame in again.frames().items():
            pd.testing.assert_frame_equal(frame, before.frames()[name])
            assert frame.to_csv().encode() == before.frames()[name].to_csv().encode()
        pfs = again.endpoint[again.endpoint["endpoint"] == "pfs"]
        summary[run] = (list(zip(pfs["time_days"], pfs["event"], strict=True)), list(again.best_response["response"]))
    assert summary == {
        2: ([(61, False), (121, True), (171, True)], ["PR", "SD", "SD"]),
        5: ([(151, True), (61, False), (171, True)], ["SD", "SD", "SD"]),
        6: ([(151, True), (61, False), (170, True)], ["SD", "SD", "SD"]),
        # Tablets are no alpha any more: nobody took the combination.
        7: ([], []),
    }


def test_a_death_of_which_the_month_is_known_is_dated_by_the_last_contact_in_it(site: Site) -> None:
    site.recompute(2)
    with workspace.connect(site.config.data, read_only=True) as con:
        found = results.read(con, "fictional", data_cut=CUT, as_of_run=2)
    os = found.endpoint[(found.endpoint["endpoint"] == "os") & found.endpoint["event"]]
    assert rows(os, "decided_on", "date_precision") == [(INDEX + timedelta(days=170), "month")]


@pytest.mark.parametrize(
    ("earlier", "later", "expected"),
    [
        (2, 3, [("late", 1, 1, 1)]),
        (3, 4, [("correction", 1, 1, 1)]),
        (4, 5, [("deletion", 1, 1, 1)]),
        (2, 5, [("late", 1, 1, 1), ("correction", 1, 1, 1), ("deletion", 1, 1, 1)]),
        (5, 6, [("mapping", 1, 1, 1)]),
        # Of gamma the concept is another; that tablets are no alpha any more is why nobody is in the cohort.
        (6, 7, [("vocabulary", 3, 3, 3)]),
        (2, 2, []),
    ],
)
def test_changes_since(site: Site, earlier: int, later: int, expected: list[tuple[Any, ...]]) -> None:
    assert causes(site.since(site.recompute(earlier), site.recompute(later))) == expected


def test_a_later_cut_is_a_cause_where_no_row_changed(site: Site) -> None:
    earlier = site.recompute(2, INDEX + timedelta(days=130))
    # Of p1 a progression after the earlier cut came in; p3 was seen, and died, after it; p2 is as before.
    assert causes(site.since(earlier, site.recompute(3))) == [("new", 1, 1, 1), ("cut", 0, 1, 1)]


@pytest.mark.parametrize(
    ("earlier", "later", "expected"),
    [
        # A progression of which nobody knew: no best response, but when the patient was last seen.
        (2, 3, {"os": [("late_data", 1)], "pfs": [("late_data", 1)]}),
        (3, 4, {"response": [("corrected_source", 1)]}),
        (4, 5, {"os": [("deleted_source", 1)], "pfs": [("deleted_source", 1)]}),
        # Another time zone: one scan is of another day, and with it the day of a death within its month.
        (5, 6, {"os": [("changed_mapping", 1)], "pfs": [("changed_mapping", 1)]}),
        (6, 7, {name: [("patient_left", 3)] for name in ("os", "pfs", "response")}),
        (2, 2, {}),
    ],
)
def test_reasons_by_what_they_change(site: Site, earlier: int, later: int, expected: dict[str, Any]) -> None:
    found = site.reasons(site.recompute(earlier), site.recompute(later))
    told = {topic: [(row["reason"], row["patients"]) for row in found[topic]] for topic in found}
    assert {topic: told[topic] for topic in told if topic in ("os", "pfs", "response")} == expected


def test_new_patients_and_what_followed_are_reasons_of_a_later_cut(site: Site) -> None:
    earlier = site.recompute(2, INDEX + timedelta(days=130))
    found = site.reasons(earlier, site.recompute(3))
    # p1 progressed after the earlier cut; p3 was seen, and died, after it, of which the first night knew.
    assert [(row["reason"], row["patients"]) for row in found["pfs"]] == [("moved_cut", 1), ("new_follow_up", 1)]
    assert found["os"] == [{"reason": "moved_cut", "patients": 1}, {"reason": "new_follow_up", "patients": 1}]
    nobody = site.recompute(2, INDEX - timedelta(days=1))
    assert site.reasons(nobody, earlier)["response"] == [{"reason": "new_patient", "patients": 3}]


def test_a_stay_that_goes_on_is_no_correction(site: Site, tmp_path: Path) -> None:
    earlier, later = site.recompute(2), site.recompute(3)
    shutil.copy(site.config.data / "workspace.duckdb", tmp_path)
    with workspace.connect(tmp_path) as con:
        con.execute(
            """
            INSERT INTO history.condition_occurrence BY NAME
            SELECT * REPLACE (2 AS _run_from), 3 AS _run_to FROM cdm.condition_occurrence
            WHERE condition_concept_id = 201 AND person_id = (SELECT min(person_id) FROM cdm.condition_occurrence);
            UPDATE cdm.condition_occurrence SET _run_from = 3, _derivation = 'end: extract date'
            WHERE condition_concept_id = 201 AND person_id = (SELECT min(person_id) FROM cdm.condition_occurrence);
            """
        )
        found = cut_changes.since(con, earlier, later)
    assert causes(found) == [("late", 1, 1, 1), ("new", 1, 1, 1)]


def test_what_cannot_be_compared_is_refused(site: Site) -> None:
    earlier, later = site.recompute(2), site.recompute(3)
    with pytest.raises(StateError, match="run 2 is no recompute"):
        site.since(2, later)
    with pytest.raises(ConfigurationError, match=f"run {earlier} knew less than run {later}"):
        site.since(later, earlier)


def test_the_command_says_so(site: Site) -> None:
    earlier, later = site.recompute(2), site.recompute(3)
    path = site.folder / "registry.toml"
    path.write_text('data = "data"\n', encoding="utf-8")
    done = CliRunner().invoke(cli.app, ["compare", str(earlier), str(later), "--json", "--config", str(path)])
    assert json.loads(done.stdout) == [
        {"registry": "fictional", "cause": "late", "resources": 1, "patients": 1, "results": 1}
    ]


def test_a_patient_who_came_after_the_earlier_cut_is_new_and_not_late(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.load("first")
    site.night(*member("p1"))
    before_all = site.recompute(2, INDEX - timedelta(days=250))
    site.night(*member("p2"))
    # p2's own resource among them, which has no day.
    assert causes(site.since(before_all, site.recompute(3))) == [("new", 6, 1, 1), ("cut", 0, 1, 1)]
