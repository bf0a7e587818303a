"""Every boundary of every laboratory grade of CTCAE v5.0, in literal numbers: a day of a patient's course for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import duckdb
import pytest

from onco_registry.laboratory import grade_rules
from onco_registry.registry_model import RegistryDefinition
from outcomes.record import Record, on
from outcomes.safety_record import result

U_L = None
GIGA, THOUSAND, G_L, G_DL, MMOL, MG_DL, G_DAY, MG_DAY = 9444, 8848, 8636, 8713, 8753, 8840, 8807, 8909
ANSWERS = {"Negative": 750, "1+": 751, "2+": 752, "3+": 753, "4+": 754}


class Course(NamedTuple):
    """Values with the grade that each has, for one patient with limits and, on the day before treatment, a baseline."""

    term: str
    concept_set: str
    unit: int | None
    low: float | None
    high: float | None
    baseline: float | None
    values: Mapping[int, int] | Mapping[float, int] | Mapping[str, int]


TRANSAMINASE = {40: 0, 40.1: 1, 120: 1, 120.1: 2, 200: 2, 200.1: 3, 800: 3, 800.1: 4}
TRANSAMINASE_ABNORMAL = {149.9: 0, 150: 1, 300: 1, 300.1: 2, 500: 2, 500.1: 3, 2000: 3, 2000.1: 4}
PHOSPHATASE = {100: 0, 100.1: 1, 250: 1, 250.1: 2, 500: 2, 500.1: 3, 2000: 3, 2000.1: 4}
PHOSPHATASE_ABNORMAL = {399.9: 0, 400: 1, 500: 1, 500.1: 2, 1000: 2, 1000.1: 3, 4000: 3, 4000.1: 4}
LIPASE = {60: 0, 60.1: 1, 90: 1, 90.1: 2, 300: 2, 300.1: 3, 3000: 3}

COURSES = [
    Course("Alanine aminotransferase increased", "lab_alanine_aminotransferase", U_L, 7, 40, 30, TRANSAMINASE),
    Course(
        "Alanine aminotransferase increased", "lab_alanine_aminotransferase", U_L, 7, 40, 100, TRANSAMINASE_ABNORMAL
    ),
    # 3 x 33.3 is 99.9, in binary floats a little less: 99.9 would be beyond it.
    Course("Alanine aminotransferase increased", "lab_alanine_aminotransferase", U_L, 7, 33.3, 30, {99.9: 1, 100: 2}),
    # A baseline at its upper limit is normal.
    Course("Alanine aminotransferase increased", "lab_alanine_aminotransferase", U_L, 7, 40, 40, {59: 1, 121: 2}),
    Course("Aspartate aminotransferase increased", "lab_aspartate_aminotransferase", U_L, 7, 40, 30, TRANSAMINASE),
    Course(
        "Aspartate aminotransferase increased", "lab_aspartate_aminotransferase", U_L, 7, 40, 100, TRANSAMINASE_ABNORMAL
    ),
    Course("Alkaline phosphatase increased", "lab_alkaline_phosphatase", U_L, 40, 100, 90, PHOSPHATASE),
    Course("Alkaline phosphatase increased", "lab_alkaline_phosphatase", U_L, 40, 100, 200, PHOSPHATASE_ABNORMAL),
    Course("GGT increased", "lab_gamma_glutamyltransferase", U_L, 5, 100, 90, PHOSPHATASE),
    Course("GGT increased", "lab_gamma_glutamyltransferase", U_L, 5, 100, 200, PHOSPHATASE_ABNORMAL),
    Course(
        "Blood bilirubin increased", "lab_bilirubin", MG_DL, 0.2, 1.1, 0.9,
        {1.1: 0, 1.11: 1, 1.65: 1, 1.66: 2, 3.3: 2, 3.31: 3, 11: 3, 11.01: 4},
    ),
    Course(
        "Blood bilirubin increased", "lab_bilirubin", MG_DL, 0.2, 1.1, 2,
        {1.5: 0, 2: 0, 2.01: 1, 3: 1, 3.01: 2, 6: 2, 6.01: 3, 20: 3, 20.01: 4},
    ),
    # By the limit, and by the baseline where that makes it worse: 1.5 and 3 times 50 are 75 and 150.
    Course(
        "Creatinine increased", "lab_creatinine", MMOL, 40, 100, None,
        {100: 0, 100.1: 1, 150: 1, 150.1: 2, 300: 2, 300.1: 3, 600: 3, 600.1: 4},
    ),
    Course("Creatinine increased", "lab_creatinine", MMOL, 40, 100, 50, {75: 0, 75.1: 2, 150: 2, 150.1: 3, 600.1: 4}),
    Course(
        "CPK increased", "lab_creatine_kinase", U_L, 20, 200, None,
        {200: 0, 200.1: 1, 500: 1, 500.1: 2, 1000: 2, 1000.1: 3, 2000: 3, 2000.1: 4},
    ),
    Course("Lipase increased", "lab_lipase", U_L, 10, 60, None, LIPASE),
    Course("Serum amylase increased", "lab_amylase", U_L, 10, 60, None, LIPASE),
    Course("INR increased", "lab_inr", 8523, None, None, None, {1.2: 0, 1.21: 1, 1.5: 1, 1.51: 2, 2.5: 2, 2.51: 3}),
    Course(
        "Activated partial thromboplastin time prolonged", "lab_aptt", 8555, 25, 36, None,
        {36: 0, 36.1: 1, 54: 1, 54.1: 2, 90: 2, 90.1: 3},
    ),
    Course(
        "Neutrophil count decreased", "lab_neutrophils", GIGA, 1.8, 6.3, None,
        {1.8: 0, 1.79: 1, 1.5: 1, 1.49: 2, 1: 2, 0.99: 3, 0.5: 3, 0.49: 4, 0: 4},
    ),
    Course("Neutrophil count decreased", "lab_neutrophils", THOUSAND, 1.8, 6.3, None, {1.79: 1, 0.49: 4}),
    Course(
        "Platelet count decreased", "lab_platelets", GIGA, 125, 350, None,
        {125: 0, 124: 1, 75: 1, 74.9: 2, 50: 2, 49.9: 3, 25: 3, 24.9: 4},
    ),
    Course(
        "White blood cell decreased", "lab_leukocytes", GIGA, 3.5, 9.5, None,
        {3.5: 0, 3.49: 1, 3: 1, 2.99: 2, 2: 2, 1.99: 3, 1: 3, 0.99: 4},
    ),
    Course(
        "Lymphocyte count decreased", "lab_lymphocytes", GIGA, 1.1, 3.2, None,
        {1.1: 0, 1.09: 1, 0.8: 1, 0.79: 2, 0.5: 2, 0.49: 3, 0.2: 3, 0.19: 4},
    ),
    Course("Lymphocyte count increased", "lab_lymphocytes", GIGA, 1.1, 3.2, None, {4: 0, 4.01: 2, 20: 2, 20.01: 3}),
    Course("Anemia", "lab_hemoglobin", G_L, 115, 150, None, {115: 0, 114: 1, 100: 1, 99.9: 2, 80: 2, 79.9: 3, 20: 3}),
    Course("Anemia", "lab_hemoglobin", G_DL, 11.5, 15, None, {11.5: 0, 11.4: 1, 10: 1, 9.9: 2, 8: 2, 7.9: 3}),
    Course("Anemia", "lab_hemoglobin", MMOL, 7.1, 9.3, None, {7.1: 0, 7: 1, 6.2: 1, 6.1: 2, 4.9: 2, 4.8: 3}),
    Course(
        "Hyponatremia", "lab_sodium", MMOL, 137, 147, None,
        {137: 0, 136: 1, 130: 1, 129: 2, 125: 2, 124: 3, 120: 3, 119: 4},
    ),
    Course(
        "Hypernatremia", "lab_sodium", MMOL, 137, 147, None,
        {147: 0, 148: 1, 150: 1, 150.1: 2, 155: 2, 155.1: 3, 160: 3, 160.1: 4},
    ),
    Course("Hypokalemia", "lab_potassium", MMOL, 3.5, 5.3, None, {3.5: 0, 3.49: 1, 3: 1, 2.99: 3, 2.5: 3, 2.49: 4}),
    Course(
        "Hyperkalemia", "lab_potassium", MMOL, 3.5, 5.3, None,
        {5.3: 0, 5.31: 1, 5.5: 1, 5.51: 2, 6: 2, 6.01: 3, 7: 3, 7.01: 4},
    ),
    Course(
        "Hypocalcemia", "lab_calcium_corrected", MMOL, 2.11, 2.52, None,
        {2.11: 0, 2.1: 1, 2: 1, 1.99: 2, 1.75: 2, 1.74: 3, 1.5: 3, 1.49: 4},
    ),
    Course(
        "Hypocalcemia", "lab_calcium_corrected", MG_DL, 8.5, 10.5, None,
        {8.5: 0, 8.4: 1, 8: 1, 7.9: 2, 7: 2, 6.9: 3, 6: 3, 5.9: 4},
    ),
    Course(
        "Hypercalcemia", "lab_calcium_corrected", MMOL, 2.11, 2.52, None,
        {2.52: 0, 2.53: 1, 2.9: 1, 2.91: 2, 3.1: 2, 3.11: 3, 3.4: 3, 3.41: 4},
    ),
    Course(
        "Hypercalcemia", "lab_calcium_corrected", MG_DL, 8.5, 10.5, None,
        {10.5: 0, 10.6: 1, 11.5: 1, 11.6: 2, 12.5: 2, 12.6: 3, 13.5: 3, 13.6: 4},
    ),
    Course(
        "Hypocalcemia", "lab_calcium_ionized", MMOL, 1.15, 1.29, None,
        {1.15: 0, 1.14: 1, 1: 1, 0.99: 2, 0.9: 2, 0.89: 3, 0.8: 3, 0.79: 4},
    ),
    Course(
        "Hypercalcemia", "lab_calcium_ionized", MMOL, 1.15, 1.29, None,
        {1.29: 0, 1.3: 1, 1.5: 1, 1.51: 2, 1.6: 2, 1.61: 3, 1.8: 3, 1.81: 4},
    ),
    Course(
        "Hypomagnesemia", "lab_magnesium", MMOL, 0.75, 1.02, None,
        {0.75: 0, 0.74: 1, 0.5: 1, 0.49: 2, 0.4: 2, 0.39: 3, 0.3: 3, 0.29: 4},
    ),
    Course(
        "Hypomagnesemia", "lab_magnesium", MG_DL, 1.7, 2.4, None,
        {1.7: 0, 1.69: 1, 1.2: 1, 1.19: 2, 0.9: 2, 0.89: 3, 0.7: 3, 0.69: 4},
    ),
    Course(
        "Hypermagnesemia", "lab_magnesium", MMOL, 0.75, 1.02, None,
        {1.02: 0, 1.03: 1, 1.23: 1, 1.24: 3, 3.3: 3, 3.31: 4},
    ),
    Course("Hypermagnesemia", "lab_magnesium", MG_DL, 1.7, 2.4, None, {2.4: 0, 2.5: 1, 3: 1, 3.1: 3, 8: 3, 8.1: 4}),
    Course("Hypoalbuminemia", "lab_albumin", G_L, 40, 55, None, {40: 0, 39.9: 1, 30: 1, 29.9: 2, 20: 2, 19.9: 3, 5: 3}),
    Course("Hypoalbuminemia", "lab_albumin", G_DL, 4, 5.5, None, {4: 0, 3.9: 1, 3: 1, 2.9: 2, 2: 2, 1.9: 3}),
    Course(
        "Proteinuria", "lab_urine_protein_24h", G_DAY, 0, 0.15, None,
        {0.14: 0, 0.15: 1, 0.99: 1, 1: 2, 3.49: 2, 3.5: 3, 12: 3},
    ),
    Course("Proteinuria", "lab_urine_protein_24h", MG_DAY, 0, 150, None, {149: 0, 150: 1, 999: 1, 1000: 2, 3500: 3}),
    Course(
        "Proteinuria", "lab_urine_protein_dipstick", None, None, None, None,
        {"Negative": 0, "1+": 1, "2+": 2, "3+": 2, "4+": 3},
    ),
]  # fmt: skip


@pytest.fixture(scope="module", name="grades")
def _grades(tables: duckdb.DuckDBPyConnection, registry: RegistryDefinition) -> dict[tuple[int, str, object], object]:
    """(patient, term, day) -> grade of every value of every course."""
    record = Record(tables, registry)
    for person, course in enumerate(COURSES, start=1):
        record.member(person)
        _write(record, person, course)
    frame = record.relation("laboratory_graded")
    keys = zip(frame["person_id"], frame["term"], frame["result_date"], strict=True)
    return dict(zip(keys, frame["grade"], strict=True))


def _write(record: Record, person: int, course: Course) -> None:
    (references,) = record.registry.concept_sets[course.concept_set].groups.values()
    concept = references[0].concept_id
    assert concept is not None
    common = {"unit_concept_id": course.unit, "range_low": course.low, "range_high": course.high}
    if course.baseline is not None:
        result(record, person, concept, -1, course.baseline, **common)
    for day, value in enumerate(course.values, start=1):
        if isinstance(value, int | float):
            result(record, person, concept, day, value, **common)
        else:
            result(record, person, concept, day, None, value_as_concept_id=ANSWERS[str(value)])


@pytest.mark.parametrize("person", range(1, len(COURSES) + 1))
def test_boundaries(grades: dict[tuple[int, str, object], object], person: int) -> None:
    course = COURSES[person - 1]
    found = {value: grades[person, course.term, on(day)] for day, value in enumerate(course.values, start=1)}
    assert found == course.values


def test_every_rule_has_boundaries_here() -> None:
    rules = {(rule.term, rule.concept_set, rule.unit_concept_id) for rule in grade_rules()}
    courses = {(course.term, course.concept_set, course.unit) for course in COURSES}
    # A rule without a unit takes any; of the two spellings of one unit, one is enough.
    assert {rule for rule in rules if rule[2] not in (None, THOUSAND)} <= courses
    assert {rule[:2] for rule in rules} == {course[:2] for course in courses}
