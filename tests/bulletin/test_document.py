"""The canonical document: what the frames become, and what never enters it."""

import dataclasses
from datetime import datetime
from typing import Any

import pandas as pd
import pytest
from jsonschema import Draft202012Validator

from onco_registry.bulletin.document import build, canonical, schema, validate
from onco_registry.bulletin.meta import BulletinMeta
from onco_registry.bulletin.page import render
from onco_registry.bulletin.sections.quality import timeliness

Frames = dict[str, pd.DataFrame]


def test_the_published_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(schema())


def test_headline_takes_the_default_interval_method(document: dict[str, Any]) -> None:
    assert document["headline"]["patients"] == 8
    assert document["headline"]["measures"]["pfs_median"] == {
        "stratum": "overall", "measure": "pfs_median", "estimate": 6.25, "lower": 2.04, "upper": None,
        "ci_level": 0.95, "ci_method": "log-log", "x": None, "n": 8, "events": 5, "unit": "months",
    }  # fmt: skip


def test_attrition_keeps_the_cohort_of_the_bulletin(document: dict[str, Any]) -> None:
    assert [(step["step"], step["excluded"], step["remaining"]) for step in document["attrition"]] == [
        (1, 12, 20),
        (2, 12, 8),
        (3, 0, 8),
    ]


def test_waterfall_is_ordered_and_unnamed(document: dict[str, Any]) -> None:
    assert document["response"]["waterfall"] == [
        {"change": 1.34, "response": "PD"},
        {"change": 0.12, "response": "SD"},
        {"change": 0.0, "response": "SD"},
        {"change": -0.1, "response": "SD"},
        {"change": -0.3, "response": "PR"},
        {"change": -0.4, "response": "PR"},
        {"change": -0.55, "response": "PR"},
    ]
    assert document["response"]["without_change"] == 1


def test_responses_by_source(document: dict[str, Any]) -> None:
    counts = {(row["response"], row["source"]): row["x"] for row in document["response"]["by_source"]}
    assert {key: x for key, x in counts.items() if x} == {
        ("PR", "recorded"): 2, ("PR", "sums"): 1, ("SD", "recorded"): 2, ("SD", "sums"): 1,
        ("PD", "recorded"): 1, ("NE", "none"): 1,
    }  # fmt: skip


def test_strata_by_variable_the_largest_first(document: dict[str, Any]) -> None:
    (stratum,) = document["response"]["strata"]
    assert stratum["label"] == "Histological subtype"
    assert [(row["label"], row["x"], row["n"]) for row in stratum["rows"]] == [("Alpha", 2, 5), ("Beta", 1, 3)]


COMPARED = [
    ("both", "arm=both", "pfs_median", 6.0, None, None, 0.95, "log-log", None, 4, 3, "months"),
    ("both", "arm=alone", "pfs_median", 6.0, None, None, 0.95, "log-log", None, 4, 2, "months"),
    ("both", "arm=both vs alone", "pfs_hazard_ratio", 1.0, 0.2, 5.0, 0.95, "cox-efron-wald", None, 8, 5, "ratio"),
    ("both", "arm=both vs alone", "pfs_rmst_difference_12m", 0.5, -1.0, 2.0, 0.95, "rmst", None, 8, 5, "months"),
    # Of the second line one patient is not among those compared.
    ("both", "line=first", "pfs_median", 6.0, None, None, 0.95, "log-log", None, 4, 3, "months"),
    ("both", "line=second", "pfs_median", 6.0, None, None, 0.95, "log-log", None, 4, 2, "months"),
    ("both", "line=first vs second", "pfs_hazard_ratio", 1.0, 0.2, 5.0, 0.95, "cox-efron-wald", None, 7, 5, "ratio"),
]


def test_survival_estimates_in_the_order_of_time(document: dict[str, Any]) -> None:
    pfs, os = document["survival"]
    assert [(row["measure"], row["ci_method"]) for row in pfs["estimates"]] == [
        ("pfs_median", "log-log"),
        ("pfs_median", "spss-plain"),
        ("pfs_rate_6m", "log-log"),
        ("pfs_rate_12m", "log-log"),
    ]
    assert [(row["event"], row["decided_by"], row["x"]) for row in pfs["decided_by"]] == [
        (True, "progression", 2),
        (True, "death", 1),
        (False, "last_adequate_assessment", 1),
    ]
    assert os["endpoint"] == "os"


def test_contrasts_tell_whom_they_compare_and_from_when(frames: Frames, meta: BulletinMeta) -> None:
    estimates = frames["estimate"]
    frames["estimate"] = pd.DataFrame([*estimates.to_numpy().tolist(), *COMPARED], columns=estimates.columns)
    document = build(frames, dataclasses.replace(meta, landmark_days=42))
    by_arm, by_line = document["contrasts"]
    assert (by_arm["landmark_days"], by_line["landmark_days"]) == (42, None)
    assert by_arm["groups"] == [{"label": "Both", "n": 4, "events": 3}, {"label": "Alone", "n": 4, "events": 2}]
    assert by_line["groups"] == []
    page = render(document)
    # Neither arm has five at risk at 12 months, and there is no mean by line.
    assert (by_arm["few_at_risk"], by_line["few_at_risk"]) == (True, False)
    assert "fewer than 5 of a group at risk</span>" in page
    assert '<td class="n" data-label="Events/n">3/4 versus 2/4</td>' in page
    assert "day 42 after the first drug" in page


def test_medians_of_groups_and_further_endpoints_say_where_few_are_at_risk(frames: Frames, meta: BulletinMeta) -> None:
    told = [
        ("both", "arm=both", "pfs_median", 6.0, None, 9.0, 0.95, "log-log", None, 9, 7, "months"),
        ("both", "arm=alone", "pfs_median", 6.0, None, None, 0.95, "log-log", None, 9, 7, "months"),
        ("both", "overall", "dor_median", 4.0, None, 5.0, 0.95, "log-log", None, 9, 7, "months"),
    ]
    curve = [
        ("pfs", "arm=both", 183, 5, 1, 0, 0.5, 0.2, 0.8), ("pfs", "arm=both", 274, 4, 1, 0, 0.4, 0.1, 0.7),
        ("pfs", "arm=alone", 183, 4, 1, 0, 0.5, 0.2, 0.8), ("dor", "overall", 200, 5, 1, 0, 0.5, 0.2, 0.8),
    ]  # fmt: skip
    for name, rows in (("estimate", told), ("curve", curve)):
        frames[name] = pd.DataFrame([*frames[name].to_numpy().tolist(), *rows], columns=frames[name].columns)
    document = build(frames, dataclasses.replace(meta, endpoints=("pfs", "os")))
    (arms,) = document["survival"][0]["strata"]
    assert [(row["label"], row["few_at_risk"]) for row in arms["rows"]] == [("Both", "upper"), ("Alone", "estimate")]
    assert [(row["endpoint"], row["few_at_risk"]) for row in document["further_endpoints"]] == [("dor", None)]
    page = render(document)
    assert page.count("<sup>†</sup>") == page.count("<sup>*</sup>") == 1
    assert "* Fewer than 5 are at risk at the median, † at its upper limit" in page


def test_curve_is_shown_while_five_are_at_risk(document: dict[str, Any]) -> None:
    pfs, os = document["survival"]
    assert (pfs["curve"]["shown_until_days"], os["curve"]["shown_until_days"]) == (190, 430)
    assert [point["time_days"] for point in pfs["curve"]["points"]] == [60, 120, 190, 300, 400]


def test_a_few_lags_have_no_percentile(meta: BulletinMeta) -> None:
    rows = [{"item": "lag_death", "n": n, "median_days": 9.0, "p90_days": 12.0} for n in (4, 5)]
    assert [row["p90_days"] for row in timeliness(rows, meta)] == [None, 12.0]


def test_terms_by_worst_grade_and_in_all_also_without_one(document: dict[str, Any]) -> None:
    assert document["safety"]["terms"] == [
        {
            "term": "Rash", "class": "Skin", "n": 8, "any": [3, 0, 1, 0, 0], "any_total": 4, "any_severe": 1,
            "related": [0, 0, 1, 0, 0], "related_total": 1, "related_severe": 1,
        },
        {
            "term": "Cough", "class": "Airways", "n": 8, "any": [2, 0, 0, 0, 0], "any_total": 3, "any_severe": 0,
            "related": [1, 0, 0, 0, 0], "related_total": 1, "related_severe": 0,
        },
    ]  # fmt: skip
    assert [row["measure"] for row in document["safety"]["related"]] == ["ae_related", "ae_grade_3_4_related"]


def test_failing_checks_come_first_and_all_are_kept(document: dict[str, Any]) -> None:
    checks = document["consistency_checks"]
    assert [(row["label"], row["status"]) for row in checks] == [
        ("No clinical contact after death", "fail"),
        ("Responses add up to the patients seen at index", "pass"),
    ]


def test_no_identifier_of_a_person_or_row(document: dict[str, Any]) -> None:
    # But in the tumour board's lists, which the public edition never has.
    text = canonical({**document, "worklist": None}).decode()
    assert "98700" not in text
    assert "subject_id" not in text
    assert "cdm_row_id" not in text


def test_same_rows_in_another_order_give_the_same_bytes(frames: Frames, meta: BulletinMeta) -> None:
    ordered = {name: frames[name] for name in ("baseline", "completeness", "estimate", "timeliness")}
    shuffled = {name: frame.iloc[::-1] for name, frame in frames.items()} | ordered
    assert canonical(build(shuffled, meta)) == canonical(build(frames, meta))


def test_canonical_bytes_are_sorted_utf8(document: dict[str, Any]) -> None:
    text = canonical({"b": "–", "a": None}).decode()
    assert text == '{\n  "a": null,\n  "b": "–"\n}\n'
    assert canonical(document).startswith(b'{\n  "attrition": [')


def test_courses_are_days_from_the_index_date_without_a_name(document: dict[str, Any]) -> None:
    assert document["response"]["swimmer"] == [
        {
            "response": "PR", "days": 429, "responses": [], "progression": None, "death": None,
            "treatment": [{"component": "drug_a", "label": "Drug a", "from": -1, "to": 429, "ongoing": True}],
        },
        {
            "response": "SD", "days": 119, "progression": None, "death": 119,
            "responses": [{"day": 31, "response": "SD"}, {"day": 59, "response": "SD"}],
            "treatment": [
                {"component": "drug_a", "label": "Drug a", "from": 0, "to": 119, "ongoing": False},
                {"component": "drug_b", "label": "Drug b", "from": 1, "to": 32, "ongoing": False},
            ],
        },
    ]  # fmt: skip
    # A patient with a baseline alone has no line, nor one of whom no change is known.
    assert document["response"]["spider"] == [
        {
            "response": "PR",
            "points": [{"day": -3, "change": 0.0}, {"day": 59, "change": -0.3}, {"day": 120, "change": -0.25}],
        }
    ]


def test_groups_rates_and_curves_of_safety(document: dict[str, Any]) -> None:
    safety = document["safety"]
    assert [(row["kind"], row["label"], row["x"]) for row in safety["groups"]] == [
        ("serious", "Serious", 2),
        ("group", "Skin group", 4),
        # That nobody had it is told, too.
        ("group", "Bleeding", 0),
    ]
    assert [(row["label"], row["events"], row["person_days"]) for row in safety["rates"]] == [
        ("Any", 7, 365),
        ("Skin group", 4, 730),
    ]
    # Curves without any event, and of related events, are not drawn.
    (curve,) = safety["incidence"]
    assert [(point["time_days"], point["incidence"]) for point in curve["points"]] == [(30, 0.25), (60, 0.5)]
    assert [
        (row["baseline_grade"], row["worst_grade"], row["x"], row["x_not_evaluable"]) for row in safety["laboratory"]
    ] == [(0, 2, 5, 2), (None, 1, 2, 1), (None, None, 1, 1)]
    assert (
        "7 patients with a result that could be graded; in 3 of them other results could not be graded; "
        "in 1 more no result could be graded"
    ) in render(document)


def test_baseline_by_variable_with_what_is_missing(document: dict[str, Any]) -> None:
    age, sites = document["baseline"]
    assert (age["label"], age["n"], age["multiple"], sites["multiple"]) == ("Age", 8, False, True)
    assert age["summary"] == {
        "n": 7, "median": 58.0, "lower_quartile": 44.5, "upper_quartile": 66.25, "minimum": 31.0, "maximum": 79.0,
        "unit": "years",
    }  # fmt: skip
    assert [(level["level"], level["x"], level["missing"]) for level in age["levels"]] == [
        ("18-44", 2, False),
        ("45 and over", 5, False),
        ("missing", 1, True),
    ]
    assert sites["summary"] is None


def test_the_lists_of_the_tumour_board(document: dict[str, Any]) -> None:
    assert document["worklist"] == {
        "on_treatment": [
            {
                "person_id": 987001, "components": ["Drug a", "Drug b"], "first_dose_date": "2021-12-31",
                "last_dose_date": "2022-05-28", "last_contact_date": "2022-05-30", "progression_date": "2022-03-01",
                "days_on_treatment": 149,
            }
        ],
        "overdue_scan": [
            {
                "person_id": 987001, "last_assessment_date": "2022-02-04", "due_date": "2022-04-15",
                "days_overdue": 46, "last_contact_date": None,
            }
        ],
        "not_adjudicated": [
            {
                "person_id": 987002, "assessment_date": "2022-03-02", "source": "sums", "response": "PR",
                "reason": "sources_disagree", "other_source": "clinician", "other_response": "SD",
            }
        ],
    }  # fmt: skip


def test_a_query_counts_its_rows(document: dict[str, Any]) -> None:
    assert [(row["query"], row["source"], row["x"]) for row in document["queries"]] == [
        ("laboratory_grade_without_event", "laboratory", 1),
        ("no_baseline", "sums", 2),
    ]


def test_without_rules_of_response_or_safety_there_is_no_such_section(frames: Frames, meta: BulletinMeta) -> None:
    document = build(frames, dataclasses.replace(meta, has_response=False, has_safety=False))
    assert (document["response"], document["safety"]) == (None, None)
    assert list(document["headline"]["measures"]) == ["pfs_median", "os_median", "follow_up_median"]


def test_translations_are_those_of_words_in_the_document(frames: Frames, meta: BulletinMeta) -> None:
    words = {"Histological subtype": "组织学亚型", "Elsewhere": "别处"}
    document = build(frames, dataclasses.replace(meta, translations={"zh": words}))
    assert document["translations"] == {"zh": {"Histological subtype": "组织学亚型"}}


def test_nothing_at_all_is_a_valid_document(empty_frames: Frames, meta: BulletinMeta) -> None:
    document = build(empty_frames, dataclasses.replace(meta, patients=0))
    assert document["headline"]["measures"]["orr"] is None
    assert document["survival"] == []


def test_a_missing_frame_or_column_is_named(frames: Frames, meta: BulletinMeta) -> None:
    with pytest.raises(ValueError, match="needs the frame 'curve'"):
        build({name: frame for name, frame in frames.items() if name != "curve"}, meta)
    with pytest.raises(ValueError, match="'attrition' lacks label"):
        build(frames | {"attrition": frames["attrition"].drop(columns="label")}, meta)


def test_what_the_schema_refuses_is_named(frames: Frames, meta: BulletinMeta, document: dict[str, Any]) -> None:
    frames["consistency_check"]["status"] = "maybe"
    with pytest.raises(ValueError, match=r"consistency_checks\[0\].status: 'maybe'"):
        build(frames, meta)
    with pytest.raises(ValueError, match="Additional properties"):
        validate(document | {"subject_id": 1})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"translations": {"xx": {}}}, "no language 'xx'"),
        ({"computed": datetime(2022, 7, 1)}, "timezone"),
    ],
)
def test_meta_is_refused(meta: BulletinMeta, change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(meta, **change)
