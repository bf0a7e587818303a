"""Numbers typed in from publications: what cannot be is found, what is right is left alone."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from onco_etl.errors import ConfigurationError
from onco_registry.publication import check_publication, read_publication
from support.repository import ROOT

Statements = list[tuple[str, str, str]]
Check = Callable[[str], Statements]


@pytest.fixture(name="check")
def _check(tmp_path: Path) -> Check:
    """(kind, where, text) of every finding on a file of 32 patients with these sections."""

    def check(sections: str, n: int = 32) -> Statements:
        file = tmp_path / "numbers.yaml"
        file.write_text(f"publication: Somebody 2022\nn: {n}\n{sections}\n", encoding="utf-8")
        return [(found.kind, found.where, found.text) for found in check_publication(read_publication(file))]

    return check


def _seed() -> Path:
    [file] = (ROOT / "mappings" / "registries").glob("*/publication.yaml")
    return file


def test_the_seed_study() -> None:
    found = check_publication(read_publication(_seed()))
    assert [(finding.kind, finding.where, finding.text) for finding in found] == [
        ("impossible", "counts.best_response", "PR 11 + SD 16 + PD 6 = 33 of 32 without CR and NE"),
        ("implied", "counts.best_response", "CR = 0: orr is 11/32"),
        ("implied", "counts.best_response", "SD + PD + NE = 21: orr is 11/32"),
        ("impossible", "counts.best_response", "SD 16 + PD 6, but SD + PD + NE = 21: orr is 11/32"),
        ("implied", "counts.best_response", "PD + NE = 5: dcr is 27/32"),
        ("impossible", "counts.best_response", "PD 6, but PD + NE = 5: dcr is 27/32"),
        ("implied", "counts.worst_related_grade", "grade 1-2 + none = 19: the rest of 32"),
        ("implied", "counts.worst_related_grade", "grade 1-2 = 16: related_adverse_event is 29/32"),
        ("implied", "counts.worst_related_grade", "none = 3: related_adverse_event is 29/32"),
        (
            "implied",
            "counts.worst_related_grade",
            "grade 1-2 + grade 5 + none = 19: related_grade_3_4 is 13/32",
        ),
        ("implied", "proportions.orr", "34.4 % is 11/32"),
        ("implied", "proportions.orr", "18.6-53.2 is that of 11/32 by clopper-pearson"),
        ("implied", "proportions.dcr", "84.4 % is 27/32"),
        ("implied", "proportions.dcr", "67.2-94.7 is that of 27/32 by clopper-pearson"),
        ("implied", "medians.pfs", "3.31-11.89 is 7.6 +- 1.96 x 2.19, as SPSS prints it"),
        ("implied", "medians.os", "8.36-21.44 is 14.9 +- 1.96 x 3.34, as SPSS prints it"),
    ]
    lines = _seed().read_text(encoding="utf-8").splitlines()
    assert "best_response:" in lines[found[0].line - 2]
    assert "orr:" in lines[found[10].line - 1]


CORRECT = {
    "one decimal, everything printed": """
counts:
  best_response: {parts: {CR: 1, PR: 10, SD: 16, PD: 4, NE: 1}}
proportions:
  orr: {x: 11, percent: 34.4, interval: [18.6, 53.2], method: clopper-pearson, parts: {best_response: [CR, PR]}}
  dcr: {x: 27, percent: 84.4, interval: [67.2, 94.7], parts: {best_response: [CR, PR, SD]}}
  grade_3: {x: 13, percent: 40.6}
  grade_5: {x: 0, percent: 0.0, interval: [0.0, 10.9]}
medians:
  pfs: {estimate: 7.6, interval: [5.0, 10.9], method: log-log, events: 26}
  os: {estimate: 14.9, interval: [10.9, ~], events: 16, not_before: pfs}
strata:
  line:
    proportion: orr
    parts:
      second: {of: 20, x: 7, percent: 35.0}
      later: {of: 12, x: 4, percent: 33.3, interval: [9.9, 65.1]}
p_values:
  line: {p: 1.00, test: fisher, strata: line}
""",
    "no decimals, intervals by Wilson": """
proportions:
  orr: {percent: 34, interval: [20, 52], method: wilson}
  dcr: {percent: 84, interval: [68, 93]}
  all: {percent: 100, interval: [89, 100]}
  none: {percent: 0, interval: [0, 11]}
""",
    "halves rounded up: 2/32 is 6.25, 1/16 too, 12.5 is 13": """
proportions:
  bleeding: {x: 2, percent: 6.3}
  rash: {x: 4, percent: 13}
  cough: {x: 1, of: 16, percent: 6.3}
""",
    "halves rounded to even: 6.25 is 6.2, 12.5 is 12": """
proportions:
  bleeding: {x: 2, percent: 6.2}
  rash: {x: 4, percent: 12}
  cough: {percent: 6.2}
""",
    "Wald and Agresti-Coull, beyond 0 or cut there": """
proportions:
  orr: {x: 11, percent: 34.4, interval: [17.9, 50.8], method: wald}
  few: {x: 1, percent: 3.1, interval: [-2.9, 9.2]}
  cut: {x: 1, percent: 3.1, interval: [0.0, 9.2]}
  more: {x: 27, percent: 84.4, interval: [67.8, 93.6], method: agresti-coull}
""",
    "symmetric medians, not reached, a level of 90": """
level: 90
proportions:
  orr: {percent: 34.4, interval: [20.6, 50.4]}
medians:
  pfs: {estimate: 7.6, interval: [4.00, 11.20], method: symmetric, std_error: 2.19}
  os: {estimate: ~, interval: [9.1, ~]}
  dor: {estimate: 8.2, interval: [~, ~], method: symmetric}
""",
    "another denominator, counts that are not all, exclusions": """
counts:
  worst_grade: {parts: {mild: 12, severe: 9}, complete: false}
  screened: {of: 40, parts: {no consent: 3, lost: 5, analysed: 32}}
proportions:
  evaluable: {of: 30, x: 11, percent: 36.7, interval: [19.9, 56.1]}
p_values:
  sex: {p: 0.47, table: [[7, 13], [6, 6]]}
  age: {p: "<0.001", test: chi-squared, table: [[15, 1], [2, 14]]}
  trend: {p: 0.034, test: chi-squared}
""",
}


@pytest.mark.parametrize("name", CORRECT)
def test_nothing_is_flagged_in_correct_numbers(check: Check, name: str) -> None:
    assert [finding for finding in check(CORRECT[name]) if finding[0] != "implied"] == []


@pytest.mark.parametrize(
    ("sections", "where", "text"),
    [
        ("counts: {arm: {parts: {a: 33}}}", "counts.arm", "a 33 of 32"),
        ("counts: {arm: {parts: {a: 20, b: 13}}}", "counts.arm", "a 20 + b 13 = 33 of 32"),
        ("counts: {arm: {parts: {a: 20, b: 11}}}", "counts.arm", "a 20 + b 11 = 31 of 32"),
        ("counts: {arm: {parts: {a: 20, b: 13}, complete: false}}", "counts.arm", "a 20 + b 13 = 33 of 32"),
        (
            "counts: {best: {parts: {CR: 1, PR: 11, SD: ~, PD: ~}}}\n"
            "proportions: {orr: {percent: 34.4, parts: {best: [CR, PR]}}}",
            "counts.best",
            "CR 1 + PR 11, but CR + PR = 11: orr is 11/32",
        ),
        (
            "counts: {best: {parts: {PR: 11, SD: 15, PD: 6}}}\nproportions:\n"
            "  orr: {x: 11, parts: {best: [PR]}}\n  dcr: {percent: 84.4, parts: {best: [PR, SD]}}",
            "counts.best",
            "SD 15, but SD = 16: dcr is 27/32, orr is 11/32",
        ),
        ("proportions: {orr: {x: 33, percent: 100}}", "proportions.orr", "33 of 32"),
        (
            "proportions: {orr: {percent: 28.0}}",
            "proportions.orr",
            "no count of 32 gives 28.0 %: 8/32 is 25.0 % and 9/32 is 28.1 %",
        ),
        ("proportions: {orr: {x: 11, percent: 34.3}}", "proportions.orr", "11/32 is 34.4 %, printed is 34.3 %"),
        ("proportions: {orr: {percent: 101}}", "proportions.orr",
         "no count of 32 gives 101 %: 31/32 is 97 % and 32/32 is 100 %"),
        ("proportions: {orr: {x: 11, interval: [53.2, 18.6]}}", "proportions.orr", "53.2-18.6 is no interval"),
        ("proportions: {orr: {percent: 53.1, interval: [18.6, 50.2]}}", "proportions.orr",
         "the interval 18.6-50.2 does not hold its estimate 53.1"),
        (
            "proportions: {orr: {percent: 34.4, interval: [20.4, 51.7], method: clopper-pearson}}",
            "proportions.orr",
            "by clopper-pearson, 11/32 has 18.6-53.2; printed is that of 11/32 by wilson",
        ),
        (
            "proportions: {orr: {percent: 37.5, interval: [18.6, 53.2]}}",
            "proportions.orr",
            "18.6-53.2 is that of 11/32 by clopper-pearson, and not of 12/32",
        ),
        ("proportions: {orr: {x: 1, interval: [-5.1, 9.2]}}", "proportions.orr",
         "-5.1-9.2 leaves 0 to 100, and is no Wald interval"),
        ("medians: {os: {estimate: 7.6, interval: [8.1, 9.2]}}", "medians.os",
         "the interval 8.1-9.2 does not hold its estimate 7.6"),
        ("medians: {os: {estimate: 7.6, interval: [9.2, 8.1]}}", "medians.os", "9.2-8.1 is no interval"),
        ("medians: {os: {estimate: 7.6, interval: [5.0, 10.9], method: symmetric}}", "medians.os",
         "5.0-10.9 is not symmetric about 7.6"),
        ("medians: {os: {estimate: 7.6, interval: [3.31, 11.89], std_error: 2.5}}", "medians.os",
         "a standard error of 2.5 does not give 3.31-11.89"),
        ("medians: {os: {estimate: 7.6, events: 33}}", "medians.os", "33 events in 32 patients"),
        ("medians: {os: {estimate: ~, interval: [3.1, 9.0]}}", "medians.os",
         "the upper limit 9.0 is reached, the median is not"),
        ("medians: {os: {estimate: ~, interval: [3.1, ~], method: symmetric}}", "medians.os",
         "3.1-not reached is not symmetric about a median that has none"),
        ("medians: {os: {estimate: 7.6, interval: [3.1, ~], method: symmetric}}", "medians.os",
         "3.1-not reached is not symmetric about 7.6"),
        ("medians: {os: {estimate: -1.5}}", "medians.os", "a median time of -1.5"),
        ("strata: {line: {parts: {a: {of: 20}, b: {of: 13}}}}", "strata.line", "a 20 + b 13 = 33 of 32"),
        (
            "proportions: {orr: {percent: 34.4}}\n"
            "strata: {line: {proportion: orr, parts: {a: {of: 20, x: 7}, b: {of: 12, percent: 25.0}}}}",
            "strata.line",
            "a 7 + b 3 = 10, and orr is 11",
        ),
        ("strata: {line: {parts: {a: {of: 20, percent: 33.3}, b: {of: 12}}}}", "strata.line.a",
         "no count of 20 gives 33.3 %: 6/20 is 30.0 % and 7/20 is 35.0 %"),
        ("p_values: {sex: {p: 1.2}}", "p_values.sex", "p = 1.2"),
        ("p_values: {sex: {p: 0.04, test: fisher, table: [[7, 13], [6, 6]]}}", "p_values.sex",
         "p 0.04 by fisher: the counts give 0.47 (fisher), 0.40 (chi-squared), 0.64 (yates)"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_found(check: Check, sections: str, where: str, text: str) -> None:
    assert ("impossible", where, text) in check(sections)


@pytest.mark.parametrize(
    ("sections", "text"),
    [
        (
            "proportions: {orr: {percent: 33.3, interval: [18.6, 51.0]}}",
            "no count of 32 gives 33.3 %: 10/32 is 31.2 % and 11/32 is 34.4 %",
        ),
        (
            "proportions: {orr: {percent: 34.4, interval: [17.0, 54.0]}}",
            "no usual method gives 17.0-54.0: 11/32 has 18.6-53.2 (clopper-pearson), 20.4-51.7 (wilson), "
            "17.9-50.8 (wald), 20.3-51.8 (agresti-coull), 19.8-51.6 (jeffreys), 19.2-53.2 (wilson-continuity)",
        ),
        (
            "proportions: {orr: {percent: 33, of: 30, interval: [18, 52]}}",
            "no usual method gives 18-52: 10/30 has 17-53 (clopper-pearson), 19-51 (wilson), 16-50 (wald), "
            "19-51 (agresti-coull), 19-51 (jeffreys), 18-53 (wilson-continuity); it would be that of 9/27 by jeffreys "
            "or 11/33 by clopper-pearson",
        ),
        ("medians: {pfs: {estimate: 9}, os: {estimate: 7.6, not_before: pfs}}", "7.6 is less than pfs's 9"),
        ("p_values: {sex: {p: 0.04, table: [[7, 13], [6, 6]]}}",
         "p 0.04: the counts give 0.47 (fisher), 0.40 (chi-squared), 0.64 (yates)"),
    ],
)  # fmt: skip
def test_what_is_not_explained_is_asked(check: Check, sections: str, text: str) -> None:
    assert text in [found[2] for found in check(sections)]


@pytest.mark.parametrize(
    ("sections", "text"),
    [
        ("proportions: {orr: {interval: [18.6, 53.2]}}", "18.6-53.2 is that of 11/32 by clopper-pearson"),
        ("proportions: {orr: {interval: [20.4, 51.7]}}", "20.4-51.7 is that of 11/32 by wilson"),
        ("medians: {os: {estimate: 7.6, interval: [5.0, 10.9]}}",
         "5.0-10.9 is not symmetric about 7.6: it follows the curve's band"),
        ("medians: {os: {estimate: 7.6, interval: [3.31, 11.89], method: log-log}}",
         "by log-log claimed, and 3.31-11.89 is 7.6 +- 1.96 x 2.19, as SPSS prints it"),
        ("p_values: {sex: {p: 0.40, table: [[7, 13], [6, 6]]}}", "p 0.40 is that of chi-squared"),
        ("p_values: {arm: {p: 0.03, table: [[9, 1, 5], [3, 6, 8]]}}", "p 0.03 is that of chi-squared"),
        ("counts: {arm: {parts: {a: 20, b: ~, c: ~}}}", "b + c = 12: the rest of 32"),
    ],
)  # fmt: skip
def test_what_follows_is_said(check: Check, sections: str, text: str) -> None:
    found = check(sections)
    assert ("implied", text) in [(kind, said) for kind, _, said in found]
    assert {kind for kind, _, _ in found} == {"implied"}


@pytest.mark.parametrize(
    ("sections", "refusal"),
    [
        ("count: {}", "line 3: count: unknown key 'count'; did you mean 'counts'?"),
        ("counts: {a: {part: {}}}", "line 3: counts.a.part: unknown key 'part'; did you mean 'parts'?"),
        ("proportions:\n  orr: {percent: 34.4 %}", "line 4: proportions.orr.percent: expected a number in digits, "
         "found '34.4 %'"),
        ("proportions: {orr: {interval: [1, 2, 3]}}", "line 3: proportions.orr.interval: expected two limits, found 3"),
        ("proportions: {orr: {method: exact}}", "line 3: proportions.orr.method: unknown method 'exact'; known:"),
        ("proportions: {orr: {parts: {best: [CR]}}}", "line 3: proportions.orr.parts: no counts 'best'; there are"),
        ("counts: {best: {parts: {CR: 1}}}\nproportions: {orr: {parts: {best: [PR]}}}",
         "line 4: proportions.orr.parts.best[0]: unknown part 'PR'; known: CR"),
        ("medians: {os: {interval: [1, 2]}}", "line 3: medians.os: key 'estimate' is missing"),
        ("medians: {os: {estimate: 1, not_before: pfs}}", "line 3: medians.os.not_before: unknown median 'pfs'"),
        ("strata: {a: {parts: {b: {x: 1}}}}", "line 3: strata.a.parts.b: key 'of' is missing"),
        ('p_values: {a: {p: "<0,01"}}', "line 3: p_values.a.p: expected a number in digits, found '0,01'"),
        ("p_values: {a: {p: 0.1, table: [[1, 2], [3]]}}", "line 3: p_values.a.table: expected a table of at least"),
        ("level: 100", "line 3: level: expected a percentage between 0 and 100"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_with_its_line(check: Check, sections: str, refusal: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        check(sections)
    assert str(error.value).startswith(f"numbers.yaml {refusal}")


def _command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "onco_registry", "check", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_command_tells_by_its_exit_code(tmp_path: Path) -> None:
    run = _command("publication", _seed(), "--json")
    assert run.returncode == 6
    assert json.loads(run.stdout)[0] == {
        "kind": "impossible",
        "where": "counts.best_response",
        "line": 10,
        "text": "PR 11 + SD 16 + PD 6 = 33 of 32 without CR and NE",
    }
    assert _command("--json", "publication", _seed()).stdout == run.stdout
    right = tmp_path / "right.yaml"
    right.write_text("publication: Somebody 2022\nn: 32\nproportions: {orr: {percent: 34.4}}\n", encoding="utf-8")
    run = _command("publication", right)
    assert run.returncode == 0
    assert "34.4 % is 11/32" in run.stdout
    missing = _command("publication", tmp_path / "none.yaml")
    assert (missing.returncode, missing.stderr) == (2, "error: none.yaml: No such file or directory\n")
