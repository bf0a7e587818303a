"""Thresholds, trend, what is kept and published, and the exit code that monitoring reads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from hospital.nights import Hospital, patient, visit, weight
from onco_etl import quality, quality_checks, workspace
from onco_registry import checks
from onco_registry.status import Rows

CHECK = next(check for check in quality_checks.declared() if check.name == "after_birth")


@pytest.mark.parametrize(
    ("severity", "threshold", "violations", "status"),
    [
        ("error", 0.0, 0, "pass"),
        ("error", 0.0, 1, "fail"),
        ("error", 0.01, 10, "pass"),
        ("error", 0.01, 11, "fail"),
        ("fatal", 0.01, 11, "fail"),
        ("warning", 0.01, 10, "pass"),
        ("warning", 0.01, 11, "warn"),
        ("info", 0.01, 1000, "pass"),
    ],
)
def test_up_to_the_threshold_is_tolerated(severity: str, threshold: float, violations: int, status: str) -> None:
    instance = quality_checks.Instance(replace(CHECK, severity=severity, threshold=threshold))
    assert quality.result(instance, 1000, violations, None).status == status


def test_nothing_to_look_at_is_not_applicable() -> None:
    result = quality.result(quality_checks.Instance(CHECK), 0, 0, 0.5)
    assert (result.status, result.share, result.trend) == ("not applicable", 0.0, None)


@pytest.mark.parametrize(
    ("previous", "share", "expected"),
    [
        (0.0, 0.0, "same"),
        (0.0, 0.000001, "worse"),
        (0.000001, 0.0, "better"),
        (0.5, 0.5009, "same"),
        (0.5, 0.502, "worse"),
        (0.5, 0.498, "better"),
    ],
)
def test_trend(previous: float, share: float, expected: str) -> None:
    assert quality.trend(previous, share) == expected


@pytest.fixture(scope="module", name="checked")
def _checked(tmp_path_factory: pytest.TempPathFactory) -> Hospital:
    """Two nights that were checked; the second brings a visit that ends before the weight was measured."""
    site = Hospital(tmp_path_factory.mktemp("nights"))
    site.settings = replace(site.settings, check_every_sync=True)
    site.night(patient(), visit(), weight())
    ended = {"start": "2021-01-01", "end": "2021-01-01"}
    site.night(visit(period=ended))
    return site


def test_results_are_kept_per_run_and_published(checked: Hospital) -> None:
    found = checked.published(
        """
        SELECT run, examined, violations, share, threshold, status, previous_share, trend FROM registry.quality
        WHERE check_name = 'within_visit' AND cdm_table = 'measurement' ORDER BY run
        """
    )
    assert found == [(1, 1, 0, 0.0, 0.05, "pass", None, None), (2, 1, 1, 1.0, 0.05, "warn", 0.0, "worse")]


def test_checking_again_replaces_the_results_of_the_run(checked: Hospital) -> None:
    before = checked.workspace("SELECT * FROM state.quality ORDER BY ALL")
    with workspace.connect(checked.settings.data) as con:
        quality.check(con, checked.settings.data)
    assert checked.workspace("SELECT * FROM state.quality ORDER BY ALL") == before


def test_nothing_is_checked_before_the_first_run(tmp_path: Path) -> None:
    site = Hospital(tmp_path)
    with workspace.connect(site.settings.data) as con:
        assert quality.run(con, site.settings.data) == []


def statuses(*found: str) -> Rows:
    return [{"status": status, "trend": None} for status in found]


@pytest.mark.parametrize(
    ("found", "strict", "expected"),
    [
        (statuses("pass", "not applicable"), True, False),
        (statuses("pass", "warn"), False, False),
        (statuses("pass", "warn"), True, True),
        (statuses("warn", "fail"), False, True),
    ],
)
def test_what_monitoring_is_told(found: Rows, strict: bool, expected: bool) -> None:
    assert checks.failed(found, strict=strict) is expected


def test_the_summary_counts() -> None:
    found = [*statuses("pass", "warn", "fail", "fail"), {"status": "pass", "trend": "worse"}]
    assert checks.summary(found) == (
        "Checks: 2 pass, 1 warn, 2 fail, 0 not applicable; 1 worse than after the run before."
    )


def test_blank_lines_and_empty_bundles_are_no_lost_lines(tmp_path: Path) -> None:
    site = Hospital(tmp_path)
    site.night(patient(), "", '{"resourceType": "Bundle", "type": "collection"}', "  ")
    with workspace.connect(site.settings.data) as con:
        (lines,) = [result for result in quality.run(con, site.settings.data) if result.check == "lines_accounted"]
    assert (lines.examined, lines.violations, lines.status) == (4, 0, "pass")


def test_a_landed_line_without_a_version_is_found(tmp_path: Path) -> None:
    site = Hospital(tmp_path)
    site.night(patient(), "", patient("p2"))
    with workspace.connect(site.settings.data) as con:
        con.execute("DELETE FROM state.ledger WHERE line = 3")
        (lines,) = [result for result in quality.run(con, site.settings.data) if result.check == "lines_accounted"]
    assert (lines.examined, lines.violations, lines.status) == (3, 1, "fail")


def test_a_check_of_a_concept_that_no_vocabulary_has_is_not_applicable(
    con: duckdb.DuckDBPyConnection, data: Path
) -> None:
    con.execute("DELETE FROM cdm.concept WHERE concept_code = '89247-1'")
    (found,) = [result for result in quality.run(con, data) if result.check == "ecog_value"]
    assert (found.examined, found.status) == (0, "not applicable")
