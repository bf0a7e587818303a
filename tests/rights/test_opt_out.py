"""Opt-out by a Consent or by the site's list, night after night: rows go, and come back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from etl.site import Resource, Rows, Site, patient, weight
from onco_etl import opt_out, pipeline, rebuild, workspace
from onco_etl.errors import ConfigurationError
from onco_registry import status
from onco_registry.cli import app

RESEARCH = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "research"}]}
ONE: Rows = [(1970, None, 60.0)]


def consent(person: str = "p1", kind: str = "deny", **more: Any) -> Resource:
    about = {"patient": {"reference": f"Patient/{person}"}, "scope": RESEARCH, "provision": {"type": kind}}
    return {"resourceType": "Consent", "id": "k1", "status": "active", **about, **more}


def numbered(name: str, value: str, **more: Any) -> Resource:
    return patient(name, identifier=[{"system": "urn:mrn", "value": value}], **more)


def fates(site: Site) -> dict[str, tuple[str, str]]:
    """Resource -> the fate and reason of its current version."""
    found = site.workspace(
        """
        SELECT l.resource, l.fate, l.reason FROM state.ledger AS l SEMI JOIN state.resource AS r
            ON r.resource = l.resource AND (r.run, r.file_no, r.line) = (l.run, l.file_no, l.line)
        """
    )
    return {name.partition("/")[2]: (fate, reason) for name, fate, reason in found}


def test_a_consent_that_comes_late_changes_and_goes(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.night(patient("p1"), weight("o1", "p1"))
    assert site.rows() == ONE
    site.night(consent())
    assert site.rows() == []
    assert fates(site) == {
        "Patient/p1": ("excluded", "opted-out"),
        "Observation/o1": ("waiting", "person-not-arrived"),
        "Consent/k1": ("excluded", "consent-denies"),
    }
    site.night(consent(kind="permit"))
    assert site.rows() == ONE
    assert fates(site)["Consent/k1"] == ("excluded", "nothing-to-map")
    # Not understood: the safe side, and somebody is told.
    site.night(consent(kind="permit", modifierExtension=[{"url": "urn:x"}]), weight("o2", "p1", value=61))
    assert site.rows() == []
    site.night(consent(provision={"type": "deny", "actor": [{"role": {"text": "a clinic"}}]}))
    assert site.rows() == []
    assert site.workspace("FROM state.not_understood") == [
        ("main/Consent/k1", "Consent", "consent-not-understood", None)
    ]
    removed = {"request": {"method": "DELETE", "url": "Consent/k1"}}
    site.night({"resourceType": "Bundle", "type": "transaction", "entry": [removed]})
    assert site.rows() == [*ONE, (1970, None, 61.0)]


def test_merged_records_and_references_by_identifier(tmp_path: Path) -> None:
    site = Site(tmp_path)
    other = [{"type": "replaced-by", "other": {"reference": "Patient/p2"}}]
    by_number: Resource = {"patient": {"identifier": {"system": "urn:mrn", "value": "7"}}}
    site.night(consent(**by_number), numbered("p1", "7", link=other), patient("p2"), patient("p3"), weight("o3", "p3"))
    site.night(weight("o1", "p1"), weight("o2", "p2"))
    assert site.rows() == ONE
    assert fates(site)["Patient/p1"] == fates(site)["Patient/p2"] == ("excluded", "opted-out")
    # The merge is taken back: only the one is opted out.
    site.night(numbered("p1", "7"))
    assert site.rows() == [*ONE, *ONE]


def test_a_list_that_changes_between_nights(tmp_path: Path) -> None:
    site = Site(tmp_path)
    listed = tmp_path / "opted-out.txt"
    listed.write_text("# by hand\nPatient/p1\n\nurn:mrn|7\n", encoding="utf-8")
    site.settings = replace(site.settings, opt_out_list=listed)
    site.night(
        patient("p1"), numbered("p2", "7"), patient("p3"), weight("o1", "p1"), weight("o2", "p2"), weight("o3", "p3")
    )
    assert site.rows() == ONE
    listed.write_text("p3\n", encoding="utf-8")
    rebuild.rebuild(site.settings)
    assert site.rows() == [*ONE, *ONE]
    site.settings = replace(site.settings, opt_out_list=None)
    pipeline.remap(site.settings)
    assert site.rows() == [*ONE, *ONE, *ONE]


def test_entries_that_match_nobody_are_counted_and_not_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = Site(tmp_path)
    listed = tmp_path / "opted-out.txt"
    listed.write_text("p1\nPatient/p1\nmistyped-1\nurn:mrn|7\nurn:mrn|mistyped-2\n", encoding="utf-8")
    site.settings = replace(site.settings, opt_out_list=listed)
    site.night(patient("p1"), numbered("p2", "7"))
    with workspace.connect(site.settings.data, read_only=True) as con:
        assert opt_out.entries(con) == {"entries": 4, "unmatched": 2}
        assert status.status(con, site.settings.published_folder)["opt_out_list"] == {"entries": 4, "unmatched": 2}
    told = capsys.readouterr().out
    (tmp_path / "registry.toml").touch()
    shown = CliRunner().invoke(app, ["status", "--config", str(tmp_path / "registry.toml")]).stdout
    assert "Opt-out list: 4 entries, of which 2 match no patient (mistyped, or not received)\n" in shown
    assert "opt-out list" in told
    assert "unmatched=2" in told
    assert "mistyped" not in told
    site.night(patient("mistyped-1"))
    with workspace.connect(site.settings.data, read_only=True) as con:
        assert opt_out.entries(con) == {"entries": 4, "unmatched": 1}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"p1\nsomebody else\n", "line 2: neither a patient's id nor an identifier as system|value"),
        (b"p1\nurn:mrn|\n", "line 2"),
        (b"urn:mrn|7 # somebody withdrew\n", "line 1: a remark has a line of its own, which begins with `#`"),
        (b"p1 #somebody\n", "line 1: a remark has a line of its own"),
        (b"\xff\n", "cannot be read"),
    ],
)
def test_a_list_that_cannot_be_read_names_the_line_and_not_what_stands_there(
    tmp_path: Path, text: bytes, said: str
) -> None:
    listed = tmp_path / "opted-out.txt"
    listed.write_bytes(text)
    with pytest.raises(ConfigurationError) as error:
        opt_out.read(listed)
    assert said in str(error.value)
    assert "somebody" not in str(error.value)
    listed.write_text("\ufeffp1\n#p2\nPatient/p3\n a b|c |x\nurn:mrn|7#8\n", encoding="utf-8")
    assert opt_out.read(listed) == [(None, "p1"), (None, "p3"), ("a b|c ", "x"), ("urn:mrn", "7#8")]
