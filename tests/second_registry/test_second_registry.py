"""From FHIR to the second registry's estimates: every number follows from the plan of its fictional patients.

TIMES was worked out from the plan in words at the head of patients.yaml, with a calendar and without the engine: the
index date of patient n is 2018-01-08 + 28 (n - 1) days, a time is the day after it plus 1, and
    OS    odd n: death after 1120 - 26 (n - 1) days; even n: last seen 16 days before 2022-06-30, c20 after 300 days
    TTD   28 days per pack (c30: 56 more), for its last dose is on day 28 packs - 1; those on the drug as OS
    TTNT  15 days after that last dose, so 28 packs + 15 (c30: 56 more); those without a next drug as OS
A plus sign is a time without event. Medians, rates and follow-up were then taken from TIMES by hand, as the fractions
below show: each factor is (at risk - events) / at risk at one event time.
"""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from onco_registry.bulletin.unbroken import JOINER
from onco_registry.definition import load_registry
from onco_registry.survival import DAYS_PER_MONTH
from second_registry.conftest import NAME, Second
from support.real_input import DATA
from support.repository import ROOT

SAMPLE = DATA / "omop-vocabulary-sample/Synthea27Nj_5.4.zip"
FIRST = "anlotinib_pd1_sts"
TIMES = """
    c01   1121    560    575    c02  1591+   1008   1023
    c03   1069    532    547    c04  1535+    980    995
    c05   1017    504    519    c06  1479+    952    967
    c07    965    476    491    c08  1423+    924    939
    c09    913    448    463    c10  1367+    896    911
    c11    861    420    435    c12  1311+    868    883
    c13    809    392    407    c14  1255+    840    855
    c15    757    364    379    c16  1199+    812    827
    c17    705    336    351    c18  1143+    784    799
    c19    653    308    323    c20   301+   301+   301+
    c21    601    280    295    c22  1031+    728    743
    c23    549    252    267    c24   975+    700    715
    c25    497    224    239    c26   919+    672    687
    c27    445    196    211    c28   863+    644   863+
    c29    393    168    183    c30   807+    672    687
    c31    341    140    155    c32   751+    588   751+
    c33    289    112    289    c34   695+   695+   695+
    c35    237     84    237    c36   639+   639+   639+
    c37    185    185    185    c38   583+   583+   583+
    c39    133    133    133    c40   527+   527+   527+
"""


def plan() -> dict[str, tuple[str, ...]]:
    """Patient -> times of OS, TTD and TTNT."""
    words = TIMES.split()
    return {words[start]: tuple(words[start + 1 : start + 4]) for start in range(0, len(words), 4)}


def test_who_is_left_out_and_why(second: Second) -> None:
    assert [tuple(step.values()) for step in second.outcome.attrition] == [
        ("Any record of the registry's disease or drugs", 0, 55),
        ("No CDK4/6 inhibitor taken", 5, 50),
        ("No breast cancer by the index date", 1, 49),
        ("No distant metastasis by the index date", 3, 46),
        ("No hormone receptor found by the index date", 2, 44),
        ("HER2-positive", 2, 42),
        ("Younger than 18 years", 1, 41),
        ("Two prior systemic lines or more", 1, 40),
    ]


def estimates(second: Second, measure: str) -> dict[str, dict[str, Any]]:
    """Stratum -> the row of a measure, of medians with the usual limits."""
    rows: list[dict[Any, Any]] = second.results.estimate.to_dict(orient="records")
    return {row["stratum"]: row for row in rows if row["measure"] == measure and row["ci_method"] == "log-log"}


def test_every_time_is_that_of_the_plan(second: Second) -> None:
    found: dict[str, dict[str, str]] = {}
    for row in second.results.endpoint.to_dict(orient="records"):
        number, rest = divmod((row["start_date"] - date(2018, 1, 8)).days, 28)
        assert rest == 0
        time = f"{row['time_days']}{'' if row['event'] else '+'}"
        found.setdefault(f"c{number + 1:02d}", {})[row["endpoint"]] = time
    assert {patient: tuple(times[name] for name in ("os", "ttd", "ttnt")) for patient, times in found.items()} == plan()


@pytest.mark.parametrize(
    ("measure", "days", "events"), [("os", 1017, 20), ("ttd", 560, 35), ("ttnt", 575, 33), ("follow_up", 1199, 20)]
)
def test_medians(second: Second, measure: str, days: int, events: int) -> None:
    row = estimates(second, f"{measure}_median")["overall"]
    assert (row["n"], row["events"], row["unit"]) == (40, events, "months")
    assert row["estimate"] == pytest.approx(days / DAYS_PER_MONTH)


@pytest.mark.parametrize(
    ("measure", "share"),
    [
        # Deaths at 133, 185, 237, 289; c20 lost; 341.
        ("os_rate_12m", Fraction(36, 40) * Fraction(34, 35)),
        # 393, 445, 497; then 549, 601, 653, 705, each after another was seen last.
        (
            "os_rate_24m",
            Fraction(36, 40)
            * Fraction(31, 35)
            * Fraction(29, 30)
            * Fraction(27, 28)
            * Fraction(25, 26)
            * Fraction(23, 24),
        ),
        ("ttd_rate_6m", Fraction(35, 40)),
        # Ten by 280; c20 lost; 308, 336, 364.
        ("ttd_rate_12m", Fraction(30, 40) * Fraction(26, 29)),
        # Ten by 295; c20 lost; 323, 351.
        ("ttnt_rate_12m", Fraction(30, 40) * Fraction(27, 29)),
        # Eight by 519; c40; 547; 575; c38, c36; two at 687; c34; 715.
        (
            "ttnt_rate_24m",
            Fraction(30, 40)
            * Fraction(21, 29)
            * Fraction(19, 20)
            * Fraction(18, 19)
            * Fraction(14, 16)
            * Fraction(12, 13),
        ),
    ],
)
def test_rates(second: Second, measure: str, share: Fraction) -> None:
    assert estimates(second, measure)["overall"]["estimate"] == pytest.approx(float(share))


@pytest.mark.parametrize(
    ("stratum", "n", "days"),
    [
        # 140, 185, 224, 308, 392, 476, c40 at 527, 560: 8/14 x 6/7.
        ("agent=Palbociclib", 14, 560),
        # 84, 168, 252, c20 at 301, 336, 420, 504, c38 at 583, 588: 10/13 x 6/9 x 4/5.
        ("agent=Ribociclib", 13, 588),
        # 112, 133 (death), 196, 280, 364, 448, 532: 6/13.
        ("agent=Abemaciclib", 13, 532),
    ],
)
def test_discontinuation_by_drug(second: Second, stratum: str, n: int, days: int) -> None:
    row = estimates(second, "ttd_median")[stratum]
    assert (row["n"], row["estimate"]) == (n, pytest.approx(days / DAYS_PER_MONTH))


def test_survival_by_line(second: Second) -> None:
    """Everybody in second line has an even number, and is alive."""
    rows = estimates(second, "os_median")
    assert {label: (row["n"], row["events"]) for label, row in rows.items()} == {
        "overall": (40, 20), "line=First": (30, 20), "line=Second": (10, 0),
    }  # fmt: skip


def test_what_the_registry_does_not_declare_gives_nothing(second: Second) -> None:
    frames = second.results.frames()
    empty = {name for name, frame in frames.items() if frame.empty}
    assert empty == {
        "best_response", "target_sum", "assessment", "best_by_source", "response_query", "comparison", "added_later",
        "growth_modulation", "adverse_event", "ae_table", "safety_table", "ae_rate", "ae_incidence", "immune_event",
        "laboratory_grade", "laboratory_table", "laboratory_not_evaluable", "safety_query", "treatment_window", "dose",
        "baseline", "immune_assessment", "best_immune_response", "timeliness", "overdue_scan", "not_adjudicated",
    }  # fmt: skip
    assert {measure.split("_")[0] for measure in frames["estimate"]["measure"]} == {"os", "ttd", "ttnt", "follow"}
    items = " ".join(frames["completeness"]["item"])
    assert [word for word in ("sum", "assessment", "response", "scan", "adverse") if word in items] == []
    checks = frames["consistency_check"]
    assert set(checks["status"]) == {"pass"}
    assert set(checks["check_name"]) & {
        "responses_add_up", "related_not_more_than_any", "os_not_before_pfs", "percentages_from_counts",
    } == set()  # fmt: skip
    assert {"exclusions_add_up", "subgroups_add_up", "curves_agree_with_times"} <= set(checks["check_name"])


def test_the_bulletin_speaks_of_what_the_registry_follows(second: Second) -> None:
    page = second.outcome.bulletin.read_text(encoding="utf-8").replace(JOINER, "")
    for said in (
        "Median overall survival: 33.4 months (95% CI 24.9–not reached).",
        "Median time to treatment discontinuation: 18.4 months (95% CI 12.9–23.0).",
        'id="headline-ttnt_median"',
        "55 entered − 15 excluded = 40",
        'id="figure-km-ttnt"',
    ):
        assert said in page
    for unsaid in ('id="response"', 'id="safety"', "headline-orr", "waterfall", "RECIST"):
        assert unsaid not in page.partition("</style>")[2]


def test_it_shares_fewer_than_two_concepts_with_the_first() -> None:
    """That a result is negative; nothing of the disease, its drugs or its findings. No endpoint's events are shared."""
    first, own = load_registry(FIRST), load_registry(NAME)
    concepts = [
        {reference for sets in registry.concept_sets.values() for group in sets.groups.values() for reference in group}
        for registry in (first, own)
    ]
    assert {reference.concept_id for reference in concepts[0] & concepts[1]} == {9189}
    assert set(own.endpoints) == {"os", "ttd", "ttnt"}
    assert {own.events[event].kind for endpoint in own.endpoints.values() for event in endpoint.events} == {
        "death", "stopped", "new_therapy",
    }  # fmt: skip


def test_every_code_has_the_id_that_the_sample_of_a_vocabulary_gives() -> None:
    """The starter maps' rows of this registry's concepts, where the sample is at hand."""
    if not SAMPLE.is_file():
        pytest.skip(f"{SAMPLE.name} is not here")
    with zipfile.ZipFile(SAMPLE).open("CONCEPT.csv") as concept:
        rows = list(csv.DictReader(io.TextIOWrapper(concept, encoding="utf-8")))
    sample = {(row["vocabulary_id"], row["concept_code"]): (row["concept_id"], row["domain_id"]) for row in rows}
    sets = load_registry(NAME).concept_sets.values()
    ids = {str(reference.concept_id) for one in sets for group in one.groups.values() for reference in group}
    checked = []
    for name in ("drugs", "diagnoses", "measurements"):
        with (ROOT / f"mappings/concepts/{name}.csv").open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                if row["concept_id"] in ids - {"9189"}:
                    own = (row["vocabulary_id"], row["concept_code"])
                    assert sample[own] == (row["concept_id"], row["domain_id"])
                    checked.append(row["concept_id"])
    assert sorted(checked) == sorted(ids - {"9189", "None"})
