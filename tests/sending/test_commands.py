"""`onco-registry bulletin` as hospital IT gives it: release, correct, verify, send, and what `status` says of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from typer.testing import CliRunner

from archive.releases import tampered
from onco_etl.errors import OncoError, ReleaseError
from onco_etl.server import client_keys
from onco_registry import editions, night
from onco_registry.bulletin.archive.verify import verify
from onco_registry.cli import app
from onco_registry.installed import registry_names
from service import site

LINES = (
    # Named, so that it has a bulletin although nobody entered it.
    f'registries = ["{registry_names()[0]}"]',
    "[bulletin]",
    'editions = ["internal"]',
    'signing_key_file = "keys.json"',
    "[[bulletin.send]]",
    'name = "share"',
    'edition = "internal"',
    'audience = "internal"',
    'by = "folder"',
    'folder = "share"',
)


UNKNOWN = {
    "resourceType": "Condition",
    "id": "c1",
    "subject": {"reference": "Patient/very-secret-id"},
    "code": {"coding": [{"system": "http://hospital.example.org/codes", "code": "unknown"}]},
    "onsetDateTime": "2021-03-01",
}


@pytest.fixture(scope="module", name="after_a_night")
def _after_a_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site after its first night, with a signing key and a share."""
    folder = tmp_path_factory.mktemp("site")
    site.make(folder, *LINES)
    client_keys.add(folder / "keys.json")
    run(folder, "sync", "--from", str(folder / "inbox"))
    run(folder, "recompute", "--data-cut", "2021-12-31")
    return folder


@pytest.fixture(name="folder")
def _folder(after_a_night: Path, tmp_path: Path) -> Path:
    return shutil.copytree(after_a_night, tmp_path / "site")


@pytest.fixture(autouse=True)
def _logs() -> Iterator[None]:
    """Commands log to a stream that the runner closes."""
    yield
    structlog.reset_defaults()


def run(folder: Path, *arguments: str, code: int = 0) -> str:
    """What a command prints; `code` is its exit code, or that of the error that it ends with."""
    done = CliRunner().invoke(app, [*arguments, "--config", str(folder / "registry.toml")])
    found = done.exception.exit_code if isinstance(done.exception, OncoError) else done.exit_code
    assert found == code, f"{done.output}{done.exception!r}"
    return str(done.exception) if isinstance(done.exception, OncoError) else done.stdout


def answer(folder: Path, *arguments: str) -> Any:
    return json.loads(run(folder, *arguments, "--json"))


def test_release_send_correct_and_verify(folder: Path) -> None:
    planned = answer(folder, "bulletin", "--dry-run")
    assert [(one["number"], one["is_new"]) for one in planned["releases"]] == [(1, True)]
    assert [(row["release"], row["channel"], row["tries"]) for row in planned["to_be_sent"]] == [(1, "share", 0)]
    assert list((folder / "data" / "bulletins").iterdir()) == []
    said = run(folder, "bulletin")
    assert said.startswith("anlotinib_pd1_sts, internal: release 1 of 2021-12-31 (new): ")
    assert "Not signed" not in said
    assert run(folder, "bulletin", "send", "--dry-run") == "To be sent: none\n"
    # Another run that tells nothing new: the release stands.
    run(folder, "sync", "--from", str(folder / "inbox"))
    run(folder, "recompute", "--data-cut", "2021-12-31")
    assert run(folder, "bulletin").startswith("anlotinib_pd1_sts, internal: release 1 of 2021-12-31 (unchanged): ")
    # A code without a concept is counted, so the document of the same data cut is another one.
    folder.joinpath("inbox", "conditions.ndjson").write_text(json.dumps(UNKNOWN) + "\n", encoding="utf-8")
    run(folder, "sync", "--from", str(folder / "inbox"))
    run(folder, "recompute", "--data-cut", "2021-12-31")
    command = "--registry anlotinib_pd1_sts --edition internal --corrects 1 --reason TEXT"
    assert command in run(folder, "bulletin", code=9)
    assert "--corrects NUMBER and --reason TEXT: give both" in run(folder, "bulletin", "--corrects", "1", code=2)
    alone = run(folder, "bulletin", "--reason-zh", "重复", code=2)
    assert "--reason-zh TEXT: only with --corrects NUMBER and --reason TEXT" in alone
    reasons = ("--reason", "The inbox was sent again.", "--reason-zh", "收件箱重复发送。")
    (corrected,) = answer(folder, "bulletin", "--corrects", "1", *reasons)
    assert (corrected["number"], corrected["is_new"], corrected["is_signed"]) == (2, True, True)
    assert "not one of bulletin.editions" in run(folder, "bulletin", "--edition", "public", code=2)
    assert run(folder, "bulletin", "verify") == "Releases: 2, signed: 2.\n"
    assert run(folder, "bulletin", "verify", str(folder / "share")) == "Releases: 2, signed: 2.\n"
    damaged = folder / "data/bulletins/anlotinib_pd1_sts/internal/1/bulletin.json"
    tampered(damaged, b"{}")
    assert run(folder, "bulletin", "verify", code=6).splitlines() == [
        f"{damaged}: not as it was released",
        "Releases: 2, signed: 2.",
    ]
    assert run(folder, "bulletin", "verify", str(folder / "inbox"), code=2).endswith("no release of a bulletin here")
    (row,) = answer(folder, "status")["bulletins"]
    assert (row["registry"], row["number"], row["corrects"]) == ("anlotinib_pd1_sts", 2, 1)
    jobs = [(row["job"], row["outcome"], row["counts"]) for row in answer(folder, "jobs")]
    assert [row for row in jobs if row[0].startswith("bulletin")] == [
        ("bulletin", "succeeded", {"releases": 1}),
        ("bulletin send", "succeeded", {"sent": 1, "not_sent": 0}),
        ("bulletin", "succeeded", {"releases": 0}),
        ("bulletin", "failed", {}),
        ("bulletin", "succeeded", {"releases": 1}),
        ("bulletin send", "succeeded", {"sent": 1, "not_sent": 0}),
    ]


def test_a_public_edition_that_is_held_back_is_said_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = folder / "registry.toml"
    settings.write_text(settings.read_text("utf-8").replace('["internal"]', '["internal", "public"]'), "utf-8")
    monkeypatch.setattr(night, "documents", lambda *_: ([], True))
    said = "public edition is held back"
    assert said in run(folder, "bulletin", "--edition", "public")
    refused = run(folder, "bulletin", "--edition", "public", "--corrects", "1", "--reason", "Why", code=9)
    assert refused.startswith(
        "anlotinib_pd1_sts/public: beside an earlier release, a count of a few patients would follow"
    )


def test_a_registry_whose_releases_are_damaged_holds_up_no_other(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings, names = folder / "registry.toml", registry_names()
    both = json.dumps(list(names))
    settings.write_text(settings.read_text("utf-8").replace(f'["{names[0]}"]', both), "utf-8")
    run(folder, "recompute", "--data-cut", "2021-12-31")
    computed = editions.documents

    def damaged(con: Any, config: Any, registry: Any) -> Any:
        if registry.name == names[0]:
            raise ReleaseError("1/bulletin.json: not as it was released")
        return computed(con, config, registry)

    monkeypatch.setattr(night, "documents", damaged)
    assert run(folder, "bulletin", code=9) == "1/bulletin.json: not as it was released"
    assert folder.joinpath("data/bulletins", names[1], "internal/1/bulletin.json").is_file()


def test_a_release_that_is_not_taken_is_tried_again_and_its_job_is_done(folder: Path) -> None:
    (folder / "share").write_text("not a folder")
    assert "not sent: release anlotinib_pd1_sts/internal/1 by channel share" in run(
        folder, "bulletin", "--date", "2026-11-03", code=9
    )
    assert "done already" not in run(folder, "bulletin", "--date", "2026-11-03")
    assert "Bulletins not sent: 1." in run(folder, "status")
    (waiting,) = answer(folder, "bulletin", "send", "--dry-run")
    assert (waiting["state"], waiting["tries"]) == ("waiting", 1)
    (folder / "share").unlink()
    assert answer(folder, "bulletin", "send") == {"sent": 1}
    assert verify(folder / "share").signed == 1
    assert "Bulletins not sent" not in run(folder, "status")


def test_an_erasure_leaves_a_note_beside_the_releases(folder: Path) -> None:
    run(folder, "bulletin")
    said = run(folder, "erase", "Patient/very-secret-id", "--yes")
    assert said.endswith(
        "Releases that may hold a number of theirs, which stands for nobody now: anlotinib_pd1_sts/internal\n"
    )
    series = folder / "data/bulletins/anlotinib_pd1_sts/internal"
    assert json.loads((series / "erasures.json").read_bytes())["erasures"][0]["releases_up_to"] == 1
    assert "somebody was erased" in (series / "index.html").read_text("utf-8")
    assert run(folder, "bulletin", "verify") == "Releases: 1, signed: 1.\n"
