"""Lines are not broken within an interval, nor within a word that is read as one."""

import pytest
from markupsafe import Markup

from onco_registry.bulletin.unbroken import unbroken


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        ("10.9–20.7", "10.9–\u206020.7"),
        ("10.9–未达到", "10.9–\u2060未\u2060达\u2060到"),
        ("SD + 非CR/非PD", "SD + 非\u2060C\u2060R\u2060/\u2060非\u2060P\u2060D"),
        ("anti-PD-1", "anti-PD-\u20601"),
        ("2022-05-31", "2022-05-31"),
        ("Clopper–Pearson", "Clopper–Pearson"),
        ("–", "–"),
        ("until – not known", "until – not known"),
        (12, 12),
    ],
)
def test_texts(value: object, printed: object) -> None:
    assert unbroken(value) == printed


def test_a_figure_stays_as_it_is() -> None:
    svg = Markup("<text>10.9–20.7</text>")
    assert unbroken(svg) is svg
