"""What a Consent says of its patient: whether it opts them out, and what is left to somebody to judge."""

from __future__ import annotations

from typing import Any

DENIES, NOT_UNDERSTOOD = "consent-denies", "consent-not-understood"


def concept(code: str) -> dict[str, Any]:
    return {"coding": [{"code": code}]}


def consent(scope: str = "research", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Consent",
        "id": "k1",
        "status": "active",
        "scope": concept(scope),
        "patient": {"reference": "Patient/p1"},
        **more,
    }


def deny(**more: Any) -> dict[str, Any]:
    return {"provision": {"type": "deny", **more}}


# The extract date of these tests is 30 June 2024.
CASES: list[tuple[str, dict[str, Any], str | None]] = [
    ("research denied", consent(**deny()), DENIES),
    ("privacy denied", consent("patient-privacy", **deny()), DENIES),
    ("treatment refused", consent("treatment", **deny()), None),
    ("no resuscitation", consent("adr", **deny()), None),
    ("another scope", consent("local", **deny()), NOT_UNDERSTOOD),
    ("no scope", {**consent(**deny()), "scope": {"text": "research"}}, NOT_UNDERSTOOD),
    ("permitted", consent(provision={"type": "permit"}), None),
    ("nothing said", consent(), None),
    ("withdrawn", consent(status="inactive", **deny()), None),
    ("not yet given", consent(status="proposed", **deny()), None),
    ("another type", consent(provision={"type": "maybe"}), NOT_UNDERSTOOD),
    ("over", consent(**deny(period={"end": "2024-06-29"})), None),
    ("the last day", consent(**deny(period={"end": "2024-06-30"})), DENIES),
    ("to the end of the year", consent(**deny(period={"end": "2024"})), DENIES),
    ("not begun", consent(**deny(period={"start": "2024-07-01"})), None),
    ("begun", consent(**deny(period={"start": "2024-06"})), DENIES),
    ("when", consent(**deny(period={"end": "soon"})), NOT_UNDERSTOOD),
    ("research, by purpose", consent("patient-privacy", **deny(purpose=[{"code": "HRESCH"}])), DENIES),
    ("trials among others", consent(**deny(purpose=[{"code": "TREAT"}, {"code": "CLINTRCH"}])), DENIES),
    ("marketing alone", consent("patient-privacy", **deny(purpose=[{"code": "HMARKT"}])), None),
    ("another purpose", consent(**deny(purpose=[{"code": "HMARKT"}, {"code": "mine"}])), NOT_UNDERSTOOD),
    ("a purpose without a code", consent(**deny(purpose=[{"display": "research"}])), NOT_UNDERSTOOD),
    ("disclosure", consent(**deny(action=[concept("disclose")])), DENIES),
    ("correction alone", consent(**deny(action=[concept("correct")])), None),
    ("another action", consent(**deny(action=[concept("look")])), NOT_UNDERSTOOD),
    ("an action in words", consent(**deny(action=[{"text": "use"}])), NOT_UNDERSTOOD),
    ("one recipient", consent(**deny(actor=[{"role": concept("PRCP")}])), NOT_UNDERSTOOD),
    ("some data", consent(**deny(data=[{"meaning": "instance"}])), NOT_UNDERSTOOD),
    ("a class of data", consent(**deny(**{"class": [{"code": "Observation"}]})), NOT_UNDERSTOOD),
    ("data of a time", consent(**deny(dataPeriod={"start": "2020"})), NOT_UNDERSTOOD),
    ("with exceptions", consent(**deny(provision=[{"type": "permit"}])), NOT_UNDERSTOOD),
    ("permitted but", consent(provision={"type": "permit", "provision": [{"type": "deny"}]}), NOT_UNDERSTOOD),
    ("permitted twice", consent(provision={"type": "permit", "provision": [{"type": "permit"}]}), None),
    ("policy", consent(policyRule=concept("OPTOUT")), DENIES),
    ("category", consent("patient-privacy", category=[concept("OPTOUTE")]), DENIES),
    ("policy and permission", consent(policyRule=concept("OPTOUT"), provision={"type": "permit"}), NOT_UNDERSTOOD),
    ("labelled", consent(meta={"security": [{"code": "V"}]}, **deny()), DENIES),
    (
        "modified",
        consent(provision={"type": "permit", "modifierExtension": [{"url": "u"}]}),
        "unknown-modifier-extension",
    ),
]


def test_what_consents_say(mapped: Any) -> None:
    resources = [{**case, "id": f"k{n}"} for n, (_, case, _) in enumerate(CASES)]
    found = mapped(*resources).reasons
    said = {name: found.get(f"main/Consent/k{n}") for n, (name, _, _) in enumerate(CASES)}
    assert said == {name: expected for name, _, expected in CASES}
