"""Documents that are hard to draw: a single patient, two hundred, long labels in both scripts, withheld counts."""

from typing import Any

Document = dict[str, Any]

RESPONSES = ("CR", "PR", "SD", "NON-CR/NON-PD", "PD", "NE")

LONG = "Malignant tumour of uncertain differentiation with a pneumonoultramicroscopicsilicovolcanoconiotic part"
HAN = "既往接受过含蒽环类药物方案一线治疗后疾病进展且未再接受其他系统性抗肿瘤治疗的患者（不含辅助治疗）"


def rate(x: int | None, n: int | None, label: str = "", measure: str = "orr") -> dict[str, Any]:
    known = x is not None and n
    return {
        "measure": measure, "stratum": "overall", "estimate": x / n if x is not None and n else None,
        "lower": 0.0123 if known else None, "upper": 0.9877 if known else None, "ci_level": 0.95,
        "ci_method": "clopper-pearson", "x": x, "n": n, "events": None, "unit": "proportion", "label": label,
    }  # fmt: skip


def median(endpoint: str, months: float | None, events: int, n: int) -> dict[str, Any]:
    limits = {"lower": None, "upper": None, "ci_level": 0.95, "ci_method": "log-log", "unit": "months"}
    return {"measure": f"{endpoint}_median", "estimate": months, "events": events, "n": n, "x": None, **limits}


def curve(endpoint: str, points: list[tuple[float, int, int, int, float]], months: float | None = None) -> Document:
    events, n = sum(point[2] for point in points), points[0][1]
    names = ("time_days", "at_risk", "events", "censored", "survival")
    last = max((point[0] for point in points if point[1] >= 5), default=0)
    return {
        "endpoint": endpoint, "label": LONG, "decided_by": [], "estimates": [median(endpoint, months, events, n)],
        "curve": {
            "shown_until_days": last, "grid_days": None,
            "points": [
                {**dict(zip(names, point, strict=True)), "lower": max(0.0, point[4] - 0.1), "upper": point[4]}
                for point in points
            ],
        },
    }  # fmt: skip


def incidence(kind: str, label: str, n: int, days: int) -> Document:
    points = [
        {
            "time_days": days * step, "at_risk": n - step, "events": 1, "competing": 0, "censored": 0,
            "incidence": step / n, "lower": 0.8 * step / n, "upper": min(1.0, 1.2 * step / n),
        }
        for step in range(1, min(n, 30))
    ]  # fmt: skip
    shown = max((point["time_days"] for point in points if point["at_risk"] >= 5), default=0)
    return {"kind": kind, "item": label, "label": label, "shown_until_days": shown, "points": points}


def swimmer(index: int, components: list[str]) -> Document:
    days = 40 + 37 * index % 1900
    parts = [
        {
            "component": name,
            "label": name,
            "from": -40 if index % 3 else 0,
            "to": days + 90 * (index % 7) - 9,
            "ongoing": not index % 4,
        }
        for name in components
    ]
    return {
        "response": RESPONSES[index % 6] if index % 7 else None, "days": days, "treatment": parts,
        "responses": [{"day": days // 3, "response": RESPONSES[index % 6]}, {"day": days // 2, "response": "PD"}],
        "progression": days // 2 if index % 2 else None, "death": days if index % 3 == 1 else None,
    }  # fmt: skip


def document(**parts: Any) -> Document:
    empty = {
        "bulletin": {"edition": "internal"},
        "headline": {"patients": 0, "measures": {"orr": None}},
        "attrition": [],
        "response": {"estimates": [], "waterfall": [], "swimmer": [], "spider": [], "strata": []},
        "survival": [],
        "safety": {"terms": [], "incidence": []},
        "completeness": [],
    }
    return empty | parts


def one() -> Document:
    """One patient, whose sum tripled."""
    return document(
        headline={"patients": 1, "measures": {"orr": rate(0, 1)}},
        attrition=[{"step": 1, "criterion": "adult", "label": "Adult", "excluded": 0, "remaining": 1}],
        response={
            "estimates": [rate(1, 1, measure="response_pd")], "waterfall": [{"change": 3.0, "response": "PD"}],
            "swimmer": [swimmer(1, ["A"])], "strata": [{"variable": "a", "label": "A", "rows": [rate(0, 1, "A")]}],
            "spider": [{"response": "PD", "points": [{"day": -9, "change": 0.0}, {"day": 61, "change": 3.0}]}],
        },
        safety={"terms": [{"term": "A", "n": 1, "any": [1, 0, 0, 0, 0], "related": [0, 0, 0, 0, 0]}], "incidence": []},
        completeness=[{"item": "a", "label": "A", "x": 0, "n": 1}, {"item": "b", "label": "B", "x": 0, "n": 0}],
    )  # fmt: skip


def many() -> Document:
    """Two hundred patients, forty strata, every response, long labels, all events of an endpoint on one day."""
    labels = [f"{LONG if index % 2 else HAN} {index}" for index in range(40)]
    bars = [{"change": max(-1.0, 3 - index * 0.02), "response": RESPONSES[index % 6]} for index in range(200)]
    falling = [(20.0 * step, 200 - step, 1, 0, 1 - step / 200) for step in range(1, 80)]
    return document(
        headline={"patients": 12345, "measures": {"orr": rate(99, 200)}},
        attrition=[
            {"step": step, "criterion": "a", "label": label, "excluded": 100000 * (step % 3), "remaining": 12345}
            for step, label in enumerate(labels[:9])
        ],
        response={
            "estimates": [rate(33, 200, measure=f"response_{name.lower()}") for name in RESPONSES], "waterfall": bars,
            "swimmer": [swimmer(index, [LONG, HAN, "C", "D"]) for index in range(200)],
            "spider": [
                {
                    "response": RESPONSES[index % 6],
                    "points": [
                        {"day": 70 * step, "change": max(-1.0, (index % 9 - 4) * step / 5)} for step in range(6)
                    ],
                }
                for index in range(200)
            ],
            "strata": [{"variable": "a", "label": "A", "rows": [rate(3, 5, label) for label in labels]}],
        },
        survival=[
            curve("pfs", [(30.0, 200, 200, 0, 0.0)], 1.0),
            curve("os", falling),
            curve("dor", [(3900.0, 200, 150, 0, 0.25)], 128.0),
        ],
        safety={
            "terms": [
                {
                    "term": label, "n": 200, "any": [index, 40, 30, 2, 1], "related": [index, 20, 0, 0, 0],
                    "any_total": 80 + index, "related_total": 20 + index,
                }
                for index, label in enumerate(labels)
            ],
            "incidence": [
                incidence(kind, label, 200, 90)
                for kind, label in [("any", ""), ("severe", ""), *(("group", label) for label in labels)]
            ],
        },
        completeness=[{"item": label, "label": label, "x": 1234567, "n": 12345678} for label in labels],
    )  # fmt: skip


def few() -> Document:
    """Counts that an edition withholds, three in a swimmer, survival that stays above one half."""
    return document(
        bulletin={"edition": "public"},
        headline={"patients": 31, "measures": {"orr": rate(None, 31)}},
        attrition=[{"step": 1, "criterion": "a", "label": HAN, "excluded": None, "remaining": None}],
        response={
            "estimates": [], "waterfall": [], "swimmer": [swimmer(index, ["A", "B"]) for index in range(3)],
            "spider": [],
            "strata": [{"variable": "a", "label": HAN, "rows": [rate(None, None, LONG), rate(0, 0, HAN)]}],
        },
        survival=[curve("os", [(30.0, 31, 1, 0, 0.97), (900.0, 12, 0, 12, 0.97)])],
        safety={
            "terms": [
                {"term": "Withheld", "n": 31, "any": [None] * 5, "related": [None] * 5},
                {"term": "Shown", "n": 31, "any": [31, 0, 0, 0, 0], "related": [31, 0, 0, 0, 0]},
            ],
            "incidence": [incidence("any", "", 31, 1), incidence("group", "B", 31, 1)],
        },
        completeness=[{"item": "a", "label": "A", "x": None, "n": None}],
    )  # fmt: skip
