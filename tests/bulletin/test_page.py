"""The page: every section, accessible figures, the document's numbers, nothing from outside."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pandas as pd

from onco_registry.bulletin.document import build
from onco_registry.bulletin.meta import BulletinMeta
from onco_registry.bulletin.page import render
from onco_registry.bulletin.statement import say

Frames = dict[str, pd.DataFrame]


def test_same_document_same_text(document: dict[str, Any], frames: Frames, meta: BulletinMeta) -> None:
    assert render(document) == render(build(frames, meta))


def test_every_section_has_its_heading(page: Any) -> None:
    sections = [attributes for attributes in page.all("section") if "id" in attributes]
    assert [attributes["id"] for attributes in sections] == [
        "patients", "baseline", "response", "survival", "safety", "completeness", "checks", "methods", "worklist",
        "abbreviations",
    ]  # fmt: skip
    assert all(page.texts[attributes["aria-labelledby"]] for attributes in page.all("section"))


def test_headline_box(frames: Frames, meta: BulletinMeta, parse: Callable[[str], Any]) -> None:
    page = parse(render(build(frames, dataclasses.replace(meta, patients=10))))
    assert page.texts["headline-orr"] == (
        "Objective response rate CR + PR 37.5% 95% CI 8.5–75.5 exact (Clopper–Pearson)"
    )
    assert page.texts["headline-os_median"] == "Median overall survival not reached 95% CI 6.1–not reached log–log"
    assert page.texts["headline-patients"] == "10"
    assert page.texts["headline-pfs_median-events"] == "5"
    assert page.texts["headline-os_median-events"] == "2"
    assert page.texts["headline-follow-up"] == "12.5 months"
    assert "3 of 8 patients responded (37.5%; 95% CI 8.5–75.5)." in page.texts["results"]
    assert "Not for individual treatment decisions." in page.texts["results"]


def test_the_head_says_of_several_sources_how_many_responses_each_gave(
    frames: Frames, meta: BulletinMeta, parse: Callable[[str], Any]
) -> None:
    document = build(frames, dataclasses.replace(meta, patients=10))
    codes = ("PR", "SD", "PR", "CR")
    document["response"]["by_source"] = [
        {"response": code, "source": source, "x": x}
        for code, source, x in zip(codes, ("recorded", "recorded", "sums", "clinician"), (3, 4, 1, 0), strict=True)
    ]
    assert parse(render(document)).texts["headline-sources"] == "recorded response in 7, lesion sums in 1"
    document["response"]["by_source"] = document["response"]["by_source"][:2]
    assert "headline-sources" not in parse(render(document)).texts


def test_small_cohorts_give_counts_but_no_estimates_in_the_head(page: Any) -> None:
    assert page.texts["headline-orr"] == "Objective response rate CR + PR 3/8"
    assert page.texts["headline-pfs_median"] == "Median progression-free survival –"
    assert "headline-follow-up" not in page.texts
    assert "Too few patients (8) for estimates." in page.texts["results"]
    assert "patients responded" not in page.texts["results"]


def test_a_curve_with_few_at_risk_is_not_drawn(frames: Frames, meta: BulletinMeta, parse: Callable[[str], Any]) -> None:
    frames["curve"] = frames["curve"][(frames["curve"]["endpoint"] == "pfs") & (frames["curve"]["at_risk"] < 5)]
    page = parse(render(build(frames, dataclasses.replace(meta, patients=1))))
    assert page.texts["not-drawn-pfs"] == "Fewer than 5 at risk: not drawn."
    assert not any(attributes["aria-labelledby"].startswith("km-") for attributes in page.all("svg"))
    assert page.tables["table-decided-pfs"][0] == ["Progression", "Event", "2"]
    assert "The denominator is the whole cohort (1 patient)" in page.texts["response"]


def test_head_and_foot_say_what_the_numbers_rest_on(document: dict[str, Any], page: Any) -> None:
    assert "<span>Data as received up to run 42</span>" in render(document)
    assert page.texts["headline-heading"] == "At a glance"
    assert "the hash covers data cut and run, definitions, mappings" in render(document)


def test_attrition_table(page: Any) -> None:
    assert page.tables["table-attrition"][1:] == [
        ["Both drugs started", "12", "20"],
        ["Diagnosis <declared> & dated", "12", "8"],
        ["Adult at index", "0", "8"],
    ]


def test_response_table(page: Any) -> None:
    # The method stands in its own column, and once more under the interval for phones.
    exact = "exact (Clopper–Pearson)"
    assert page.tables["table-response"][1:] == [
        ["Objective response rate CR + PR", "3/8", "37.5%", f"8.5–75.5 {exact}", exact],
        ["Disease control rate CR + PR + SD + non-CR/non-PD", "6/8", "75.0%", f"34.9–96.8 {exact}", exact],
        ["Complete response CR", "0/8", "0.0%", f"0.0–36.9 {exact}", exact],
        ["Partial response PR", "3/8", "37.5%", f"8.5–75.5 {exact}", exact],
        ["Stable disease SD", "3/8", "37.5%", f"8.5–75.5 {exact}", exact],
        ["Progressive disease PD", "1/8", "12.5%", f"0.3–52.7 {exact}", exact],
        ["Not evaluable NE", "1/8", "12.5%", f"0.3–52.7 {exact}", exact],
    ]
    assert page.tables["table-source"] == [
        ["Response", "No source", "Recorded response", "Lesion sums"],
        ["Partial response", "0", "2", "1"],
        ["Stable disease", "0", "2", "1"],
        ["Progressive disease", "0", "1", "0"],
        ["Not evaluable", "1", "0", "0"],
        ["All", "1", "5", "2"],
    ]


def test_survival_table(page: Any) -> None:
    spss = "as SPSS prints it, for comparison only"
    assert page.tables["table-survival"][1:] == [
        ["Progression-free survival"],
        ["Median", "5/8", "6.3 months", "2.0–not reached log–log", "log–log"],
        ["Median fewer than 5 at risk at the upper limit", "5/8", "6.3 months", f"1.1–10.0 {spss}", spss],
        ["Alive without progression at 6 months", "2/8", "62.5%", "22.9–86.1 log–log", "log–log"],
        [
            "Alive without progression at 12 months fewer than 5 at risk",
            "5/8",
            "25.0%",
            "3.7–55.8 log–log",
            "log–log",
        ],
        ["Overall survival"],
        ["Median", "2/8", "not reached", "6.1–not reached log–log", "log–log"],
        [
            "Median follow-up, reverse Kaplan–Meier: censorings count as events",
            "6/8",
            "12.5 months",
            "8.0–14.0 log–log",
            "log–log",
        ],
    ]


def test_rates_of_an_endpoint_of_several_words(document: dict[str, Any], parse: Callable[[str], Any]) -> None:
    entry = document["survival"][0]
    for row in entry["estimates"]:
        row["measure"] = row["measure"].replace("pfs_", "ttd_any_")
    entry["endpoint"] = "ttd_any"
    page = parse(render(document))
    rows = page.tables["table-survival"][2:6]
    assert [row[0] for row in rows] == [
        "Median",
        "Median fewer than 5 at risk at the upper limit",
        "Still on both drugs at 6 months",
        "Still on both drugs at 12 months fewer than 5 at risk",
    ]


def test_days_are_those_that_the_registry_declares(frames: Frames, meta: BulletinMeta) -> None:
    facts = {
        "response": [say("response_days", baseline=21, stable=35), say("response_confirmed", days=30)],
        "safety": [say("safety", days=14, extended=60, kind="Immune-related")],
    }
    page = render(build(frames, dataclasses.replace(meta, facts=facts)))
    assert "Baseline at most 21 days before the index date; stable disease at least 35 days after it.</dd>" in page
    assert (
        "until 14 days after the last (60 days if serious or immune-related)"
        in page.partition('id="table-safety"')[2].partition("</p>")[0]
    )
    assert "a declared number of days after the last" in render(build(frames, meta))


def test_safety_tables(page: Any) -> None:
    assert page.tables["table-safety"] == [
        ["", "Any cause", "Treatment-related"],
        ["x/n", "Rate (95% CI)", "x/n", "Rate (95% CI)"],
        ["Any adverse event", "7/8", "87.5% (47.4–99.7)", "6/8", "75.0% (34.9–96.8)"],
        ["Worst grade 1–2", "–", "–", "–", "–"],
        ["Worst grade 3–4", "2/8", "25.0% (3.2–65.1)", "1/8", "12.5% (0.3–52.7)"],
        ["Worst grade 5", "–", "–", "–", "–"],
    ]
    assert (
        "Treatment-emergent: from the first dose until a declared number of days after the last."
        in page.texts["safety"]
    )
    assert page.tables["table-terms"][2:] == [
        ["Rash", "3 (38%)", "0", "1 (13%)", "0", "0", "0", "4 (50%)", "1 (13%)", "1 (13%)"],
        ["Cough", "2 (25%)", "0", "0", "0", "0", "1 (13%)", "3 (38%)", "1 (13%)", "0"],
    ]


def test_where_all_events_are_graded_there_is_no_column_for_those_that_are_not(
    document: dict[str, Any], parse: Callable[[str], Any]
) -> None:
    del document["safety"]["terms"][1]
    assert parse(render(document)).tables["table-terms"][1:] == [
        ["Grade 1", "Grade 2", "Grade 3", "Grade 4", "Grade 5", "All", "All", "≥3"],
        ["Rash", "3 (38%)", "0", "1 (13%)", "0", "0", "4 (50%)", "1 (13%)", "1 (13%)"],
    ]


def test_a_reason_that_is_not_known_has_no_interval(document: dict[str, Any], parse: Callable[[str], Any]) -> None:
    row = {"change": "discontinued_reason", "label": "Anlotinib", "x": 3, "n": 8, "estimate": 0.375, "lower": 0.085}
    row |= {"upper": 0.755, "unit": "proportion", "ci_level": 0.95, "ci_method": "clopper-pearson"}
    document["safety"]["doses"] = [{**row, "reason": reason} for reason in ("Toxicity", "Not recorded")]
    assert [cells[1:] for cells in parse(render(document)).tables["table-doses"][2:]] == [
        ["3/8", "37.5%", "8.5–75.5 exact (Clopper–Pearson)", "exact (Clopper–Pearson)"],
        ["3/8", "37.5%", "–", "–"],
    ]


def test_the_list_of_overdue_scans_marks_who_was_not_seen_since(
    document: dict[str, Any], parse: Callable[[str], Any]
) -> None:
    due = {"last_assessment_date": "2024-01-10", "due_date": "2024-03-06", "days_overdue": 117}
    contacts = {7: "2024-03-06", 8: "2024-03-05", 9: None}
    document["worklist"]["overdue_scan"] = [
        {"person_id": person, "last_contact_date": day, **due} for person, day in contacts.items()
    ]
    assert [cells[4] for cells in parse(render(document)).tables["table-overdue"][1:]] == [
        "6 March 2024",
        "5 March 2024 not seen since it was due",
        "– not seen since it was due",
    ]


def test_completeness_and_run(page: Any) -> None:
    assert page.tables["table-completeness"][1:] == [
        ["Sums of target lesions", "7/8", "87.5%"],
        ["Death date complete", "0/0", "–"],
    ]
    assert (page.texts["run-unmapped"], page.texts["run-quarantined"]) == ("14", "3")


def test_failed_checks_are_printed_and_announced(page: Any) -> None:
    assert page.tables["table-checks"][1:] == [
        ["FAILED", "No clinical contact after death", "1 visit after death"],
        ["Passed", "Responses add up to the patients seen at index", "3 + 3 + 1 + 1 = 8"],
    ]
    assert "1 of 2 consistency checks failed." in page.texts["results"]


def test_figures_have_a_title_and_a_description(page: Any) -> None:
    drawings = page.all("svg")
    # Nine figures and two curves, each for wide screens and for phones.
    assert len(drawings) == 22
    for attributes in drawings:
        title, description = attributes["aria-labelledby"].split()
        assert attributes["role"] == "img"
        assert page.texts[title]
        assert page.texts[description]


def test_ids_are_unique_and_references_resolve(page: Any) -> None:
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    wanted = {name for _, attributes in page.tags for name in attributes.get("aria-labelledby", "").split()}
    wanted |= {attributes["href"][1:] for attributes in page.all("a")}
    assert wanted <= set(ids)


def test_nothing_comes_from_outside(document: dict[str, Any], page: Any) -> None:
    html = render(document)
    assert "://" not in html
    assert "@import" not in html
    assert not any(tag in {"script", "img", "iframe", "object"} for tag, _ in page.tags)
    references = [value for _, attributes in page.tags for name, value in attributes.items() if name in {"href", "src"}]
    assert all(value.startswith("#") or value == "data:," for value in references)


def test_fictional_patients_are_announced_on_screen_and_on_every_sheet(
    document: dict[str, Any], frames: Frames, meta: BulletinMeta
) -> None:
    html = render(document)
    assert "Fictional patients." in html
    assert '@top-left { content: "FICTIONAL PATIENTS"; }' in html
    real = render(build(frames, dataclasses.replace(meta, fictional=False)))
    assert "fictional" not in real.partition("<body>")[2].lower()


def test_a_bulletin_without_patients_says_so(
    empty_frames: Frames, meta: BulletinMeta, parse: Callable[[str], Any]
) -> None:
    page = parse(render(build(empty_frames, dataclasses.replace(meta, patients=0))))
    text = page.texts["results"]
    for sentence in (
        "No patient in the cohort yet.",
        "No attrition was recorded.",
        "No response estimate was computed.",
        "No patient has a sum of target lesions after baseline.",
        "No curve was computed.",
        "No adverse event was recorded.",
        "No completeness item was computed.",
        "No check was run.",
    ):
        assert sentence in text
    assert page.all("svg") == []
