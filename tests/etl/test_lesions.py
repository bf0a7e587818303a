"""Lesions in whole runs: rows find their lesion by integers, night after night, and in a workspace made again."""

from __future__ import annotations

from pathlib import Path

from etl.site import Resource, Rows, Site, patient
from onco_etl import rebuild

_FOLLOWED = """
    SELECT dense_rank() OVER (ORDER BY l.value_source_value) AS lesion, m.measurement_date::VARCHAR, m.value_as_number
    FROM cdm.measurement AS m
    JOIN cdm.measurement AS l ON m.measurement_event_id = l.measurement_id AND m.person_id = l.person_id
    JOIN cdm.concept AS c ON l.measurement_concept_id = c.concept_id
    WHERE c.vocabulary_id = 'ONCO' AND c.concept_code = 'lesion' AND m.meas_event_field_concept_id = 1147138
    ORDER BY ALL
"""


def _size(name: str, lesion: str, day: str, millimetres: float) -> Resource:
    return {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "21889-1"}]},
        "subject": {"reference": "Patient/p1"},
        "focus": [{"reference": f"BodyStructure/{lesion}"}],
        "effectiveDateTime": day,
        "component": [
            {
                "code": {"coding": [{"system": "http://loinc.org", "code": "33728-7"}]},
                "valueQuantity": {"value": millimetres, "system": "http://unitsofmeasure.org", "code": "mm"},
            }
        ],
    }


def _by_size(rows: Rows) -> Rows:
    """Lesions are numbered by their pseudonyms, which are new in every data folder."""
    return sorted(rows, key=lambda row: row[1:])


def test_the_same_lesion_night_after_night(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.night(patient(), _size("o1", "liver", "2021-03-01", 40), _size("o2", "lung", "2021-03-01", 20))
    site.night(_size("o3", "liver", "2021-05-01", 30))
    site.night(_size("o2", "lung", "2021-03-01", 25))
    found = _by_size(site.published(_FOLLOWED))
    assert [row[1:] for row in found] == [("2021-03-01", 25.0), ("2021-03-01", 40.0), ("2021-05-01", 30.0)]
    lung, liver, liver_later = (row[0] for row in found)
    assert liver == liver_later != lung
    rebuild.rebuild(site.settings)
    assert _by_size(site.published(_FOLLOWED)) == found
