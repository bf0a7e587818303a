"""An inbox whose files stay: what a night received is not received again, so that nothing old comes back."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from etl.site import Site, patient, weight
from onco_etl import erasure, pipeline, quarantine, rebuild, workspace

DELETED = {
    "resourceType": "Bundle",
    "type": "transaction",
    "entry": [{"request": {"method": "DELETE", "url": "Observation/o1"}}],
}


class Inbox:
    """A site whose nights receive a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "inbox"
        self.folder.mkdir()
        self.site = Site(folder)

    def put(self, name: str, *resources: dict[str, Any] | str) -> None:
        """Write a file, or write it anew."""
        lines = [one if isinstance(one, str) else json.dumps(one) for one in resources]
        text = "".join(f"{line}\n" for line in lines).encode()
        self.folder.joinpath(name).write_bytes(gzip.compress(text) if name.endswith(".gz") else text)

    def night(self) -> dict[str, int]:
        return pipeline.sync_inbox(self.site.settings, self.folder).fates

    def values(self) -> list[float]:
        return [value for _, _, value in self.site.rows()]


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path)


def test_what_stays_in_the_inbox_is_received_once(inbox: Inbox) -> None:
    inbox.put("Patient.ndjson.gz", patient())
    inbox.put("Observation.ndjson", weight())
    assert inbox.night() == {"mapped": 2}
    assert inbox.night() == {}
    inbox.put("Observation.ndjson", weight(value=61.0), weight("o2", value=70.0))
    assert inbox.night() == {"mapped": 2}
    assert inbox.values() == [61.0, 70.0]
    # As before, but not as it was last.
    inbox.put("Observation.ndjson", weight())
    assert inbox.night() == {"mapped": 1}
    assert inbox.values() == [60.0, 70.0]
    # By hand, all of it.
    assert pipeline.sync(inbox.site.settings, inbox.folder).fates == {"unchanged": 2}


@pytest.mark.parametrize("dated", [{}, {"meta": {"versionId": "1", "lastUpdated": "2021-03-02T00:00:00Z"}}])
@pytest.mark.parametrize("name", ["A-deleted.json", "Z-deleted.json"])
def test_a_deletion_holds_though_the_file_of_what_it_deletes_stays(
    inbox: Inbox, dated: dict[str, Any], name: str
) -> None:
    inbox.put("Observation.ndjson", patient(), weight(**dated))
    inbox.night()
    inbox.put(name, DELETED)
    assert inbox.night() == {"deleted": 1}
    assert inbox.values() == []
    inbox.folder.joinpath(name).unlink()
    assert inbox.night() == {}
    assert inbox.values() == []


def test_a_correction_without_a_date_holds_though_the_first_version_stays(inbox: Inbox) -> None:
    inbox.put("monday.ndjson", patient(), weight(value=13.0))
    inbox.night()
    inbox.put("friday.ndjson", weight(value=14.0))
    inbox.night()
    inbox.night()
    assert inbox.values() == [14.0]
    rebuild.rebuild(inbox.site.settings)
    inbox.night()
    assert inbox.values() == [14.0]


def test_a_dismissed_line_stays_dismissed(inbox: Inbox) -> None:
    inbox.put("batch.ndjson", patient(), "{broken")
    inbox.night()
    where = "SELECT line FROM state.quarantine WHERE settled IS NULL"
    assert inbox.site.workspace(where) == [(2,)]
    with workspace.connect(inbox.site.settings.data) as con:
        quarantine.dismiss(con, 1, "batch.ndjson", 2)
    inbox.night()
    assert inbox.site.workspace(where) == []


def test_who_is_let_in_again_comes_by_hand_and_nothing_else_of_the_inbox(inbox: Inbox) -> None:
    inbox.put("a.ndjson", patient(), weight())
    inbox.put("z.ndjson", patient("p2"), weight("o2", "p2", value=13.0))
    inbox.night()
    inbox.put("b.ndjson", weight("o2", "p2", value=14.0))
    inbox.night()
    erasure.erase(inbox.site.settings, "Patient/p1")
    assert inbox.night() == {}
    erasure.allow_again(inbox.site.settings, "Patient/p1")
    assert inbox.night() == {}
    assert inbox.values() == [14.0]
    assert pipeline.sync(inbox.site.settings, inbox.folder / "a.ndjson").fates == {"mapped": 2}
    assert inbox.values() == [14.0, 60.0]


def test_nothing_of_a_name_or_a_file_can_be_read_from_what_is_known(inbox: Inbox) -> None:
    inbox.put("Zhang San.ndjson", patient())
    inbox.night()
    ((source, name, content),) = inbox.site.workspace("FROM state.known_file")
    assert (source, len(name), len(content)) == ("main", 64, 64)
