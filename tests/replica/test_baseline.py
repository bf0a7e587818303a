"""The demo's baseline table, completeness and lists against what its generator declares of the 32 patients."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date
from importlib.resources import files
from statistics import median, quantiles

from replica.nights import Demo, Json, Row

REPLICA = [f"p{number:03d}" for number in range(1, 33)]


def level_counts(demo: Demo, variable: str) -> list[Row]:
    return demo.site.rows(
        "SELECT level, x FROM results.baseline WHERE variable = $1 AND kind <> 'summary' AND n = 32 ORDER BY rowid",
        [variable],
    )


def summary(demo: Demo, variable: str) -> Row:
    [row] = demo.site.rows(
        "SELECT x, median, lower_quartile, upper_quartile, minimum, maximum, unit FROM results.baseline "
        "WHERE variable = $1 AND kind = 'summary' AND n = 32",
        [variable],
    )
    return row


def received(demo: Demo, resource_type: str) -> dict[str, list[Json]]:
    """Patient -> the resources of a type, in the order in which they were written."""
    found: dict[str, list[Json]] = {patient: [] for patient in REPLICA}
    for (kind, name), resource in demo.received().items():
        if kind == resource_type and name.split("-")[0] in found:
            found[name.split("-")[0]].append(resource)
    return found


def index_dates() -> dict[str, date]:
    with files("onco_registry.demo").joinpath("replica_32.csv").open(encoding="utf-8") as source:
        return {row["id"].replace("P", "p0"): date.fromisoformat(row["index_date"]) for row in csv.DictReader(source)}


def described(numbers: list[int]) -> tuple[float, ...]:
    lower, _, upper = quantiles(numbers, n=4, method="inclusive")
    return (len(numbers), median(numbers), lower, upper, min(numbers), max(numbers))


def test_variables_in_their_order(demo: Demo) -> None:
    rows = demo.site.rows("SELECT variable FROM results.baseline ORDER BY rowid")
    assert list(dict.fromkeys(rows)) == [
        ("age",), ("sex",), ("histology",), ("grade",), ("metastatic_sites",), ("metastatic_burden",),
        ("metastasis_free_interval",), ("prior_anthracycline",), ("prior_tki",), ("prior_pd1",), ("prior_lines",),
        ("performance_status",),
    ]  # fmt: skip


def test_age_and_sex_are_those_of_the_patient_resources(demo: Demo) -> None:
    patients = {name: resource for name, [resource] in received(demo, "Patient").items()}
    ages = []
    for name, index in index_dates().items():
        born = date.fromisoformat((patients[name]["birthDate"] + "-01-01")[:10])
        ages.append(index.year - born.year - ((index.month, index.day) < (born.month, born.day)))
    assert summary(demo, "age") == (*described(ages), "years")
    bins = Counter("18-44" if age < 45 else "45-64" if age < 65 else "65 and over" for age in ages)
    assert level_counts(demo, "age") == [*sorted(bins.items()), ("missing", 0)]
    sexes = Counter(patient["gender"].capitalize() for patient in patients.values())
    assert level_counts(demo, "sex") == [*sorted(sexes.items()), ("missing", 0)]


def test_subtypes_are_those_of_the_plan(demo: Demo) -> None:
    # Counted in replica_32.csv.
    assert level_counts(demo, "histology") == [
        ("Leiomyosarcoma", 6),
        ("Dedifferentiated liposarcoma", 3),
        ("Synovial sarcoma", 4),
        ("Undifferentiated pleomorphic sarcoma", 2),
        ("Undifferentiated sarcoma", 2),
        ("Alveolar soft part sarcoma", 5),
        ("Angiosarcoma", 2),
        ("Epithelioid sarcoma", 2),
        ("Clear cell sarcoma", 1),
        ("Fibrosarcoma", 1),
        ("Myxofibrosarcoma", 2),
        ("Malignant peripheral nerve sheath tumour", 1),
        ("Pleomorphic rhabdomyosarcoma", 1),
        ("missing", 0),
    ]


def test_no_grade_is_recorded(demo: Demo) -> None:
    assert level_counts(demo, "grade") == [("Grade 1", 0), ("Grade 2", 0), ("Grade 3", 0), ("missing", 32)]


def test_sites_are_those_of_the_plan(demo: Demo) -> None:
    # 22 lung and 4 liver; of three metastatic anywhere and three known by their stage, no site is known.
    sites = level_counts(demo, "metastatic_sites")
    assert [row for row in sites if row[1]] == [
        ("Lung metastases", 22),
        ("Liver metastases", 4),
        ("missing", 6),
    ]
    assert level_counts(demo, "metastatic_burden") == [("1", 26), ("2", 0), ("3 and over", 0), ("missing", 6)]


def test_the_interval_is_from_the_tumour_to_its_spread(demo: Demo) -> None:
    days = []
    for conditions in received(demo, "Condition").values():
        [tumour] = [resource for resource in conditions if "bodySite" in resource]
        onset = date.fromisoformat((tumour["onsetDateTime"] + "-01")[:10])
        spread = [
            date.fromisoformat(resource["onsetDateTime"])
            for resource in conditions
            if any(text in resource["code"]["text"] for text in ("继发", "转移"))
        ]
        days.append((spread[0] - onset).days if spread else 0)
    assert summary(demo, "metastasis_free_interval") == (*described(days), "days")
    late = sum(day >= 365 for day in days)
    assert level_counts(demo, "metastasis_free_interval") == [
        ("Less than 365 days", 32 - late),
        ("365 days or more", late),
        ("missing", 0),
    ]


def test_earlier_treatment_is_that_of_the_plan(demo: Demo) -> None:
    # Every fourth patient has two lines. The fourth of five choices has no anthracycline: patients 3, 8, 13, 18, 23 and
    # 28, of whom 8 and 28 had one in the line before.
    assert level_counts(demo, "prior_lines") == [("1", 24), ("2", 8), ("3 and over", 0)]
    assert level_counts(demo, "prior_anthracycline") == [("Yes", 28), ("No", 4)]
    assert level_counts(demo, "prior_tki") == [("Yes", 0), ("No", 32)]
    assert level_counts(demo, "prior_pd1") == [("Yes", 0), ("No", 32)]


def test_performance_status_is_that_of_two_days_before_index(demo: Demo) -> None:
    scores = Counter[str]()
    for observations in received(demo, "Observation").values():
        first = next(resource for resource in observations if resource["id"].endswith("-ecog-1"))
        scores[str(first.get("valueInteger", first.get("valueQuantity", {}).get("value")))] += 1
    counted = [(level, scores[level]) for level in "01234"]
    assert level_counts(demo, "performance_status") == [*counted, ("missing", 0)]


def test_what_is_complete(demo: Demo) -> None:
    rows = {item: (x, n) for item, x, n in demo.site.rows("SELECT item, x, n FROM results.completeness")}
    # Sixteen deaths, each of a Patient resource, which has no cause.
    assert {item: rows[item] for item in rows if item.startswith("death")} == {
        "deaths_with_cause": (0, 16),
        "deaths_dated_to_the_day": (16, 16),
        "death_source:EHR": (16, 16),
    }
    # Every scan has its sum; lesions are not followed one by one, and no clinician judged.
    assert rows["lesion_measurements"] == rows["clinician_assessment"] == (0, 32)
    assert rows["scans_with_measurements"][0] == rows["scans_with_measurements"][1] > 100


def test_scans_are_42_to_63_days_apart(demo: Demo) -> None:
    [(median_days, p90_days, late, allowed)] = demo.site.rows(
        "SELECT median_days, p90_days, x_late, late_after_days FROM results.timeliness WHERE item = 'scan_interval'"
    )
    assert 42 <= median_days <= p90_days <= 63
    assert (late, allowed) == (0, 84)


def test_of_the_second_night_alone_the_lag_is_known(demo: Demo) -> None:
    # The death of P22; the progression of P14, and that of P07, which was preliminary until then.
    rows = demo.site.rows("SELECT item, n FROM results.timeliness WHERE item LIKE 'lag%' ORDER BY item")
    assert rows == [("lag_assessment", 2), ("lag_death", 1)]


def test_lists_of_the_internal_edition(demo: Demo) -> None:
    patients = demo.site.patients()
    # Who did not live on, as far as is known, after the days that the last dose covers (anlotinib 7 more, a PD-1
    # inhibitor 42 from the infusion): of the seven only P30 was on both, the one who is censored for either drug.
    treated = demo.site.rows(
        "SELECT subject_id, components, last_dose_date, last_contact_date, days_on_treatment FROM results.on_treatment"
    )
    assert [(patients[person], *row) for person, *row in treated] == [
        ("p030", "Anlotinib, PD-1 inhibitor", date(2022, 5, 10), date(2022, 5, 12), 189),
        ("p031", "PD-1 inhibitor", date(2022, 4, 12), date(2022, 5, 10), 128),
        ("p032", "PD-1 inhibitor", date(2022, 4, 9), date(2022, 5, 3), 85),
        ("p025", "PD-1 inhibitor", date(2022, 3, 18), date(2022, 4, 7), 218),
        ("p017", "PD-1 inhibitor", date(2022, 2, 26), date(2022, 3, 12), 365),
        ("p021", "PD-1 inhibitor", date(2022, 1, 23), date(2022, 2, 10), 260),
        ("p029", "PD-1 inhibitor", date(2021, 12, 2), date(2022, 1, 5), 43),
    ]
    # Alive, without progression, last scanned on day 136 and on day 261 (replica_32.csv).
    overdue = demo.site.rows(
        "SELECT subject_id, last_assessment_date, due_date, days_overdue FROM results.overdue_scan"
    )
    assert [(patients[person], *row) for person, *row in overdue] == [
        ("p005", date(2020, 7, 2), date(2020, 8, 27), 642),
        ("p021", date(2022, 1, 24), date(2022, 3, 21), 71),
    ]
    # All partial responses: no clinician's assessment is recorded.
    waiting = demo.site.rows("SELECT subject_id, response, reason FROM results.not_adjudicated ORDER BY subject_id")
    assert [(patients[person], *row) for person, *row in waiting] == [
        (f"p{number:03d}", "PR", "no_clinician_assessment") for number in (1, 2, 5, 6, 12, 17, 19, 21, 25, 30, 32)
    ]
