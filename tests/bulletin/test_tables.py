"""The CSV tables: read back by pandas they are the document's numbers, and no cell is a formula."""

from __future__ import annotations

import csv
import io
from typing import Any

import pandas as pd
import pytest

from onco_registry.bulletin.tables import tables


@pytest.fixture(name="files")
def _files(document: dict[str, Any]) -> dict[str, bytes]:
    return tables(document)


def row(frame: pd.DataFrame, key: str, columns: list[str]) -> list[Any]:
    """These columns of the row whose first column is `key`."""
    (found,) = frame.loc[frame.iloc[:, 0] == key, columns].to_numpy().tolist()
    return list(found)


def read(files: dict[str, bytes], name: str) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(files[f"tables/{name}.csv"]))


def test_every_list_of_the_document_has_a_file(files: dict[str, bytes]) -> None:
    assert set(files) >= {
        "tables/about.csv",
        "tables/attrition.csv",
        "tables/changes_headline.csv",
        "tables/changes_headline_reasons.csv",
        "tables/completeness.csv",
        "tables/consistency_checks.csv",
        "tables/contrasts.csv",
        "tables/contrasts_groups.csv",
        "tables/headline.csv",
        "tables/response_by_source.csv",
        "tables/response_estimates.csv",
        "tables/response_strata.csv",
        "tables/response_swimmer.csv",
        "tables/response_swimmer_treatment.csv",
        "tables/response_waterfall.csv",
        "tables/safety_any.csv",
        "tables/safety_related.csv",
        "tables/safety_terms.csv",
        "tables/survival.csv",
        "tables/survival_curve.csv",
        "tables/survival_decided_by.csv",
        "tables/survival_estimates.csv",
    }
    assert list(files) == sorted(files)


def test_headline(files: dict[str, bytes]) -> None:
    found = read(files, "headline")
    proportion = row(found, "orr", ["estimate", "lower", "upper", "x", "n", "unit"])
    assert proportion == [0.375, 0.0852, 0.7551, 3, 8, "proportion"]
    assert row(found, "pfs_median", ["estimate", "lower", "n", "events", "unit"]) == [6.25, 2.04, 8, 5, "months"]
    assert found.loc[found["name"].isin(["pfs_median", "os_median"]), "upper"].isna().all()


def test_rows_of_inner_lists_begin_with_what_holds_them(files: dict[str, bytes]) -> None:
    curve = read(files, "survival_curve")
    columns = ["endpoint", "time_days", "at_risk", "events", "censored", "survival", "unit"]
    assert curve.loc[curve["endpoint"] == "os", columns].to_numpy().tolist() == [
        ["os", 120, 8, 2, 0, 0.75, "fraction"],
        ["os", 430, 6, 0, 6, 0.75, "fraction"],
    ]
    # Until when the figure shows each curve.
    assert dict(curve.groupby("endpoint")["curve_shown_until_days"].max()) == {"os": 430, "pfs": 190}
    strata = read(files, "response_strata")
    assert strata[["variable", "strata_label", "label", "x", "n"]].to_numpy().tolist() == [
        ["subtype", "Histological subtype", "Alpha", 2, 5],
        ["subtype", "Histological subtype", "Beta", 1, 3],
    ]


def test_records_without_a_name_are_numbered(files: dict[str, bytes]) -> None:
    patients, treatment = read(files, "response_swimmer"), read(files, "response_swimmer_treatment")
    assert patients[["number", "days"]].head(2).to_numpy().tolist() == [[1, 429], [2, 119]]
    assert treatment[["number", "component", "to"]].head(2).to_numpy().tolist() == [
        [1, "drug_a", 429],
        [2, "drug_a", 119],
    ]
    assert list(read(files, "response_spider").columns) == ["number", "response", "day", "change", "unit"]


def test_a_unit_is_told_where_the_rows_do_not_tell_it(files: dict[str, bytes]) -> None:
    assert set(read(files, "safety_incidence")["unit"]) == {"fraction"}
    assert set(read(files, "safety_rates")["unit"]) == {"per 100 person-years"}


def test_changes_are_fractions_and_say_so(files: dict[str, bytes]) -> None:
    found = read(files, "response_waterfall")
    assert found[["change", "response", "unit"]].head(2).to_numpy().tolist() == [
        [1.34, "PD", "fraction"],
        [0.12, "SD", "fraction"],
    ]


def test_grades_have_a_column_each(files: dict[str, bytes]) -> None:
    columns = [f"any_{grade}" for grade in range(1, 6)] + ["related_3", "n"]
    assert row(read(files, "safety_terms"), "Rash", columns) == [3, 0, 1, 0, 0, 1, 8]


def test_what_is_in_no_list(files: dict[str, bytes]) -> None:
    found = read(files, "about").fillna("").set_index(["section", "name"])["value"]
    assert found["bulletin", "data_cut"] == "2022-05-31"
    assert found["headline", "patients"] == "8"
    assert found["run", "quarantined"] == "3"
    assert found["bulletin", "fictional"] == "true"
    assert found["registry", "notes"] == "A caveat of this registry."


def test_the_file_is_what_spreadsheets_and_rfc_4180_want(document: dict[str, Any]) -> None:
    document["queries"] = [{"query": "no_baseline", "label": '缺少 "基线", 有日期', "source": None, "x": 2}]
    content = tables(document)["tables/queries.csv"]
    assert content.decode() == '\ufeffquery,label,source,x\r\nno_baseline,"缺少 ""基线"", 有日期",,2\r\n'


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"])
def test_no_text_is_a_formula(document: dict[str, Any], text: str) -> None:
    document["registry"]["notes"] = [text]
    document["safety"]["terms"][0]["term"] = text
    files = tables(document)
    for name in ("tables/about.csv", "tables/safety_terms.csv"):
        cells = [cell for row in csv.reader(io.StringIO(files[name].decode("utf-8-sig"), newline="")) for cell in row]
        assert f"'{text}" in cells
        assert text not in cells


def test_a_negative_number_stays_one(files: dict[str, bytes]) -> None:
    assert read(files, "response_waterfall")["change"].min() == -0.55


def test_tables_without_rows_have_their_header(document: dict[str, Any]) -> None:
    document.update(survival=[], attrition=[], safety=None)
    document["headline"]["measures"]["orr"] = None
    files = tables(document)
    assert list(read(files, "attrition").columns)[:5] == ["step", "criterion", "label", "excluded", "remaining"]
    assert list(read(files, "survival_curve").columns)[:5] == [
        "endpoint", "label", "curve_shown_until_days", "curve_grid_days", "time_days",
    ]  # fmt: skip
    assert list(read(files, "safety_terms").columns)[:3] == ["term", "class", "n"]
    assert pd.isna(row(read(files, "headline"), "orr", ["estimate", "x", "n", "unit"])).all()


def test_the_order_of_keys_does_not_matter(document: dict[str, Any]) -> None:
    turned = {key: document[key] for key in sorted(document, reverse=True)}
    turned["attrition"] = [dict(reversed(row.items())) for row in document["attrition"]]
    assert tables(turned) == tables(document)
