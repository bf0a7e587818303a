"""One change in the FHIR, sent on a third night, changes exactly the cells it must: everything comes from FHIR."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from onco_registry.results import FRAMES
from replica.changes import CELLS, Changes
from replica.nights import Demo, Json, Row, Site, amended

OS = {"os_median", "os_rate_6m", "os_rate_12m"}
PFS = {"pfs_median", "pfs_rate_12w", "pfs_rate_24w", "pfs_rate_6m", "pfs_rate_12m"}
# What all patients have besides: the sensitivities of a partial date of death, and the mean up to a year.
OS_OF_ALL = OS | {"os_earliest_death_median", "os_latest_death_median", "os_rmst_12m"}
PFS_OF_ALL = PFS | {
    "pfs_missed_assessments_median", "pfs_new_therapy_median", "ipfs_median", "rwpfs_median", "pfs_rmst_12m",
}  # fmt: skip
OS_COMPARED = {"os_hazard_ratio", "os_log_rank_p", "os_ph_test_p", "os_rmst_difference_12m"}
PFS_COMPARED = {"pfs_hazard_ratio", "pfs_log_rank_p", "pfs_ph_test_p", "pfs_rmst_difference_12m"}
# Rates and restricted means until a year tell nothing of what comes after it.
AFTER_A_YEAR = {
    "os_median", "os_earliest_death_median", "os_latest_death_median", "pfs_median", "pfs_missed_assessments_median",
    "pfs_new_therapy_median", "ipfs_median", "rwpfs_median", "dor_median", "ttnt_median", "follow_up_median",
}  # fmt: skip
MEDIANS = {"os_median", "pfs_median"}
COMPARED_AFTER_A_YEAR = (OS_COMPARED | PFS_COMPARED) - {"os_rmst_difference_12m", "pfs_rmst_difference_12m"}
CONTRASTS = ("arm=combination vs anlotinib", "arm=combination vs pd1", "line=Third or later vs Second")
OS_ENDPOINTS = {"os", "os_earliest_death", "os_latest_death"}
PFS_ENDPOINTS = {"pfs", "pfs_missed_assessments", "pfs_new_therapy", "ipfs", "rwpfs"}
EXACT = "clopper-pearson"
DRUG_RECORDS = {"MedicationAdministration", "MedicationDispense", "MedicationRequest", "MedicationStatement"}
# What one partial response more or less changes; disease control and clinical benefit it does not.
RESPONSE_MEASURES = (
    "response_pr", "response_sd", "orr_confirmed", "confirmed_response_pr", "confirmed_response_sd", "sd_minimum_35d",
    "sd_minimum_42d", "sd_minimum_56d", "orr_baseline_42d", "secondary_orr_measurable", "secondary_orr_evaluable",
)  # fmt: skip


# The same by iRECIST, of a patient followed by sums.
IMMUNE_ESTIMATES = {
    ("iorr", "overall", EXACT), ("ibor_ipr", "overall", EXACT), ("ibor_isd", "overall", EXACT),
    ("iorr_by_source", "source=sums", EXACT),
}  # fmt: skip


@dataclass(frozen=True)
class Death:
    """A death that was none: the endpoints it decided, two of them, the measures that change, some of their values.

    further: the cells of other tables that change.
    overdue: whose scan is overdue at the cut, now that they live.
    """

    patient: str
    decided: set[str]
    overdue: set[Row]
    endpoints: list[Row]
    measures: dict[str, set[str]]
    estimates: list[Row]
    further: dict[str, set[Row]] = field(default_factory=dict)


DEATHS = [
    Death(
        # Progressed on day 231, died on day 281.
        "p001",
        OS_ENDPOINTS,
        set(),
        [("os", 281, False, "last_known_alive"), ("pfs", 231, True, "progression")],
        {
            # Within the year, after its half.
            "overall": {*OS_OF_ALL, "follow_up_median"} - {"os_rate_6m"},
            **dict.fromkeys(("arm=combination", "line=Second", "subtype=Leiomyosarcoma"), OS - {"os_rate_6m"}),
            **dict.fromkeys(CONTRASTS, OS_COMPARED),
        },
        [
            ("os_median", "log-log", 15, 32, 17.0842, 10.8747, 22.8665),
            ("os_median", "spss-plain", 15, 32, 17.1, 10.4958, 23.7042),
            ("os_rate_6m", "log-log", 1, 32, 0.9677, 0.7923, 0.9954),
            ("os_rate_12m", "log-log", 8, 32, 0.6317, 0.3889, 0.7997),
            ("follow_up_median", "log-log", 17, 32, 15.9671, 9.1335, 22.768),
            ("pfs_median", "log-log", 26, 32, 7.5893, 4.9938, 10.8747),
            ("pfs_median", "spss-plain", 26, 32, 7.6, 3.3116, 11.8884),
        ],
        # Why nothing confirmed the progression is another reason now.
        {"best_immune_response": {("p001", "sums")}, "comparison": {("p001", "combination", "os")}},
    ),
    Death(
        # Died on day 453 without progression; the last scan was on day 409.
        "p006",
        OS_ENDPOINTS | PFS_ENDPOINTS | {"dor", "ttnt"},
        {("p006",)},
        [("os", 453, False, "last_known_alive"), ("pfs", 409, False, "last_adequate_assessment")],
        {
            "overall": AFTER_A_YEAR,
            **dict.fromkeys(("arm=combination", "line=Second", "subtype=Angiosarcoma"), MEDIANS),
            **dict.fromkeys(CONTRASTS, COMPARED_AFTER_A_YEAR),
        },
        [
            ("os_median", "log-log", 15, 32, 17.0842, 10.8747, 22.8665),
            ("os_median", "spss-plain", 15, 32, 17.1, 8.3829, 25.8171),
            ("os_rate_6m", "log-log", 1, 32, 0.9677, 0.7923, 0.9954),
            ("os_rate_12m", "log-log", 9, 32, 0.5984, 0.3641, 0.7703),
            ("follow_up_median", "log-log", 17, 32, 15.9671, 9.1335, 22.768),
            ("pfs_median", "log-log", 25, 32, 7.5893, 4.9938, 10.8747),
            ("pfs_median", "spss-plain", 25, 32, 7.6, 3.3116, 11.8884),
        ],
        {
            "growth_modulation": {("p006",)},
            "comparison": {("p006", "combination", endpoint) for endpoint in ("os", "pfs")},
            # The death competed within 90 days of the last dose, the time of immune-related terms.
            "ae_incidence": {
                (kind, item, related)
                for kind, item in (("group", "immune_related"), ("term", "hypothyroidism"), ("term", "pneumonitis"))
                for related in (False, True)
            },
        },
    ),
]


def test_every_frame_is_compared() -> None:
    assert list(CELLS) == list(FRAMES)


@pytest.mark.parametrize("death", DEATHS, ids=lambda death: death.patient)
def test_deleting_one_death(demo: Demo, site: Site, death: Death) -> None:
    alive = amended(demo.received()["Patient", death.patient])
    del alive["deceasedDateTime"]
    changes = _third_night(site, [alive])
    lists = {"overdue_scan"} if death.overdue else set()
    assert changes.tables() == {
        "estimate", "endpoint", "curve", "completeness", "treatment_window", *lists, *death.further,
    }  # fmt: skip
    # A death less of which source, date and cause are counted.
    assert changes.cells("completeness") == {
        ("deaths_with_cause",), ("deaths_dated_to_the_day",), ("death_source:EHR",),
    }  # fmt: skip
    assert changes.cells("overdue_scan") == death.overdue
    assert changes.cells("treatment_window") == {(death.patient,)}
    assert {table: changes.cells(table) for table in death.further} == death.further
    assert changes.measures() == death.measures
    assert changes.cells("endpoint") == {(death.patient, endpoint) for endpoint in death.decided}
    assert changes.cells("curve") == {(endpoint,) for endpoint in death.decided}
    decided = changes.of_patient(death.patient, "endpoint", "endpoint, time_days, event, decided_by")
    assert [row for row in decided if row[0] in ("os", "pfs")] == death.endpoints
    shown = ("os_median", "os_rate_6m", "os_rate_12m", "follow_up_median", "pfs_median")
    assert changes.estimates("overall", *shown) == death.estimates
    assert changes.estimates("overall", "orr", "dcr") == [
        ("orr", EXACT, 11, 32, 0.3438, 0.1857, 0.5319),
        ("dcr", EXACT, 27, 32, 0.8438, 0.6721, 0.9472),
    ]


def test_changing_the_sum_that_response_comes_from(demo: Demo, site: Site) -> None:
    # No recorded response; sums 118 (baseline), 53, 51, 51, 53 mm. From 70 mm on, 51 mm is stable disease.
    changes = _third_night(site, [_with_sum(demo, "p030-sum-1", 70)])
    strata = (
        "overall", "age_group=18-44", "earlier_exposure=No", "ecog=1", "line=Second", "pd1_agent=Tislelizumab",
        "subtype=Alveolar soft part sarcoma",
    )  # fmt: skip
    # A responder less: the times to and of response have one patient less.
    assert changes.tables() == {
        "estimate", "best_response", "best_by_source", "assessment", "target_sum", "consistency_check", "endpoint",
        "curve", "not_adjudicated", "immune_assessment", "best_immune_response",
    }  # fmt: skip
    assert changes.cells("not_adjudicated") == {("p030", "no_clinician_assessment")}
    assert changes.cells("endpoint") == {("p030", "dor"), ("p030", "ttr")}
    assert changes.cells("estimate") == {
        *(("orr", stratum, EXACT) for stratum in strata),
        ("orr_by_source", "source=sums", EXACT),
        ("orr_confirmed_by_source", "source=sums", EXACT),
        *IMMUNE_ESTIMATES,
        *((measure, "overall", EXACT) for measure in RESPONSE_MEASURES),
        *(
            (measure, "overall", method)
            for measure in ("dor_median", "ttr_median")
            for method in ("log-log", "spss-plain")
        ),
    }
    assert changes.estimates("overall", "orr", "dcr", "response_pr", "response_sd", "response_pd") == [
        ("orr", EXACT, 10, 32, 0.3125, 0.1612, 0.5001),
        ("dcr", EXACT, 27, 32, 0.8438, 0.6721, 0.9472),
        ("response_pr", EXACT, 10, 32, 0.3125, 0.1612, 0.5001),
        ("response_sd", EXACT, 17, 32, 0.5313, 0.3474, 0.7091),
        ("response_pd", EXACT, 5, 32, 0.1563, 0.0528, 0.3279),
    ]
    assert changes.estimates(strata[-1], "orr", "dcr") == [
        ("orr", EXACT, 3, 5, 0.6, 0.1466, 0.9473),
        ("dcr", EXACT, 5, 5, 1.0, 0.4782, 1.0),
    ]
    assert changes.cells("best_response") == {("p030",)}
    columns = "response, response_date::VARCHAR, source, round(best_change, 4)"
    assert changes.of_patient("p030", "best_response", columns) == [("SD", "2021-12-15", "sums", -0.2714)]
    assert changes.cells("best_immune_response") == {("p030", "sums")}
    columns = "response, response_date::VARCHAR, progression_date, confirmation"
    assert changes.of_patient("p030", "best_immune_response", columns) == [("iSD", "2021-12-15", None, None)]
    # The patient's curve of the spider plot moves, all of it: its baseline did.
    assert changes.of_patient("p030", "target_sum", "sum_mm, round(change_from_baseline, 4)") == [
        (51.0, -0.2714),
        (51.0, -0.2714),
        (53.0, -0.2429),
        (53.0, -0.2429),
        (70.0, None),
    ]
    assert {patient for patient, _ in changes.cells("target_sum")} == {"p030"}
    # Two endpoint dates fewer to check.
    assert changes.cells("consistency_check") == {("responses_add_up",), ("no_event_before_index",)}


def test_changing_a_sum_beside_a_recorded_response(demo: Demo, site: Site) -> None:
    # The radiologist's response decides; the sums 110 (baseline), 51, 51 mm show their change and their own rate.
    changes = _third_night(site, [_with_sum(demo, "p032-sum-1", 70)])
    assert changes.tables() == {
        "estimate", "best_response", "best_by_source", "assessment", "target_sum", "not_adjudicated",
        "immune_assessment", "best_immune_response",
    }  # fmt: skip
    # The report says that there is a response, the sums that there is none.
    assert changes.cells("not_adjudicated") == {("p032", "sources_disagree")}
    # By iRECIST the patient has no other source than the sums.
    assert changes.cells("estimate") == {
        *IMMUNE_ESTIMATES,
        ("orr_by_source", "source=sums", EXACT),
        ("orr_confirmed_by_source", "source=sums", EXACT),
    }
    assert changes.estimates("source=sums", "orr_by_source", "dcr_by_source") == [
        ("orr_by_source", EXACT, 10, 32, 0.3125, 0.1612, 0.5001),
        ("dcr_by_source", EXACT, 27, 32, 0.8438, 0.6721, 0.9472),
    ]
    columns = "response, response_date::VARCHAR, source, round(best_change, 4)"
    assert changes.of_patient("p032", "best_response", columns) == [("PR", "2022-02-26", "recorded", -0.2714)]
    assert changes.cells("best_response") == {("p032",)}
    assert changes.cells("target_sum") == {("p032", "2021-12-26"), ("p032", "2022-02-26"), ("p032", "2022-04-14")}


def test_changing_the_sex_of_a_patient(demo: Demo, site: Site) -> None:
    patient = demo.received()["Patient", "p001"]
    other = {"male": "female", "female": "male"}[patient["gender"]]
    changes = _third_night(site, [amended(patient, gender=other)])
    assert changes.tables() == {"baseline"}
    assert changes.cells("baseline") == {("sex", "Female"), ("sex", "Male")}


def test_swapping_a_drug_for_one_outside_the_study(demo: Demo, site: Site) -> None:
    other = {"coding": [{"system": "http://www.whocc.no/atc", "code": "L01EX03", "display": "pazopanib"}]}
    swapped = _with_drug(demo, "p029", "YP0001", other)
    assert len(swapped) == 3
    changes = _third_night(site, swapped)
    assert site.rows(
        "SELECT criterion, excluded, remaining FROM results.attrition WHERE as_of_run = 4 AND cohort = 'anlotinib_pd1'"
        " ORDER BY step"
    ) == [
        ("entered", 0, 368),
        ("anlotinib_exposure", 108, 260),
        ("pd1_exposure", 62, 198),
        ("starts_too_far_apart", 25, 173),
        ("added_later", 30, 143),
        ("not_concurrent", 12, 131),
        ("diagnosis", 36, 95),
        ("metastatic", 26, 69),
        ("adult", 12, 57),
        ("prior_line", 26, 31),
    ]
    # Every rate of the cohort has another denominator; of the strata, only those the patient belongs to change, and
    # the arms that the patient leaves and joins.
    rates = {"orr", "dcr"}
    immune = {"iorr_by_source", "idcr_by_source", "no_baseline_by_source"}
    by_source = {"orr_by_source", "dcr_by_source", "orr_confirmed_by_source", "dcr_confirmed_by_source"}
    measures = changes.measures()
    overall = measures.pop("overall")
    assert {"orr", "dcr", "response_pd", "ae_any", *OS_OF_ALL, *PFS_OF_ALL} <= overall
    # Censored before the first death, the patient weighs nothing in that comparison of survival, in either arm.
    arms = {**dict.fromkeys(CONTRASTS, OS_COMPARED | PFS_COMPARED), "arm=combination vs pd1": PFS_COMPARED}
    assert measures == {
        **dict.fromkeys(("age_group=18-44", "earlier_exposure=No", "ecog=2 and over", "pd1_agent=Camrelizumab"), rates),
        **dict.fromkeys(("line=Second", "subtype=Angiosarcoma"), rates | OS | PFS),
        **dict.fromkeys(("arm=combination", "arm=pd1"), OS | PFS),
        **dict.fromkeys(("source=clinician", "source=recorded"), by_source),
        **dict.fromkeys(("source=lesions", "source=sums"), by_source | immune),
        **arms,
    }
    assert changes.estimates("overall", "orr", "dcr", "response_pd", "ae_related", "pfs_median", "os_median") == [
        ("orr", EXACT, 11, 31, 0.3548, 0.1923, 0.5463),
        ("dcr", EXACT, 27, 31, 0.871, 0.7017, 0.9637),
        ("response_pd", EXACT, 4, 31, 0.129, 0.0363, 0.2983),
        ("ae_related", EXACT, 29, 31, 0.9355, 0.7858, 0.9921),
        ("pfs_median", "log-log", 25, 31, 8.115, 4.9938, 11.1047),
        ("pfs_median", "spss-plain", 25, 31, 8.1, 2.7368, 13.4632),
        ("os_median", "log-log", 16, 31, 14.883, 10.8747, 22.8665),
        ("os_median", "spss-plain", 16, 31, 14.9, 8.3573, 21.4427),
    ]
    names = ("cohort", "best_response", "endpoint", "adverse_event", "on_treatment")
    gone = {table: changes.cells(table) for table in names}
    assert gone == {
        "cohort": {("p029",)},
        "best_response": {("p029",)},
        "endpoint": {("p029", endpoint) for endpoint in OS_ENDPOINTS | PFS_ENDPOINTS | {"ttd_any", "ttd_all", "ttnt"}},
        "adverse_event": {("p029", "fever")},
        "on_treatment": {("p029",)},
    }
    of_one = ("treatment_window", "growth_modulation", "dose", "best_immune_response", "comparison")
    assert {patient for table in of_one for patient, *_ in changes.cells(table)} == {"p029"}
    # Of another number of patients is every count and rate of safety.
    for table in ("safety_table", "ae_table", "ae_rate", "ae_incidence"):
        assert changes.cells(table) == changes.all_cells(table)
    unchanged = {
        "response_query", "immune_event", "laboratory_grade", "laboratory_table", "laboratory_not_evaluable",
        "safety_query", "cohort_definition", "added_later", "overdue_scan", "not_adjudicated",
    }  # fmt: skip
    assert changes.tables() == set(CELLS) - unchanged
    assert changes.of_patient("p029", "endpoint", "*") == []


def test_swapping_a_drug_for_another_of_its_class(demo: Demo, site: Site) -> None:
    other = {"coding": [{"system": "http://hospital.example.org/codes/drug", "code": "YP0101"}], "text": "信迪利单抗"}
    swapped = _with_drug(demo, "p027", "L01FF01", other)
    assert len(swapped) == 5
    changes = _third_night(site, swapped)
    assert changes.tables() == {"estimate", "consistency_check", "dose"}
    assert changes.cells("dose") == {("p027", "pd1")}
    assert changes.cells("estimate") == {
        ("orr", "pd1_agent=Nivolumab", EXACT),
        ("dcr", "pd1_agent=Nivolumab", EXACT),
        ("orr", "pd1_agent=Sintilimab", EXACT),
        ("dcr", "pd1_agent=Sintilimab", EXACT),
        # Of this agent the planned dose is declared, of the other it is not.
        ("dose_started_lower:pd1", "overall", EXACT),
        ("dose_intensity_median:pd1", "overall", "quartiles"),
    }
    assert changes.estimates("pd1_agent=Nivolumab", "orr", "dcr") == []
    assert changes.estimates("pd1_agent=Sintilimab", "orr", "dcr") == [
        ("orr", EXACT, 4, 18, 0.2222, 0.0641, 0.4764),
        ("dcr", EXACT, 14, 18, 0.7778, 0.5236, 0.9359),
    ]
    # Two proportions fewer to check.
    assert changes.cells("consistency_check") == {("percentages_from_counts",), ("intervals_hold_estimates",)}


def _third_night(site: Site, resources: list[Json]) -> Changes:
    site.send(resources)
    site.recompute()
    return Changes(site)


def _with_sum(demo: Demo, observation: str, millimetres: int) -> Json:
    measured = demo.received()["Observation", observation]
    return amended(measured, valueQuantity={**measured["valueQuantity"], "value": millimetres})


def _with_drug(demo: Demo, patient: str, code: str, other: Json) -> list[Json]:
    """The patient's records of the drug of this code, each with the other drug in its place."""
    return [
        amended(resource, medicationCodeableConcept=other)
        for (kind, _), resource in demo.received().items()
        if kind in DRUG_RECORDS
        and resource["subject"] == {"reference": f"Patient/{patient}"}
        and code in {coding["code"] for coding in resource["medicationCodeableConcept"].get("coding", [])}
    ]
