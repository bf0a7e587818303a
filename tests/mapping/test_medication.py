"""The four medication resources -> drug_exposure."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ATC = "http://www.whocc.no/atc"
HEMONC = "https://hemonc.org"
PEMBROLIZUMAB = 45775965
SINTILIMAB = 36854475
ANLOTINIB = 2_000_000_001


def concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def record(resource_type: str, **elements: Any) -> dict[str, Any]:
    coded = {} if "medicationReference" in elements else {"medicationCodeableConcept": concept(RXNORM, "1547545")}
    return {
        "resourceType": resource_type,
        "id": "m1",
        "status": "completed",
        "subject": {"reference": "Patient/p1"},
        **coded,
        **elements,
    }


def administration(**elements: Any) -> dict[str, Any]:
    return record("MedicationAdministration", **{"effectiveDateTime": "2024-01-02", **elements})


def dispense(**elements: Any) -> dict[str, Any]:
    return record("MedicationDispense", **{"whenHandedOver": "2024-01-02", **elements})


def request(**elements: Any) -> dict[str, Any]:
    return record("MedicationRequest", **{"intent": "order", "authoredOn": "2024-01-02", **elements})


def statement(**elements: Any) -> dict[str, Any]:
    return record("MedicationStatement", **{"effectiveDateTime": "2024-01-02", **elements})


PERIOD = "drug_exposure_start_date, drug_exposure_end_date, verbatim_end_date, derivation"


def test_administration(mapped: Any) -> None:
    found = mapped(
        administration(
            context={"reference": "Encounter/e1"},
            dosage={
                "text": "200 mg over 30 min",
                "dose": {"value": 200, "unit": "mg", "code": "mg"},
                "route": concept("http://snomed.info/sct", "47625008"),
            },
        )
    )
    columns = (
        "resource, slot, derivation, person_id, visit_occurrence_id, drug_concept_id, drug_exposure_start_date,"
        " drug_exposure_end_date, drug_type_concept_id, quantity, dose_unit_source_value, sig, route_concept_id,"
        " route_source_value, drug_source_value, drug_source_concept_id"
    )
    assert found.row("drug_exposure", columns) == (
        "main/MedicationAdministration/m1", "", "end: start", "main/Patient/p1", "main/Encounter/e1", PEMBROLIZUMAB,
        date(2024, 1, 2), date(2024, 1, 2), 32818, 200, "mg", None, 0, "47625008", "1547545", PEMBROLIZUMAB,
    )  # fmt: skip


def test_050_053_each_kind_of_record_has_its_type(mapped: Any) -> None:
    found = mapped(
        administration(),
        dispense(),
        request(),
        statement(),
        statement(id="m2", informationSource={"reference": "Patient/p1"}),
        statement(id="m3", informationSource={"reference": "Practitioner/d1"}),
    )
    assert found.rows("drug_exposure", "resource, drug_type_concept_id") == [
        ("main/MedicationAdministration/m1", 32818),
        ("main/MedicationDispense/m1", 32825),
        ("main/MedicationRequest/m1", 32838),
        ("main/MedicationStatement/m1", 32830),
        ("main/MedicationStatement/m2", 32865),
        ("main/MedicationStatement/m3", 32830),
    ]


@pytest.mark.parametrize(
    ("drug", "expected"),
    [
        (concept(RXNORM, "1547545"), (PEMBROLIZUMAB, PEMBROLIZUMAB, "1547545")),
        (concept(ATC, "L01FF02"), (PEMBROLIZUMAB, 0, "L01FF02")),
        (concept(HEMONC, "61131"), (SINTILIMAB, 905727, "61131")),
        (concept(HEMONC, "121127"), (ANLOTINIB, 37557580, "121127")),
        (concept("urn:onco-registry:concept", "anlotinib"), (ANLOTINIB, ANLOTINIB, "anlotinib")),
        ({"text": "盐酸安罗替尼胶囊"}, (ANLOTINIB, 0, "盐酸安罗替尼胶囊")),
        ({"text": "Keytruda"}, (PEMBROLIZUMAB, 0, "Keytruda")),
        (
            {"coding": [{"system": "http://example.org/drug", "code": "YP1", "display": "达伯舒"}]},
            (SINTILIMAB, 0, "YP1"),
        ),
        (concept("http://example.org/drug", "YP2"), (0, 0, "YP2")),
    ],
)
def test_drugs(mapped: Any, drug: dict[str, Any], expected: tuple[int, int, str]) -> None:
    found = mapped(administration(medicationCodeableConcept=drug))
    assert found.row("drug_exposure", "drug_concept_id, drug_source_concept_id, drug_source_value") == expected


def test_the_medication_may_be_referred_to(mapped: Any) -> None:
    medication = {"resourceType": "Medication", "id": "d1", "code": concept(RXNORM, "1547545")}
    contained = {"resourceType": "Medication", "id": "c", "code": concept(ATC, "L01FF02")}
    ingredient = {"itemCodeableConcept": concept(HEMONC, "61131")}
    local = {"resourceType": "Medication", "id": "d2", "ingredient": [ingredient], "code": {"text": "vial"}}
    found = mapped(
        medication,
        local,
        administration(id="a", medicationReference={"reference": "Medication/d1"}),
        administration(id="b", medicationReference={"reference": "#c"}, contained=[contained]),
        administration(id="c", medicationReference={"reference": "Medication/d2"}),
        administration(id="d", medicationReference={"reference": "Medication/gone", "display": "可瑞达"}),
        administration(id="e", medicationReference={"reference": "https://example.org/Medication/d1/_history/3"}),
        administration(
            id="f",
            medicationReference={"reference": "#c"},
            contained=[{"resourceType": "Medication", "id": "c", "ingredient": [ingredient]}],
        ),
        administration(id="g", medicationReference={"reference": "Medication/gone"}),
    )
    assert found.rows("drug_exposure", "drug_concept_id, drug_source_value") == [
        (PEMBROLIZUMAB, "1547545"),
        (PEMBROLIZUMAB, "L01FF02"),
        (SINTILIMAB, "61131"),
        (PEMBROLIZUMAB, "可瑞达"),
        (PEMBROLIZUMAB, "1547545"),
        (SINTILIMAB, "61131"),
        (0, None),
    ]


def test_a_recorded_end(mapped: Any) -> None:
    period = {"start": "2024-01-02T09:00:00+08:00", "end": "2024-01-15"}
    bounds = {"timing": {"repeat": {"boundsPeriod": {"start": "2024-01-02", "end": "2024-01-15"}}}}
    found = mapped(
        administration(effectiveDateTime=None, effectivePeriod=period),
        request(dosageInstruction=[bounds]),
        statement(effectiveDateTime=None, effectivePeriod=period),
    )
    assert found.rows("drug_exposure", PERIOD) == [(date(2024, 1, 2), date(2024, 1, 15), date(2024, 1, 15), None)] * 3


def test_days_supply(mapped: Any) -> None:
    found = mapped(
        dispense(daysSupply={"value": 14, "unit": "days", "code": "d"}),
        request(dispenseRequest={"expectedSupplyDuration": {"value": 2, "code": "wk"}, "numberOfRepeatsAllowed": 3}),
    )
    assert found.rows("drug_exposure", f"{PERIOD}, days_supply, refills") == [
        (date(2024, 1, 2), date(2024, 1, 15), None, "end: start + days supply", 14, None),
        (date(2024, 1, 2), date(2024, 1, 15), None, "end: start + days supply", 14, 3),
    ]


@pytest.mark.parametrize(
    ("supply", "days"),
    [
        ({"value": 1}, 1),
        ({"value": 3660}, 3660),
        ({"value": 3661}, None),
        ({"value": 0}, None),
        ({"value": -5}, None),
        ({"value": 2_000_000_000}, None),
        ({"value": 3_000_000_000}, None),
        ({"value": 1e300, "code": "a"}, None),
    ],
)
def test_days_supply_is_one_day_to_ten_years(mapped: Any, supply: dict[str, Any], days: int | None) -> None:
    found = mapped(dispense(daysSupply=supply), request(dispenseRequest={"expectedSupplyDuration": supply}))
    assert found.rows("drug_exposure", "days_supply") == [(days,), (days,)]


@pytest.mark.parametrize(
    ("quantity", "repeat", "dose"),
    [
        (1e9, {"frequency": 1, "period": 1, "periodUnit": "d"}, 0.1),
        (1e300, {"frequency": 1, "period": 1, "periodUnit": "d"}, 1e-300),
        (28, {"frequency": 1, "period": 0, "periodUnit": "d"}, 1),
        (28, {"frequency": 0, "period": 1, "periodUnit": "d"}, 1),
        (28, {"frequency": 0, "period": 0, "periodUnit": "d"}, 1),
        (28, {"frequency": 1, "period": -1, "periodUnit": "d"}, 1),
        (0, {"frequency": 1, "period": 1, "periodUnit": "d"}, 1),
    ],
)
def test_an_absurd_quantity_or_dose_has_no_duration(
    mapped: Any, quantity: float, repeat: dict[str, Any], dose: float
) -> None:
    taken = {"timing": {"repeat": repeat}, "doseAndRate": [{"doseQuantity": {"value": dose, "code": "mg"}}]}
    found = mapped(dispense(quantity={"value": quantity, "code": "mg"}, dosageInstruction=[taken]))
    assert found.row("drug_exposure", PERIOD) == (date(2024, 1, 2), date(2024, 1, 2), None, "end: start")


@pytest.mark.parametrize(
    ("dose", "unit"),
    [
        ({"value": 1, "unit": "milligrams", "code": "mg"}, "mg"),
        ({"value": 1, "unit": "mg"}, "mg"),
        ({"value": 1, "unit": "for Zhang San only"}, "text:"),
        ({"value": 1}, None),
    ],
)
def test_a_dose_unit_without_a_code_is_written_out_if_known(
    mapped: Any, dose: dict[str, Any], unit: str | None
) -> None:
    (found,) = mapped(administration(dosage={"dose": dose})).row("drug_exposure", "dose_unit_source_value")
    assert (found and found[: len(unit or "")]) == unit
    assert found is None or len(found) == (21 if unit == "text:" else 2)


def test_a_partial_end_is_recorded_as_one(mapped: Any) -> None:
    period = {"start": "2024-01-02", "end": "2024-02"}
    row = mapped(statement(effectiveDateTime=None, effectivePeriod=period)).row("drug_exposure", PERIOD)
    assert row == (date(2024, 1, 2), date(2024, 2, 1), date(2024, 2, 1), "end: precision month")


def test_an_end_some_hours_before_the_start_is_the_start_and_says_so(mapped: Any) -> None:
    period = {"start": "2024-01-05T23:00:00Z", "end": "2024-01-06T01:00:00+08:00"}
    row = mapped(administration(effectiveDateTime=None, effectivePeriod=period)).row(
        "drug_exposure", "drug_exposure_start_datetime, drug_exposure_end_datetime, derivation"
    )
    assert row == (datetime(2024, 1, 6, 7), datetime(2024, 1, 6, 7), "end: start")


def test_quantity_over_daily_dose(mapped: Any) -> None:
    daily = {
        "timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}},
        "doseAndRate": [{"doseQuantity": {"value": 1, "unit": "capsule"}}],
    }
    found = mapped(
        dispense(id="a", quantity={"value": 28, "unit": "capsule"}, dosageInstruction=[daily]),
        dispense(id="b", quantity={"value": 28, "unit": "box"}, dosageInstruction=[daily]),
        dispense(
            id="c", quantity={"value": 28, "unit": "capsule"}, dosageInstruction=[{**daily, "asNeededBoolean": True}]
        ),
        dispense(
            id="d",
            quantity={"value": 28, "unit": "capsule"},
            dosageInstruction=[{**daily, "asNeededCodeableConcept": {"text": "pain"}}],
        ),
        # 7.000000000000001 days, as a computer divides.
        dispense(
            id="e",
            quantity={"value": 2.1, "unit": "mL"},
            dosageInstruction=[
                {
                    "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
                    "doseAndRate": [{"doseQuantity": {"value": 0.3, "unit": "mL"}}],
                }
            ],
        ),
    )
    assert found.rows("drug_exposure", f"{PERIOD}, quantity") == [
        (date(2024, 1, 2), date(2024, 1, 15), None, "end: quantity / daily dose", 28),
        (date(2024, 1, 2), date(2024, 1, 2), None, "end: start", 28),
        (date(2024, 1, 2), date(2024, 1, 2), None, "end: start", 28),
        (date(2024, 1, 2), date(2024, 1, 2), None, "end: start", 28),
        (date(2024, 1, 2), date(2024, 1, 8), None, "end: quantity / daily dose", 2.1),
    ]


@pytest.mark.parametrize(
    ("unit", "written"),
    [({"unit": "粒"}, "粒"), ({"unit": "Capsules"}, "Capsules"), ({"code": "CAP"}, "CAP"), ({"unit": "某某"}, "text:")],
)
def test_a_number_of_capsules_keeps_its_word(mapped: Any, unit: dict[str, str], written: str) -> None:
    (found,) = mapped(dispense(quantity={"value": 28, **unit})).row("drug_exposure", "dose_unit_source_value")
    assert (found[:5] if written == "text:" else found) == written


def test_a_supply_in_words(mapped: Any) -> None:
    supplies = {"a": {"unit": "weeks"}, "b": {"unit": "天"}, "c": {}, "d": {"unit": "boxes"}, "e": {"code": "boxes"}}
    found = mapped(*(dispense(id=name, daysSupply={"value": 4, **unit}) for name, unit in supplies.items()))
    assert found.rows("drug_exposure", "days_supply") == [(28,), (4,), (4,), (None,), (None,)]


def test_a_statement_that_goes_on_ends_when_it_began(mapped: Any) -> None:
    row = mapped(statement(status="active", effectiveDateTime=None, effectivePeriod={"start": "2024-01-02"})).row(
        "drug_exposure", PERIOD
    )
    assert row == (date(2024, 1, 2), date(2024, 1, 2), None, "end: start")


def test_a_prescription_without_an_end_is_a_guess(mapped: Any) -> None:
    row = mapped(request()).row("drug_exposure", PERIOD)
    assert row == (date(2024, 1, 2), date(2024, 1, 31), None, "end: start + 29 days")


def test_071_derived_starts(mapped: Any) -> None:
    found = mapped(
        dispense(whenHandedOver=None, whenPrepared="2024-01-02"),
        request(authoredOn=None, dispenseRequest={"validityPeriod": {"start": "2024-01"}}),
    )
    assert found.rows("drug_exposure", "drug_exposure_start_date, derivation") == [
        (date(2024, 1, 2), "date: whenPrepared; end: start"),
        (date(2024, 1, 1), "date: validityPeriod; precision: month; end: start + 29 days"),
    ]


def test_what_was_stopped_was_taken(mapped: Any) -> None:
    reason = {"coding": [{"system": "http://example.org/reason", "code": "progressive-disease-on-scan"}]}
    found = mapped(statement(status="stopped", statusReason=[reason]), statement(id="m2", status="on-hold"))
    assert found.rows("drug_exposure", "stop_reason") == [("progressive-disease-",), (None,)]


def test_sig_is_written_out_for_listed_drugs_only(mapped: Any, con: Any) -> None:
    con.execute(f"INSERT INTO mapping.written_out VALUES ('sig', {ANLOTINIB})")
    dosage = {"dosage": [{"text": "12 mg once daily"}]}
    found = mapped(
        statement(id="a", **dosage),
        statement(id="b", **dosage, medicationCodeableConcept={"text": "安罗替尼"}),
    )
    assert found.rows("drug_exposure", "sig") == [(None,), ("12 mg once daily",)]


def test_a_code_with_two_drugs_gives_a_row_for_each(mapped: Any, con: Any) -> None:
    con.execute(
        "INSERT INTO mapping.starter BY NAME SELECT 'ATC' AS vocabulary_id, 'TWO' AS concept_code,"
        f" unnest([{PEMBROLIZUMAB}, {SINTILIMAB}]) AS concept_id, 'Drug' AS domain_id, unnest([1, 2]) AS target_no"
    )
    found = mapped(administration(medicationCodeableConcept=concept(ATC, "TWO")))
    assert found.rows("drug_exposure", "slot, drug_concept_id, drug_source_value") == [
        ("", PEMBROLIZUMAB, "TWO"),
        ("target2", SINTILIMAB, "TWO"),
    ]
