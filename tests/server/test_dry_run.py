"""A dry run against a server says what a sync would do, and leaves no trace of itself, here or there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from hospital.nights import patient, weight
from onco_etl.errors import ServerError
from onco_etl.pipeline import Preview
from onco_etl.server import dry_run
from onco_registry.cli import app
from server.export_server import ExportServer, running
from server.nights import Site
from server.pulling import settings


@pytest.fixture
def server() -> Iterator[ExportServer]:
    with running(ExportServer()) as hospital:
        hospital.put(patient("p1"), weight("o1", "p1"))
        yield hospital


def pulled(site: Site) -> dict[str, bytes]:
    """Every file of what was pulled and of its state."""
    folder = site.etl.data / "pull"
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def tried(site: Site, *, full: bool = False) -> Preview:
    return dry_run.preview(site.etl, settings(site.server), full=full)


def killed(site: Site) -> None:
    """What a dry run leaves that is killed."""
    left_over = site.etl.data / "pull/main/dry-run/incoming"
    left_over.mkdir(parents=True)
    left_over.joinpath("x.ndjson").write_text("{}", encoding="utf-8")


def changed(found: Preview) -> dict[str, tuple[object, object]]:
    """Rows that would begin and end, by table, of those that are mapped and not derived."""
    return {str(row["table"]): (row["began"], row["ended"]) for row in found.changed}


def test_it_says_what_changed_and_the_next_sync_reads_from_where_it_would_have(
    tmp_path: Path, server: ExportServer
) -> None:
    site = Site(tmp_path / "site", server)
    killed(site)
    first = tried(site)
    assert (first.received, first.fates) == (2, {"mapped": 2})
    assert pulled(site) == {}
    site.night()
    before = pulled(site)
    assert set(before) == {"main/settled.json"}
    assert tried(site) == Preview(0, {}, [])
    server.put(weight("o1", "p1", 71.0), patient("p2"))
    found = tried(site)
    assert found.fates == {"mapped": 2}
    assert changed(found) == {"measurement": (1, 1), "person": (1, 0)}
    # Of everything, also what is known.
    assert tried(site, full=True).fates == {"mapped": 2, "unchanged": 1}
    assert pulled(site) == before
    assert not (site.etl.data / "pull/main/dry-run").exists()
    killed(site)
    assert site.night() == {"mapped": 2}
    since = [query.get("_since") for query in server.kickoffs]
    assert (since[0], since[1], since[4]) == (None, None, None)
    assert since[2] is not None
    assert since[2] == since[3] == since[5]
    assert pulled(site).keys() == before.keys()
    assert server.ended == ["1", "2", "3", "4", "5", "6"]


def test_an_export_in_progress_stays_and_the_one_of_the_dry_run_goes(tmp_path: Path, server: ExportServer) -> None:
    site = Site(tmp_path / "site", server)
    server.faults.down = "/files"
    with pytest.raises(ServerError):
        site.night()
    before = pulled(site)
    assert "main/job.json" in before
    with pytest.raises(ServerError):
        tried(site)
    # What it began is deleted, and what the night began is not.
    assert (len(server.kickoffs), server.ended) == (2, ["2"])
    server.faults.down = ""
    assert tried(site).fates == {"mapped": 2}
    assert pulled(site) == before
    assert site.night() == {"mapped": 2}
    assert (len(server.kickoffs), server.ended) == (3, ["2", "3", "1"])


def test_from_the_command_line(tmp_path: Path, server: ExportServer, capsys: pytest.CaptureFixture[str]) -> None:
    def said(*arguments: str) -> str:
        app([*arguments, "--config", str(tmp_path / "registry.toml")], standalone_mode=False)
        return capsys.readouterr().out

    (tmp_path / "registry.toml").write_text(f'[server]\nurl = "{server.url}/r4"\npoll_seconds = 0.01\n')
    said("init")
    found = json.loads(said("sync", "--dry-run", "--full", "--json"))
    assert (found["received"], found["fates"]) == (2, {"mapped": 2})
    assert {"table": "person", "began": 1, "ended": 0} in found["changed"]
    assert (json.loads(said("runs", "--json")), json.loads(said("jobs", "--json"))) == ([], [])
    assert server.ended == ["1"]
