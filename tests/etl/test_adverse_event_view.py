"""Adverse events from FHIR to registry.adverse_event in the published file."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from etl.site import Site, patient, visit
from support.adverse_events import BACKPORT, CUSTOM, NCIT, administration, concept, criterion, event, suspect

GRADE = {"url": f"{BACKPORT}/ae-grade", "valueCodeableConcept": concept(NCIT, "C41340")}
GIVEN = {"reference": "MedicationAdministration/m1"}
LINKS = """
    SELECT f.fact_id_1 = c.condition_occurrence_id, f.fact_id_2 = d.drug_exposure_id
    FROM cdm.fact_relationship AS f, cdm.condition_occurrence AS c, cdm.drug_exposure AS d ORDER BY ALL
"""


def hypertension(**elements: Any) -> dict[str, Any]:
    related = {"coding": [{"display": "Possibly related"}]}
    return event(
        extension=[
            GRADE,
            criterion("C83052"),
            {"url": f"{BACKPORT}/resolve-date", "valueDateTime": "2024-03-20"},
            suspect({"valueReference": GIVEN}, entityRelatedness=related),
            suspect({"valueReference": {"reference": "Device/pump"}}),
        ],
        encounter={"reference": "Encounter/e1"},
        recordedDate="2024-03-06",
        seriousness=concept("http://example.org", "serious"),
        severity=concept("http://example.org", "severe"),
        outcome=concept("http://example.org", "resolved"),
        study=[{"reference": "ResearchStudy/s1"}],
        **elements,
    )


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_an_event_per_row(site: Site, tmp_path: Path) -> None:
    # A code of two targets: a condition and a Cancer Modifier.
    site_map = tmp_path / "site.csv"
    site_map.write_text(
        "source_code,source_concept_id,source_vocabulary_id,source_code_description,target_concept_id,"
        "target_vocabulary_id,valid_start_date,valid_end_date,invalid_reason\n"
        "M1,0,http://example.org,,254591,SNOMED,1970-01-01,2099-12-31,\n"
        "M1,0,http://example.org,,36770283,Cancer Modifier,1970-01-01,2099-12-31,\n",
        encoding="utf-8",
    )
    site.settings = replace(site.settings, site_map=site_map)
    of_domain_observation = event(id="a2", event=concept("http://snomed.info/sct", "89362005"), extension=[GRADE])
    two_targets = event(id="a3", event=concept("http://example.org", "M1"), date=None, detected="2024-04")
    site.night(patient(), visit(), administration(), hypertension(), of_domain_observation, two_targets)
    first, second, third = site.published(
        """
        SELECT
            v.* EXCLUDE (resource_key, row_id, targets, term, person_id, visit_occurrence_id),
            len(v.targets), p.year_of_birth, o.visit_start_date
        FROM registry.adverse_event AS v JOIN cdm.person AS p USING (person_id)
        LEFT JOIN cdm.visit_occurrence AS o USING (visit_occurrence_id)
        ORDER BY v.start_date, v.cdm_table
        """
    )
    assert first == (
        "condition_occurrence", 316866, 32809, date(2024, 3, 4), "date", date(2024, 3, 20), None, date(2024, 3, 6), 3,
        "Serious", ["Serious: hospitalization"], "Severe", "Recovered", ["Possibly related"], ["anlotinib", "Device"],
        [CUSTOM + 1, None], 1, 1970, date(2021, 3, 1),
    )  # fmt: skip
    nothing = (None,) * 7
    assert second == (
        "observation", 4229881, 32817, date(2024, 3, 4), "date", None, None, None, 3, *nothing, 1, 1970, None,
    )  # fmt: skip
    assert third == (
        "condition_occurrence", 254591, 32817, date(2024, 4, 1), "detected", None, date(2024, 4, 1), None, None,
        *nothing, 2, 1970, None,
    )  # fmt: skip


def test_a_suspect_exposure_is_linked_while_it_is_there(site: Site) -> None:
    site.night(patient(), visit(), hypertension())
    assert site.published(LINKS) == []
    assert site.published("SELECT suspects FROM registry.adverse_event") == [(["MedicationAdministration", "Device"],)]
    site.night(administration())
    assert site.published(LINKS) == [(True, True)]
    assert site.published("SELECT suspects FROM registry.adverse_event") == [(["anlotinib", "Device"],)]
    lineage = "SELECT slot, mapping_file FROM registry.provenance WHERE cdm_table = 'fact_relationship'"
    assert site.published(lineage) == [("suspect0", "sql/cdm/fact_relationship.sql")]
    site.night(administration(status="not-done"))
    assert site.published("SELECT count(*) FROM cdm.fact_relationship") == [(0,)]
    site.night(administration())
    assert site.published(LINKS) == [(True, True)]


def test_an_event_without_its_patient_waits_with_its_links(site: Site) -> None:
    assert site.night(administration(), hypertension()) == {"waiting": 2}
    assert site.published("SELECT count(*) FROM cdm.fact_relationship") == [(0,)]
    site.night(patient())
    assert site.published(LINKS) == [(True, True)]
    site.night(hypertension(modifierExtension=[{"url": f"{BACKPORT}/status", "valueCode": "entered-in-error"}]))
    assert site.published("SELECT count(*) FROM registry.adverse_event") == [(0,)]
    assert site.published("SELECT count(*) FROM cdm.fact_relationship") == [(0,)]
