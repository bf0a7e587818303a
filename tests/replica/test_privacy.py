"""What the hospital knows people by stays in the private area: it is in nothing published, printed or logged."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from replica.nights import Demo, Json

# The family name of all of them is also a word of the bulletin's notice that no patient in it exists.
NOTICE = "Fictional"


@pytest.fixture(scope="module", name="planted")
def _planted(demo: Demo) -> set[str]:
    """Names, telephone numbers, identifiers, addresses and ids of the record that the demo generated."""
    return set(_identifying(list(demo.received().values())))


def test_enough_was_planted(planted: set[str]) -> None:
    assert {
        "虚构患者0001",
        "Person-0001",
        "MRN-FICTIONAL-0388",
        "000-5550-0388",
        "虚构路0001号",
        "p388",
        "med-17",
    } <= planted
    assert len(planted) == 388 * 6 + len({NOTICE, "Fictional City"}) + 17


def test_published_tables_hold_none_of_it(demo: Demo, planted: set[str]) -> None:
    assert _places(demo.site.published, planted) == set()


def test_the_search_finds_what_is_private(demo: Demo, planted: set[str]) -> None:
    found = _places(demo.site.workspace, planted, schemas="keys")
    assert {("keys", "person", "row_key"), ("keys", "measurement", "row_key")} <= found


def test_bulletin_and_logs_hold_none_of_it(demo: Demo, planted: set[str]) -> None:
    pages = sorted((demo.months.folder / "data" / "bulletins").rglob("*.*"))
    # Three months of the internal edition and two of the public one, each with a page in two languages.
    assert Counter(page.name for page in pages if page.suffix in (".html", ".json")) == {
        "bulletin.en.html": 5, "bulletin.zh.html": 5, "bulletin.json": 5, "manifest.json": 5, "measure-report.json": 5,
        "index.html": 2, "index.zh.html": 2,
    }  # fmt: skip
    assert sum(page.suffix == ".csv" for page in pages) > 100
    assert len(demo.logged) > 20
    texts = [page.read_text(encoding="utf-8") for page in pages] + [demo.printed, str(demo.logged)]
    private = re.compile("|".join(map(re.escape, sorted(planted - {NOTICE}))))
    assert [private.findall(text) for text in texts] == [[]] * len(texts)


def _identifying(resources: list[Json]) -> Iterator[str]:
    patients = {resource["id"] for resource in resources if resource["resourceType"] == "Patient"}
    for resource in resources:
        # An id that begins with a patient's is found by it.
        if resource["id"].split("-")[0] not in patients - {resource["id"]}:
            yield resource["id"]
        yield from (identifier["value"] for identifier in resource.get("identifier", []))
    for patient in (resource for resource in resources if resource["resourceType"] == "Patient"):
        for name in patient["name"]:
            yield from (name["text"], name["family"], *name["given"])
        yield from (contact["value"] for contact in patient["telecom"])
        for address in patient["address"]:
            yield from (
                *address["line"],
                address["city"],
                *([address["postalCode"]] if "postalCode" in address else []),
            )


def _places(file: Path, planted: set[str], *, schemas: str = "%") -> set[tuple[str, str, str]]:
    """(schema, table, column) of every column with text in which one of the strings occurs, in schemas like this."""
    with duckdb.connect(file, read_only=True) as con:
        con.execute("CREATE TEMP TABLE planted AS SELECT unnest($1) AS value", [sorted(planted)])
        columns = con.execute(
            """
            SELECT schema_name, table_name, column_name FROM duckdb_columns()
            WHERE database_name = current_database() AND NOT internal AND schema_name LIKE $1
                AND (contains(data_type, 'VARCHAR') OR contains(data_type, 'JSON'))
            """,
            [schemas],
        ).fetchall()
        return {
            (schema, table, column)
            for schema, table, column in columns
            if con.execute(
                f"""
                FROM (SELECT DISTINCT "{column}"::VARCHAR AS value FROM {schema}."{table}") AS text
                JOIN planted ON contains(text.value, planted.value) LIMIT 1
                """
            ).fetchone()
        }
