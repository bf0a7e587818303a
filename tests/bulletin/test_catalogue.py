"""Words and numbers of the one catalogue."""

import json
import re
from importlib import resources
from typing import Any

import pytest

from onco_registry import consistency
from onco_registry.bulletin.catalogue import Catalogue
from onco_registry.bulletin.meta import LANGUAGES

FILES = resources.files("onco_registry.bulletin")
words = Catalogue("en")


@pytest.mark.parametrize(
    ("fraction", "places", "text"),
    [
        (0.34375, 1, "34.4%"),
        (0.0625, 1, "6.3%"),
        (0.125, 0, "13%"),
        (-0.3, 0, "−30%"),
        (0, 1, "0.0%"),
        (1, 1, "100.0%"),
    ],
)
def test_percentages_round_half_up(fraction: float, places: int, text: str) -> None:
    assert words.percent(fraction, places) == text


def test_minus_zero_has_no_sign() -> None:
    assert words.number(-0.04, 1) == "0.0"


@pytest.mark.parametrize(
    ("estimate", "value", "interval"),
    [
        ({"estimate": 0.375, "lower": 0.0852, "upper": 0.7551, "unit": "proportion"}, "37.5%", "8.5–75.5"),
        ({"estimate": 7.59, "lower": 4.99, "upper": 10.87, "unit": "months"}, "7.6 months", "5.0–10.9"),
        ({"estimate": 0.9, "lower": -1.0, "upper": 2.82, "unit": "months"}, "0.9 months", "−1.0 to 2.8"),
        ({"estimate": None, "lower": 6.1, "upper": None, "unit": "months"}, "not reached", "6.1–not reached"),
        ({"estimate": None, "lower": None, "upper": None, "unit": "proportion"}, "not estimable", "not estimable"),
    ],
)
def test_estimates(estimate: dict[str, Any], value: str, interval: str) -> None:
    assert words.value(estimate) == value
    assert words.interval(estimate) == interval


def test_dates() -> None:
    assert words.date("2022-05-31") == "31 May 2022"
    assert words.time("2022-07-01T08:30:00+08:00") == "1 July 2022, 08:30 (UTC+08:00)"


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("18-44", "18–44"),
        ("368 entered - 336 excluded = 32", "368 entered − 336 excluded = 32"),
        ("PD-1 since 2022-05-31", "PD-1 since 2022-05-31"),
        ("soft-tissue sarcoma", "soft-tissue sarcoma"),
    ],
)
def test_ranges_and_minus_signs_of_print(text: str, printed: str) -> None:
    assert words.typeset(text) == printed


def test_counts_of_patients() -> None:
    assert [words.patients(count) for count in (0, 1, 1200)] == ["0 patients", "1 patient", "1,200 patients"]


def test_every_consistency_check_has_its_words() -> None:
    names = [check.__name__.removeprefix("_") for check in consistency._CHECKS]
    assert [name for name in names if f"check.{name}" not in words.strings] == []
    assert words.name("check", "os_not_before_pfs") == (
        "Overall survival is never shorter than progression-free survival"
    )


def test_a_share_of_none_is_a_dash() -> None:
    assert words.share(0, 0) == "–"


def test_chinese_has_its_own_punctuation() -> None:
    chinese = Catalogue("zh")
    assert chinese.time("2022-07-01T08:30:00+08:00") == "2022年7月1日 08:30（UTC+08:00）"
    assert (words.brackets("34.4%"), chinese.brackets("34.4%")) == (" (34.4%)", "（34.4%）")
    told = "368 entered - 336 excluded = 32; 32 in the cohort"
    assert chinese.sentence(told) == "进入 368 − 排除 336 = 32；队列中 32 例"


def test_a_response_is_written_as_recist_writes_it() -> None:
    told = "CR 0 + NON-CR/NON-PD 1 = 1 of 1"
    assert words.sentence(told) == "CR 0 + non-CR/non-PD 1 = 1 of 1"
    assert Catalogue("zh").sentence(told) == "CR 0 + 非CR/非PD 1 = 1，应为 1"


def test_steps_that_were_put_together_are_translated_one_by_one() -> None:
    chinese = Catalogue("zh", {"Too young": "年龄过小", "Not ill": "未患病"})
    assert chinese.together({"label": "Not ill; Too young", "members": ["Not ill", "Too young"]}) == "未患病；年龄过小"
    assert chinese.together({"label": "Too young"}) == "年龄过小"


def test_a_word_inside_a_sentence() -> None:
    assert [words.inside(text) for text in ("Time to relapse", "PD-1 inhibitor")] == [
        "time to relapse",
        "PD-1 inhibitor",
    ]


def test_every_string_is_there_in_every_language() -> None:
    strings = json.loads(FILES.joinpath("catalogue.json").read_text("utf-8"))
    assert [key for key, by_language in strings.items() if set(by_language) != set(LANGUAGES)] == []


def test_every_key_in_use_exists_and_every_key_is_in_use() -> None:
    with resources.as_file(FILES) as folder:
        files = [file for suffix in ("*.py", "*.j2") for file in sorted(folder.rglob(suffix))]
        source = "".join(file.read_text("utf-8") for file in files)
    used = set(re.findall(r"""\b(?:t|words)\(\s*["']([a-z_.]+[a-z_])["']""", source))
    assert used - set(words.strings) == set()
    families = re.findall(
        r"""["']([a-z.]+)\.["'] ~|\.name\(\s*["']([a-z_.]+)["']|f["']([a-z_.]+[._])\{|startswith\("([a-z]+)\."\)""",
        source,
    )
    prefixes = tuple(name for family in families for name in family if name)
    unused = [
        key for key in words.strings if not re.search(f"[\"']{key}[\"']", source) and not key.startswith(prefixes)
    ]
    assert unused == []


def test_a_word_of_the_registry_goes_before_the_engines_own_and_that_before_english() -> None:
    chinese = Catalogue("zh", {"Second": "二线", "Not recorded": "不详"})
    assert [chinese.text(word) for word in ("Second", "Not recorded", "Other", "Third")] == [
        "二线",
        "不详",
        "其他",
        "Third",
    ]
