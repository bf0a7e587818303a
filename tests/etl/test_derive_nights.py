"""Derived tables night by night: for whom they are made anew, and what the published file says of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from etl.site import Site, patient
from etl.test_derive_episode import RULES
from onco_etl.episodes import RuleConcept
from support.adverse_events import CUSTOM, administration

EPISODES = """
    SELECT p.year_of_birth, e.episode_number, e.episode_start_date::VARCHAR, count(v.event_id)
    FROM cdm.episode AS e JOIN cdm.person AS p USING (person_id) LEFT JOIN cdm.episode_event AS v USING (episode_id)
    GROUP BY ALL ORDER BY ALL
"""
ANLOTINIB = RuleConcept("therapy", "Alpha", CUSTOM + 1, agent="alpha", is_component=True)


def test_nights(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.settings = replace(site.settings, episodes=(replace(RULES, concepts=(ANLOTINIB,)),))
    site.night(patient(), patient("p2", birthDate="1971"), administration(), administration(id="m2", person="p2"))
    assert site.published(EPISODES) == [(1970, 1, "2024-03-01", 1), (1971, 1, "2024-03-01", 1)]
    lineage = """
        SELECT DISTINCT cdm_table, mapping_file, run_from FROM registry.provenance
        WHERE starts_with(cdm_table, 'episode') ORDER BY ALL
    """
    assert site.published(lineage) == [
        ("episode", "sql/derived/episode.sql", 1),
        ("episode_event", "sql/derived/episode_event.sql", 1),
    ]
    # Late data of one patient, a record that moves to the other.
    site.night(administration(id="m3", effectiveDateTime="2024-01-01"), administration(id="m2"))
    assert site.published(EPISODES) == [(1970, 1, "2024-01-01", 3)]
    # Another definition derives everyone anew, without a row of theirs having changed.
    site.settings = replace(site.settings, episodes=(replace(RULES, concepts=(ANLOTINIB,), gap_days=30),))
    site.night(patient("p2", birthDate="1971"))
    assert site.published(EPISODES) == [(1970, 1, "2024-01-01", 1), (1970, 2, "2024-03-01", 2)]
    assert site.workspace("SELECT count(*) FROM history.episode WHERE _run_to = 3") == [(1,)]
