"""What every generated resource is made of: codes, references, dates, narrative."""

from __future__ import annotations

import datetime
import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

Element = dict[str, Any]
WORDS = [
    "复查",
    "稳定",
    "按计划",
    "患者",
    "一般情况可",
    "继续",
    "评估",
    "随访",
    "无特殊",
    "未见明显异常",
    "given",
    "reviewed",
]
FIRST_DAY = datetime.datetime(2019, 1, 1, 8, tzinfo=datetime.timezone(datetime.timedelta(hours=8)))


@cache
def codes() -> dict[str, Any]:
    """codes.yaml."""
    loaded: dict[str, Any] = yaml.safe_load((Path(__file__).with_name("codes.yaml")).read_text(encoding="utf-8"))
    return loaded


def concept(row: list[Any]) -> Element:
    """A row of codes.yaml as CodeableConcept, with the hospital's own code beside a standard one."""
    system, code, text = row[:3]
    own = {"system": codes()["systems"]["local"], "code": f"H-{code}", "display": text, "userSelected": True}
    coding = {"system": codes()["systems"][system], "code": code, "display": text}
    return {"coding": [coding] if system == "local" else [coding, own], "text": text}


def quantity(value: float, unit: str) -> Element:
    """A Quantity in UCUM."""
    return {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}


@dataclass(frozen=True)
class Draw:
    """The dice of one resource."""

    rng: random.Random
    resource_type: str
    number: int
    of: dict[str, int]

    def has(self, bit: int) -> bool:
        """Whether this resource has its optional element number 0..4: every combination comes up in turn."""
        return bool(self.number >> bit & 1)

    def code(self, kind: str) -> Element:
        """A CodeableConcept from a list of codes.yaml, each row in turn."""
        rows = codes()[kind]
        return concept(rows[self.number * 7 % len(rows)])

    def one(self, *choices: Any) -> Any:
        """One of the choices."""
        return self.rng.choice(choices)

    def reference(self, resource_type: str, display: str = "") -> Element:
        """A Reference to one of the resources generated (or to one of 40 of the types that are not)."""
        target = f"{resource_type}/{resource_type.lower()}-{self.rng.randrange(self.of.get(resource_type) or 40)}"
        return {"reference": target, **({"display": display} if display else {})}

    def moment(self, days: int = 0) -> str:
        """A dateTime with the hospital's offset, `days` after this resource's own."""
        start = FIRST_DAY + datetime.timedelta(minutes=self.number * 7919 % 2_600_000)
        return (start + datetime.timedelta(days=days)).isoformat()

    def day(self, days: int = 0) -> str:
        """A date; every 32nd is known to the month only."""
        return self.moment(days)[: 7 if self.number % 32 == 31 else 10]

    def period(self, days: int) -> Element:
        """A Period of so many days."""
        return {"start": self.moment(), "end": self.moment(days)}

    def note(self) -> list[Element]:
        """An Annotation of a length that clinicians write."""
        return [{"authorReference": self.reference("Practitioner"), "time": self.moment(), "text": _sentence(self.rng)}]

    def identifier(self) -> Element:
        """A business identifier."""
        number = f"{self.resource_type[:3].upper()}{self.number:09d}"
        return {"use": "official", "system": "http://hospital.example/identifiers", "value": number}

    def common(self) -> Element:
        """Elements that every resource has, none of them read but the id."""
        rows = "".join(f"<tr><td>{label}</td><td>{_sentence(self.rng)}</td></tr>" for label in ("状态", "项目", "日期"))
        return {
            "id": f"{self.resource_type.lower()}-{self.number}",
            "meta": {"versionId": "1", "lastUpdated": self.moment(1), "source": "#his", "tag": [{"code": "fictional"}]},
            "text": {
                "status": "generated",
                "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><table><tbody>{rows}</tbody></table></div>',
            },
            "extension": [
                {"url": "http://hospital.example/ward", "valueString": f"病区{self.rng.randrange(20)}"},
                {"url": "http://hospital.example/entered-by", "valueReference": self.reference("Practitioner")},
            ],
        }


def _sentence(rng: random.Random) -> str:
    return " ".join(rng.choices(WORDS, k=8))
