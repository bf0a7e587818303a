"""Text in figures: where lines break, how high a legend is."""

import pytest

from onco_registry.bulletin.figures import (
    legend,
)
from onco_registry.bulletin.figures.lettering import text_width, wrap
from support import bulletins


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("at least one prior line", 80, ["at least one", "prior line"]),
        ("既往至少接受过一线治疗", 60, ["既往至少接", "受过一线治", "疗"]),
        # No line begins with a comma or a closing bracket, or ends with an opening one.
        ("疾病进展，死亡", 48, ["疾病进", "展，死亡"]),
        ("存活（不含失访）", 36, ["存活", "（不含", "失访）"]),
        ("RECIST 1.1 的界值", 70, ["RECIST 1.1", "的界值"]),
        ("PD-1抑制剂", 40, ["PD-1", "抑制剂"]),
        ("unbreakableword", 48, ["unbrea", "kablew", "ord"]),
        ("", 80, [""]),
    ],
)
def test_lines_break_between_words_and_chinese_characters(text: str, width: float, lines: list[str]) -> None:
    assert wrap(text, width, 12) == lines


def test_no_line_is_wider_than_asked() -> None:
    for text in (bulletins.LONG, bulletins.HAN, f"{bulletins.LONG}{bulletins.HAN}"):
        lines = wrap(text, 90, 12)
        assert max(text_width(line, 12) for line in lines) <= 90
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_a_legend_takes_as_many_lines_as_it_needs() -> None:
    items = [legend.Item(label, lambda *_: None) for label in ("one", "two", bulletins.LONG)]
    assert legend.height(items[:2], 350) == 20
    assert legend.height(items, 350) == 20 + 20 + 15
    assert legend.height([], 350) == 0
