"""`onco-registry erase`, as hospital IT gives it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner

from etl.site import patient, weight
from onco_etl.errors import ConfigurationError
from onco_registry.cli import app


@pytest.fixture(autouse=True)
def _logs() -> Iterator[None]:
    """Commands log to a stream that the runner closes."""
    yield
    structlog.reset_defaults()


def run(folder: Path, *arguments: str, code: int = 0, answer: str | None = None) -> str:
    done = CliRunner().invoke(app, [*arguments, "--config", str(folder / "registry.toml")], input=answer)
    if isinstance(done.exception, ConfigurationError):
        raise done.exception
    assert done.exit_code == code, done.output
    return done.stdout


def test_it_says_what_it_would_do_asks_does_it_and_keeps_the_person_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONCO_REGISTRY__CHECK_EVERY_SYNC", "false")
    run(tmp_path, "init")
    batch = tmp_path / "batch.ndjson"
    link = [{"type": "seealso", "other": {"reference": "Patient/p3"}}]
    resources = [patient("p1", link=link), weight("o1", "p1"), patient("p2"), patient("p3")]
    batch.write_text("\n".join(map(json.dumps, resources)), encoding="utf-8")
    run(tmp_path, "sync", "--from", str(batch))
    would = run(tmp_path, "erase", "Patient/p1", "--dry-run")
    assert would.splitlines()[-4:] == [
        "Records: Patient/p1",
        "Resources: 1 Observation, 1 Patient",
        "Rows of the CDM: 2. Versions: 2, in 1 landed files.",
        "Linked to other records, which stay without --linked: Patient/p3",
    ]
    assert run(tmp_path, "erase", "Patient/p1", code=2, answer="n\n").splitlines()[-1] == "Nothing was changed."
    assert "Nothing was changed." in run(tmp_path, "erase", "Patient/p1", code=2)
    assert "Erased." in run(tmp_path, "erase", "Patient/p1", answer="y\n")
    with pytest.raises(ConfigurationError, match="it is kept out, for it was erased"):
        run(tmp_path, "erase", "Patient/p1", "--yes")
    (erasure,) = json.loads(run(tmp_path, "status", "--json"))["erasures"]
    assert (erasure["run"], erasure["resources"], erasure["lines"], erasure["files"]) == (2, 2, 2, 1)
    assert "Erasures" in run(tmp_path, "status")
    assert '"excluded": 2' in run(tmp_path, "sync", "--from", str(batch), "--json")
    assert "Let in again" in run(tmp_path, "erase", "Patient/p1", "--allow-again")
    assert "Not kept out" in run(tmp_path, "erase", "Patient/p1", "--allow-again")
    assert '"mapped": 2' in run(tmp_path, "sync", "--from", str(batch), "--json")
    jobs = run(tmp_path, "jobs", "--json")
    assert [(job["job"], job["outcome"], job["counts"]) for job in json.loads(jobs) if "erase" in job["job"]] == [
        ("erase", "succeeded", {"resources": 2, "rows": 2, "versions": 2}),
        ("erase", "failed", {}),
        ("erase --allow-again", "succeeded", {}),
        ("erase --allow-again", "succeeded", {}),
    ]
    assert "p1" not in jobs
