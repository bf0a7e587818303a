"""iRECIST: boundaries, what becomes of unconfirmed progression, iPFS, proportions; RECIST 1.1 does not see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from onco_etl.errors import ConfigurationError
from onco_registry.registry_model import RegistryDefinition
from outcomes.immune_history import lesions, responses, sums
from outcomes.record import LESS, Record, on, rows

# One unit is 0.001 mm: what sums are exact to. The response at the last assessment.
MILLIMETRES = [
    ("t100; 60 t120; 95 t124.999", "iUPD"),
    ("t100; 60 t120; 95 t125", "iCPD"),
    ("t100; 60 t120; 95 t125.001", "iCPD"),
    ("t49.7; 60 t63.3; 95 t68.299", "iUPD"),
    ("t49.7; 60 t63.3; 95 t68.3", "iCPD"),  # in binary floats 68.3 - 63.3 is less than 5
    ("n20; 60 n25; 95 n29.999", "iUPD"),
    ("n20; 60 n25; 95 n30", "iCPD"),
    ("t50 t_250; 60 t120 t_2?; 95 t125 t_20", "iUPD"),  # by how much it grew is not known
    ("t50 t_250; 60 t60 t_260; 95 t125 t_2?", "iCPD"),  # whatever the one that is not measured is
    ("t50 t_250; 60 t60 t_260; 95 t124.999 t_2?", "iUPD"),
    # New target lesions have a sum of their own.
    ("t100; 60 t100 x10; 95 t100 x14.999", "iUPD"),
    ("t100; 60 t100 x10; 95 t100 x15", "iCPD"),
    ("t100; 60 t100 x10 x_210; 95 t100 x12.5 x_212.499", "iUPD"),
    ("t100; 60 t100 x10 x_210; 95 t100 x12.5 x_212.5", "iCPD"),
    ("t100; 60 t100 x10 x_220; 95 t100 x16 x_2?", "iUPD"),
    ("t100; 60 t117 x12; 95 t117 x16", "iUPD"),  # 4 mm of it, and none of the baseline's
    ("t100; 60 t117 x12; 95 t119.999 x14.999", "iUPD"),  # the two sums are never added
    # What is not measurable grows by any measure.
    ("t100; 60 t100 x9.999; 95 t100 x10", "iCPD"),
    ("t100; 60 t100 x9.999; 95 t100 x9.999", "iUPD"),
    ("t100 o30; 60 t100 o40+; 95 t100 o40.001", "iCPD"),
    ("t100 o30; 60 t100 o40+; 95 t100 o40+", "iUPD"),
]


def test_millimetres(immune: Record) -> None:
    for person, (history, _) in enumerate(MILLIMETRES):
        lesions(immune, person, history)
    found = responses(immune)
    assert [(history, found[person].split(", ")[-1]) for person, (history, _) in enumerate(MILLIMETRES)] == MILLIMETRES


# Growth at the day after unconfirmed progression on day 60.
@pytest.mark.parametrize(
    ("day", "late", "last", "not_confirmed"),
    [
        (87, "remains", "iUPD", "grown too early"),
        (88, "remains", "iCPD", None),
        (116, "remains", "iCPD", None),
        (117, "remains", "iUPD", "grown too late"),
        (117, "confirms", "iCPD", None),
        (87, "confirms", "iUPD", "grown too early"),
    ],
)
def test_the_time_of_confirmation(immune: Record, day: int, late: str, last: str, not_confirmed: str | None) -> None:
    rules = immune.registry.response
    assert rules.immune is not None
    changed = replace(rules, immune=replace(rules.immune, late_growth=late))
    immune.registry = replace(immune.registry, response=changed)
    lesions(immune, 1, f"t100; 60 t120; {day} t130")
    results = immune.results()
    assert rows(results.immune_assessment, "assessment_date", "response", "not_confirmed") == [
        (on(60), "iUPD", None),
        (on(day), last, not_confirmed),
    ]
    assert rows(results.best_immune_response, "response", "progression_date", "confirmed_date", "confirmation") == [
        (last, on(60), on(day) if last == "iCPD" else None, not_confirmed or "confirmed")
    ]


def _nothing(_: Record) -> None:
    pass


def _stopped(record: Record) -> None:
    record.visit(1, 200)


# What happens after unconfirmed progression on day 60, with treatment until day 100, and what is told of it.
AFTER: list[tuple[str, Callable[[Record], object], str]] = [
    ("", _nothing, "no later assessment"),
    ("", _stopped, "treatment stopped"),
    ("", lambda record: record.death(1, 116), "death"),
    ("", lambda record: record.death(1, 117), "death"),  # on treatment
    ("", lambda record: record.death(1, 200), "treatment stopped"),
    ("", lambda record: record.drug(1, "delta", 70, 90), "new therapy"),
    ("; 95 t?", _nothing, "not evaluable"),
    ("; 95 t121", _nothing, "no further growth"),
    ("; 95 t?; 130 t121", _nothing, "no further growth"),
    ("; 95 t70", _nothing, "closed by response"),
    ("; 80 t130; 90 t121", _nothing, "no further growth"),
]


@pytest.mark.parametrize(("more", "after", "told"), AFTER)
def test_why_progression_is_not_confirmed(
    immune: Record, more: str, after: Callable[[Record], object], told: str
) -> None:
    lesions(immune, 1, f"t100; 60 t120{more}")
    after(immune)
    found = rows(immune.results().best_immune_response, "confirmation", "confirmed_date", "unconfirmed_date")
    assert found == [(told, None, on(60))]


# A history, the day of a death if there is one, what decides iPFS and PFS, and on which days.
TIMES: list[tuple[str, int | None, tuple[str, int], tuple[str, int]]] = [
    ("t100; 60 t120; 95 t125", None, ("immune_progression", 60), ("progression", 60)),
    ("t100; 60 t120; 95 t120", None, ("immune_progression", 60), ("progression", 60)),
    ("t100; 60 t120", None, ("immune_progression", 60), ("progression", 60)),
    ("t100; 60 t120; 95 t?", 110, ("immune_progression", 60), ("progression", 60)),
    ("t100; 60 t120; 95 t70", None, ("last_adequate_immune_assessment", 95), ("progression", 60)),
    ("t100; 60 t120; 95 t70; 130 t?", 200, ("death", 200), ("progression", 60)),
    ("t100; 60 t120; 95 t70; 160 t84", None, ("immune_progression", 160), ("progression", 60)),
    ("t100; 60 t70; 120 t70", None, ("last_adequate_immune_assessment", 120), ("last_adequate_assessment", 120)),
    ("t100; 60 t?", None, ("no_adequate_assessment", 0), ("no_adequate_assessment", 0)),
]


def test_progression_free_survival(immune: Record) -> None:
    for person, (history, death, _, _) in enumerate(TIMES):
        lesions(immune, person, history)
        if death is not None:
            immune.death(person, death)
    endpoint = immune.relation("endpoint")
    for name, expected in (("ipfs", [story[2] for story in TIMES]), ("pfs", [story[3] for story in TIMES])):
        found = rows(endpoint[endpoint["endpoint"] == name], "decided_by", "decided_on", "time_days")
        assert found == [(decided, on(day), day + 1) for decided, day in expected]


def _estimate(estimates: pd.DataFrame, measure: str, stratum: str = "overall") -> tuple[object, object]:
    ((x, n),) = rows(estimates[(estimates["measure"] == measure) & (estimates["stratum"] == stratum)], "x", "n")
    return x, n


def test_proportions_are_named_apart_and_of_all_patients(immune: Record) -> None:
    histories = (
        "t100; 60 t120; 95 t70", "t100; 60 t120; 95 t125", "t100; 60 t110", "t100; 60 t?", "o=; 60 o=",
        "t100; 60 t120; 95 t120", "t100; 60 t0",
    )  # fmt: skip
    for person, history in enumerate(histories):
        lesions(immune, person, history)
    immune.member(7)
    immune.response(7, 60, "PR")  # an overall response tells no growth
    sums(immune, 8, "100; 60 120; 95 110")
    found = immune.results().estimate
    assert {measure: _estimate(found, measure) for measure in ("iorr", "idcr", "orr", "dcr")} == {
        "iorr": (2, 9),
        "idcr": (5, 9),
        "orr": (2, 9),
        "dcr": (4, 9),
    }
    told = ("icr", "ipr", "isd", "non-icr/non-iupd", "icpd", "iupd", "ne")
    assert [_estimate(found, f"ibor_{response}")[0] for response in told] == [1, 1, 2, 1, 1, 1, 2]
    assert [_estimate(found, name) for name in ("iupd_any", "iupd_confirmed", "iupd_closed_by_response")] == [
        (4, 9),
        (1, 9),
        (2, 9),
    ]
    assert _estimate(found, "iorr_by_source", "source=lesions") == (2, 9)
    assert _estimate(found, "idcr_by_source", "source=sums") == (1, 9)


def test_one_source_in_declared_order_that_tells_growth(immune: Record) -> None:
    sums(immune, 1, "100; 60 120; 95 70")
    for day, size in ((0, 100), (60, 120), (95, 126)):
        immune.lesion(1, day, "a", size, role="target")
    immune.response(1, 60, "CR")
    results = immune.results()
    assert rows(results.best_immune_response, "source", "chosen", "response") == [
        ("lesions", False, "iCPD"),
        ("sums", True, "iPR"),
    ]
    assert rows(results.best_response, "source", "response") == [("recorded", "CR")]


def test_new_lesions_have_a_sum_apart(immune: Record) -> None:
    lesions(immune, 1, "t100; 60 t100 x12 x_2=; 95 t100 x13 x_2=; 130 t100 x? x_2=")
    found = rows(immune.results().immune_assessment, "sum_mm", "new_lesions", "new_sum_mm")
    assert found == [(100.0, 2, 12.0), (100.0, 2, 13.0), (100.0, 1, None)]


@pytest.mark.parametrize(
    ("later", "response"),
    [
        # Named new, of no size and no state; and a node that is none.
        ({"x": {}, "y": {}}, "iCPD"),
        ({"x": {}, "n": {"axis": 8, "operator": LESS}}, "iUPD"),
    ],
)
def test_more_new_lesions_confirm_whatever_is_known_of_them(
    immune: Record, later: dict[str, dict[str, Any]], response: str
) -> None:
    immune.member(1)
    immune.lesion(1, -5, "a", 30, role="target")
    for day, new in ((50, {"x": {}}), (90, later)):
        immune.lesion(1, day, "a", 30)
        for name, known in new.items():
            immune.lesion(1, day, name, role="new", **known)
    assert responses(immune)[1].split(", ") == ["iUPD", response]


def test_five_new_lesions_are_measured(immune: Record) -> None:
    lesions(immune, 1, "t100; 60 t100 x11 x_212 x_313 x_414 x_515 x_69; 95 t100 x11 x_212 x_313 x_414 x_515 x_616")
    lesions(immune, 2, "t100; 60 t100 x11 x_212 x_313 x_414 x_515 x_616; 95 t100 x11.1 x_212 x_313 x_414 x_515 x_616")
    found = rows(immune.results().immune_assessment, "subject_id", "response", "new_lesions", "new_sum_mm")
    assert found == [
        (1, "iUPD", 6, 65.0),
        (1, "iCPD", 6, 65.0),  # the one that is not measurable has grown
        (2, "iUPD", 6, 70.0),  # the five largest
        (2, "iCPD", 6, 70.0),  # the sixth has grown
    ]


def test_best_response_ends_before_other_therapy(immune: Record) -> None:
    for person in (1, 2):
        lesions(immune, person, "t100; 60 t120; 95 t70")
    immune.drug(1, "delta", 80, 90)
    immune.procedure(2, 95)
    assert rows(immune.results().best_immune_response, "response", "response_date") == [("iUPD", on(60))] * 2


def test_an_assessment_of_several_days_is_dated_by_what_it_shows(immune: Record) -> None:
    immune.member(1)
    for day, size in ((0, 50), (60, 60), (95, 40)):
        immune.lesion(1, day, "a", size, role="target")
        immune.lesion(1, day + (day > 0), "b", size, role="target")
    assert rows(immune.results().immune_assessment, "assessment_date", "response") == [
        (on(60), "iUPD"),
        (on(96), "iSD"),
    ]


def test_recist_does_not_see_the_layer(immune: Record, registry: RegistryDefinition) -> None:
    for person, (history, _) in enumerate(MILLIMETRES):
        lesions(immune, person, history)
    for person, (history, death, _, _) in enumerate(TIMES, start=len(MILLIMETRES)):
        lesions(immune, person, history)
        if death is not None:
            immune.death(person, death)
    having = immune.results().frames()
    immune.registry = registry
    without = immune.results().frames()
    assert without["immune_assessment"].empty
    assert without["best_immune_response"].empty
    assert not having["immune_assessment"].empty
    for name in ("best_response", "best_by_source", "assessment", "target_sum", "response_query", "attrition"):
        pd.testing.assert_frame_equal(having[name], without[name])
    measured = having["estimate"]["measure"].str.startswith(("ipfs_", "iorr", "idcr", "ibor_", "iupd_"))
    pd.testing.assert_frame_equal(having["estimate"][~measured].reset_index(drop=True), without["estimate"])
    own = having["endpoint"]["endpoint"] == "ipfs"
    pd.testing.assert_frame_equal(having["endpoint"][~own].reset_index(drop=True), without["endpoint"])


def test_the_first_unconfirmed_progression_is_the_first_of_recist(immune: Record) -> None:
    for person, (history, _) in enumerate(MILLIMETRES):
        lesions(immune, person, history)
    results = immune.results()
    pfs = results.endpoint.query("endpoint == 'pfs' and decided_by == 'progression'")
    assert len(pfs) == len(MILLIMETRES)
    assert rows(results.best_immune_response.query("unconfirmed_date.notna()"), "subject_id", "unconfirmed_date") == (
        rows(pfs, "subject_id", "decided_on")
    )


@pytest.mark.parametrize(
    ("replaced", "message"),
    [
        (
            [("endpoints: [pfs, ", "endpoints: [pfs, ipfs, ")],
            "endpoints: endpoint 'ipfs' needs the section response.immune",
        ),
        (
            [("  local_therapy: local\n", "  local_therapy: local\n  immune: {growth_mm: 5}\n")],
            "response.immune: key 'shrinkage_mm' is missing",
        ),
        (
            [
                (
                    "  local_therapy: local\n",
                    "  local_therapy: local\n  immune: {growth_mm: 5, shrinkage_mm: 5, confirm_from_days: 28,"
                    " confirm_until_days: 27, late_growth: remains}\n",
                )
            ],
            "response.immune.confirm_until_days: ends before confirm_from_days",
        ),
        (
            [
                (
                    "  local_therapy: local\n",
                    "  local_therapy: local\n  immune: {growth_mm: 5, shrinkage_mm: 5, confirm_from_days: 28,"
                    " confirm_until_days: 56, late_growth: confirm}\n",
                )
            ],
            "response.immune.late_growth: unknown rule 'confirm'",
        ),
        (
            [
                ("sources: [recorded, sums, lesions, clinician]", "sources: [recorded, clinician]"),
                (
                    "  local_therapy: local\n",
                    "  local_therapy: local\n  immune: {growth_mm: 5, shrinkage_mm: 5, confirm_from_days: 28,"
                    " confirm_until_days: 56, late_growth: remains}\n",
                ),
            ],
            "response.immune: needs one of the sources sums, lesions: others tell no growth",
        ),
    ],
)
def test_what_is_refused(
    amended: Callable[..., RegistryDefinition], replaced: list[tuple[str, str]], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        amended(*replaced)
