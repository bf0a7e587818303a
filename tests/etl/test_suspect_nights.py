"""What is suspected of an adverse event may arrive later, or be taken back: nights give what one load gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from etl.site import Resource, Rows, Site, patient
from support.adverse_events import CUSTOM, administration, event

ANLOTINIB = CUSTOM + 1
NUMBER = {"system": "urn:oid:1.2.3", "value": "77"}
MEDICATION = {"resourceType": "Medication", "id": "d1", "code": {"text": "安罗替尼"}}
GIVEN = administration(id="given", medicationCodeableConcept=None, medicationReference={"reference": "Medication/d1"})


def suspected(instance: dict[str, Any], **more: Any) -> Resource:
    return event(suspectEntity=[{"instance": instance}], **more)


def told(site: Site) -> Rows:
    """(drug suspected, exposures linked) of the event."""
    return site.published(
        """
        SELECT o.value_as_concept_id, (SELECT count(*) FROM cdm.fact_relationship)
        FROM cdm.observation AS o
        JOIN registry.lineage AS l ON l.cdm_table = 'observation' AND l.row_id = o.observation_id
        WHERE l.slot = 'suspect0'
        """
    )


@pytest.mark.parametrize(
    ("first", "later", "expected"),
    [
        (suspected({"reference": "urn:uuid:m1"}), administration(), (ANLOTINIB, 1)),
        (suspected({"reference": "#given"}, contained=[GIVEN]), MEDICATION, (ANLOTINIB, 0)),
        (suspected({"identifier": NUMBER}), administration(identifier=[NUMBER]), (ANLOTINIB, 1)),
    ],
)
def test_a_suspect_that_arrives_a_night_later(
    tmp_path: Path, first: Resource, later: Resource, expected: tuple[int, int]
) -> None:
    tmp_path.joinpath("one").mkdir()
    tmp_path.joinpath("two").mkdir()
    one, two = Site(tmp_path / "one"), Site(tmp_path / "two")
    one.night(patient(), first, later)
    two.night(patient(), first)
    assert told(two) == [(None, 0)]
    two.night(later)
    assert told(two) == told(one) == [expected]


def test_a_suspect_that_is_taken_back(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.night(patient(), administration(), suspected({"reference": "MedicationAdministration/m1"}))
    assert told(site) == [(ANLOTINIB, 1)]
    site.night(administration(status="entered-in-error"))
    assert told(site) == [(None, 0)]
    site.night(administration())
    assert told(site) == [(ANLOTINIB, 1)]
