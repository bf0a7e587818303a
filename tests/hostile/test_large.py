"""Texts, lists and dates beyond all measure: cut where the CDM ends, mapped or refused for a stated reason."""

from __future__ import annotations

from typing import Any

import pytest

from etl.site import Site, patient, visit, weight
from onco_etl import cdm

LONG = "肉" * 60
LOCAL = "urn:local"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("site"))


def coded(code: str = LONG) -> dict[str, Any]:
    return {"coding": [{"system": LOCAL, "code": code}]}


def test_texts_of_sixty_chinese_characters_are_cut_at_a_character(site: Site) -> None:
    about = {"subject": {"reference": "Patient/p1"}}
    drug = {"medicationCodeableConcept": coded(), "status": "completed", "effectiveDateTime": "2021-03-01", **about}
    dosage = {"text": LONG, "route": coded(), "dose": {"value": 1, "unit": LONG}}
    stay = {"admitSource": coded(), "dischargeDisposition": coded()}
    fates = site.night(
        patient(address=[{"state": LONG, "country": LONG}]),
        visit(hospitalization=stay) | {"class": {"system": LOCAL, "code": LONG}},
        weight(code=coded(), valueQuantity={"value": 1, "unit": LONG, "code": LONG}),
        weight("o2", code=coded(), valueQuantity=None, valueString=LONG),
        weight("o3", code=coded(), valueQuantity=None, valueCodeableConcept=coded()),
        {"resourceType": "Condition", "id": "c1", "code": coded(), "recordedDate": "2021-03-01", **about},
        {"resourceType": "Procedure", "id": "r1", "status": "completed", "code": coded(), "performedDateTime": "2021"}
        | about,
        {"resourceType": "MedicationAdministration", "id": "m1", "dosage": dosage, "statusReason": [coded()], **drug},
    )
    assert fates == {"mapped": 8}
    lengths = {
        f"{table}.{field.name}": (int(field.type[8:-1]), longest)
        for table, fields in cdm.fields().items()
        if table not in (*cdm.VOCABULARY_TABLES, *cdm.RESULTS_TABLES)
        for field in fields
        if field.type.startswith("varchar")
        for longest in site.published(f'SELECT max(length("{field.name}")) FROM cdm.{table}')[0]
        if longest is not None
    }
    assert {name: found for name, found in lengths.items() if found[1] > found[0]} == {}
    assert len(lengths) >= 15


def test_ten_thousand_codings_and_components(site: Site) -> None:
    codings = [{"system": LOCAL, "code": f"c{n}"} for n in range(10_000)]
    component = {"code": coded("part"), "valueInteger": 1}
    fates = site.night(
        weight("many-codes", code={"coding": codings}),
        weight("many-parts", valueQuantity=None, component=[component] * 20_000),
    )
    assert fates == {"mapped": 2}
    assert site.workspace("SELECT count(*) FROM cdm.measurement WHERE measurement_source_value = 'part'") == [(20_000,)]


def test_what_contains_or_names_itself(site: Site) -> None:
    itself = {"resourceType": "Medication", "id": "x", "ingredient": [{"itemReference": {"reference": "#x"}}]}
    statement = {
        "resourceType": "MedicationStatement",
        "id": "s1",
        "status": "active",
        "effectiveDateTime": "2021-03-01",
        "subject": {"reference": "Patient/p1"},
        "contained": [itself],
        "medicationReference": {"reference": "#x"},
    }
    fates = site.night(
        visit("e2", partOf={"reference": "Encounter/e2"}),
        patient("p9", link=[{"other": {"reference": "Patient/p9"}, "type": "replaced-by"}]),
        statement,
    )
    assert fates == {"mapped": 3}


@pytest.mark.parametrize(
    ("date", "fate"),
    [
        ("2023-02-30", "quarantined"),
        ("2023-02-28T24:00:00Z", "quarantined"),
        ("0000-01-01", "quarantined"),
        ("9999-12-31T23:59:59Z", "quarantined"),
        ("2023-01-01T00:00:00+25:00", "quarantined"),
        ("tomorrow", "quarantined"),
        ("2023-02-28T23:59:60Z", "mapped"),
        ("2024-02-29", "mapped"),
    ],
)
def test_dates_that_the_calendar_does_not_have(dated: dict[str, str], date: str, fate: str) -> None:
    assert dated[date] == fate


@pytest.fixture(scope="module")
def dated(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Fate of an observation of each date, all in one night."""
    dates = ["2023-02-30", "2023-02-28T24:00:00Z", "0000-01-01", "9999-12-31T23:59:59Z", "2023-01-01T00:00:00+25:00"]
    dates += ["tomorrow", "2023-02-28T23:59:60Z", "2024-02-29"]
    site = Site(tmp_path_factory.mktemp("dated"))
    site.night(patient(), *(weight(f"d{n}", effectiveDateTime=date) for n, date in enumerate(dates)))
    found: dict[str, str] = dict(site.workspace("SELECT resource, fate FROM state.ledger"))
    return {date: found[f"main/Observation/d{n}"] for n, date in enumerate(dates)}
