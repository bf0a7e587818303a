"""The one string catalogue: every word and number format of the bulletin, by language."""

import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from importlib import resources
from typing import Any

MINUS = "−"
DASH = "–"
# Units that are not printed, with their decimals.
BARE = {"p": 3, "ratio": 2}
# A range such as 18-44; a date (2022-05-31) or a name (PD-1) is none.
_RANGE = re.compile(r"(?<![\w.-])(\d+)-(\d+)(?![\w-])")
# A response that is not written as its code is.
_CODE = re.compile("NON-CR/NON-PD")
_SUBTRACTION = re.compile(r"(?<=\d) - (?=\d)|(?<=[a-z]) - (?=\d)")


@cache
def _details() -> dict[str, re.Pattern[str]]:
    """The `detail.` templates in English, as patterns of the sentences that they make."""
    found = {}
    for key, by_language in _catalogue().items():
        if key.startswith("detail."):
            parts = re.split(r"\{(\w+)\}", by_language["en"])
            named = [f"(?P<{part}>.+?)" if index % 2 else re.escape(part) for index, part in enumerate(parts)]
            found[key] = re.compile("".join(named))
    return found


@cache
def _levels() -> dict[str, str]:
    """English word -> key of the levels that the engine names: who has no value, and those put together."""
    return {by_language["en"]: key for key, by_language in _catalogue().items() if key.startswith("level.")}


@cache
def _catalogue() -> dict[str, dict[str, str]]:
    text = resources.files("onco_registry.bulletin").joinpath("catalogue.json").read_text("utf-8")
    strings: dict[str, dict[str, str]] = json.loads(text)
    return strings


class Catalogue:
    """Strings of one language from catalogue.json, and how that language writes numbers and dates.

    `translations`: English words of the registry -> its words in this language; what has none stays English.
    `withholds`: whether a count that is missing was taken out by disclosure control.
    Calling it gives the string of a key with its values filled in; an unknown key raises KeyError.
    """

    def __init__(
        self, language: str, translations: Mapping[str, str] | None = None, *, withholds: bool = False
    ) -> None:
        self.language = language
        self.translations = translations or {}
        self.withholds = withholds
        self.strings: dict[str, str] = {key: by_language[language] for key, by_language in _catalogue().items()}

    def __call__(self, key: str, **values: object) -> str:
        """The string of a key, its {placeholders} filled."""
        return self.strings[key].format_map(values)

    def name(self, kind: str, name: str | None, default: str | None = None) -> str:
        """The word for a name from the data (an interval method, a source), else the name itself."""
        return self.strings.get(f"{kind}.{name}") or self.text(default or name or DASH)

    def code(self, term: str) -> str:
        """A code such as 'non-CR/non-PD' as this language writes it."""
        return self.strings.get(f"code.{term.upper()}", term)

    def item(self, name: str, label: str) -> str:
        """The word for an item of completeness; 'death_source:EHR' has its value in it."""
        kind, separator, value = name.partition(":")
        if separator and f"item.{kind}" in self.strings:
            return self(f"item.{kind}", value=self.text(value))
        return self.name("item", name, label)

    def text(self, english: str) -> str:
        """A word or sentence of the registry, or the engine's own word for a level, in this language."""
        own = _levels().get(english)
        return self.translations.get(english) or (self(own) if own else english)

    def together(self, record: Mapping[str, Any]) -> str:
        """The label of a record; of one that stands for several the label of each."""
        labels = record.get("members", [record["label"]])
        return self("list.separator").join(self.typeset(self.text(label)) for label in labels)

    def sentence(self, english: str) -> str:
        """A sentence with numbers, as the checks make them, in this language: by the `detail.` templates that fit."""
        if english in self.translations:
            return self.text(english)
        return self("list.separator").join(self._sentence(part) for part in english.split("; "))

    def _sentence(self, english: str) -> str:
        for key, pattern in _details().items():
            if found := pattern.fullmatch(english):
                return self(key, **{name: _CODE.sub(self._code, value) for name, value in found.groupdict().items()})
        return english

    def _code(self, found: re.Match[str]) -> str:
        return self.name("code", found[0])

    def brackets(self, text: str) -> str:
        """What stands in brackets after a number or a word: ' (34.4%)', in Chinese in its own, without the space."""
        return self("list.brackets", text=text)

    def count(self, value: int | None) -> str:
        """'1,024'; a dash for what is not known, a word for what is withheld."""
        return self.absent() if value is None else self.number(value)

    def absent(self) -> str:
        """What stands for a count that is not there."""
        return self("disclosure.withheld") if self.withholds else DASH

    def of(self, x: int | None, n: int | None) -> str:
        """'11/32'; one word where both, or the first of two, are withheld."""
        return self.absent() if self.withholds and x is None else f"{self.count(x)}/{self.count(n)}"

    def patients(self, count: int) -> str:
        """'1 patient', '32 patients'."""
        return self("count.patient" if count == 1 else "count.patients", n=self.number(count))

    def typeset(self, text: str) -> str:
        """Text of the data with the signs of print: '18-44' -> '18–44', '368 entered - 336' with a minus sign."""
        return _SUBTRACTION.sub(f" {MINUS} ", _RANGE.sub(rf"\1{DASH}\2", text))

    def inside(self, text: str) -> str:
        """A text as it stands inside a sentence: 'Time to relapse' -> 'time to relapse'; 'CT scan' stays."""
        return text[:1].lower() + text[1:] if text[1:2].islower() else text

    def date(self, iso: str) -> str:
        """'2022-05-31' -> '31 May 2022'."""
        day = date.fromisoformat(iso)
        month = self("date.months").split()[day.month - 1]
        return self("date.format", day=day.day, month=month, year=day.year)

    def time(self, iso: str) -> str:
        """'2022-07-01T08:00:00+08:00' -> '1 July 2022, 08:00 (UTC+08:00)'."""
        moment = datetime.fromisoformat(iso)
        return self("date.time", date=self.date(iso[:10]), time=f"{moment:%H:%M}", zone=moment.tzname())

    def number(self, value: float, places: int = 0) -> str:
        """Rounded half up, as papers and SPSS print it (6.25 -> 6.3), not half to even."""
        step = Decimal(1).scaleb(-places)
        rounded = Decimal(str(value)).quantize(step, rounding=ROUND_HALF_UP)
        return f"{rounded:,}".replace("-", MINUS if rounded else "")

    def percent(self, fraction: float, places: int = 1, sign: str = "%") -> str:
        """0.34375 -> '34.4%'."""
        return self.number(float(Decimal(str(fraction)) * 100), places) + sign

    def share(self, x: int, n: int, places: int = 1) -> str:
        """x of n as a percentage; a dash where n is 0."""
        return self.percent(x / n, places) if n else DASH

    def range(self, lower: float | None, upper: float | None, places: int | None = None) -> str:
        """'1.2–3.4'; a limit that is not known is a dash. Without `places` at most two decimals."""
        ends = [self.trimmed(end) if places is None else self.number(end or 0, places) for end in (lower, upper)]
        return self._between(*ends)

    def _between(self, lower: str, upper: str) -> str:
        """'1.2–3.4'; '−1.2 to 3.4', for a minus sign beside a dash is read as two of either."""
        if MINUS in lower + upper:
            return self("list.range", lower=lower, upper=upper)
        return f"{lower}{DASH}{upper}"

    def trimmed(self, value: float | None) -> str:
        """'62', '62.5', '1.25', at most two decimals; a dash for what is not known."""
        if value is None:
            return DASH
        return self.number(value, next(places for places in (0, 1, 2) if places == 2 or round(value, places) == value))

    def value(self, estimate: Mapping[str, Any]) -> str:
        """The point estimate with its unit; a median that was not reached says so."""
        value = estimate["estimate"]
        if estimate.get("withheld"):
            return self("disclosure.withheld")
        if value is None:
            return self("estimate.not_reached" if estimate["unit"] == "months" else "estimate.none")
        if estimate["unit"] == "proportion":
            return self.percent(value)
        if estimate["unit"] in BARE:
            return self.number(value, BARE[estimate["unit"]])
        return self("estimate.with_unit", value=self.number(value, 1), unit=self.name("unit", estimate["unit"]))

    def interval(self, estimate: Mapping[str, Any]) -> str:
        """The limits without unit ('18.6–53.2', '−1.0 to 2.8'), an open upper limit as 'not reached'."""
        lower, upper = estimate["lower"], estimate["upper"]
        if estimate.get("withheld"):
            return DASH
        if lower is None and upper is None:
            return self("estimate.none")
        return self._between(self._limit(lower, estimate), self._limit(upper, estimate))

    def _limit(self, value: float | None, estimate: Mapping[str, Any]) -> str:
        if value is None:
            return self("estimate.not_reached")
        if estimate["unit"] == "proportion":
            return self.percent(value, sign="")
        return self.number(value, BARE.get(estimate["unit"], 1))

    def level(self, estimate: Mapping[str, Any]) -> str:
        """'95% CI'."""
        return self("estimate.ci", level=self.percent(estimate["ci_level"] or 0.95, places=0))
