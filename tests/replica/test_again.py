"""What is sent again, and what is computed again, changes nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from replica.nights import NIGHTS, Demo, Site, amended

# The tables that tell of the runs themselves.
RUN_TABLES = {("registry", name) for name in ("runs", "fate", "replica", "recompute", "quality")}


def test_the_same_nights_again(demo: Demo, site: Site) -> None:
    reports = [site.sync(demo.fhir / name) for name in NIGHTS]
    # Of night one's resources, night two amended 26; it brought 5 of its own and sent 3 again as they were.
    assert [report.fates for report in reports] == [
        {"superseded": 26, "unchanged": 16546, "unsupported": 32},
        {"unchanged": 34},
    ]
    assert _differences(demo.site.published, site.published) == set()


def test_computed_once(demo: Demo, site: Site) -> None:
    first, second = site.recompute(), site.recompute()
    assert first == second
    assert demo.site.rows("SELECT DISTINCT hash FROM results.estimate") == [(first[0]["hash"],)]
    assert _differences(demo.site.published, site.published) == set()


def test_the_same_knowledge_gives_the_same_bytes_whatever_was_learned_since(demo: Demo, site: Site) -> None:
    alive = amended(demo.received()["Patient", "p001"])
    del alive["deceasedDateTime"]
    assert site.send([alive]).fates == {"mapped": 1}
    site.forget_results()
    shutil.rmtree(site.folder / "data" / "bulletins", ignore_errors=True)
    site.recompute(as_of=2)
    site.bulletin()
    assert {
        table for schema, table in _differences(demo.site.published, site.published) if schema == "results"
    } == set()
    for name in ("bulletin.json", "bulletin.en.html"):
        assert site.current_bulletin(name) == demo.site.current_bulletin(name)


def _differences(one: Path, other: Path) -> set[tuple[str, str]]:
    """The tables of two published files whose rows differ, apart from those that tell of runs."""
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{one}' AS one (READ_ONLY); ATTACH '{other}' AS other (READ_ONLY)")
        listed = "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = $1"
        tables, others = (set(con.execute(listed, [name]).fetchall()) for name in ("one", "other"))
        assert tables == others
        return {
            (schema, table)
            for schema, table in tables - RUN_TABLES
            if con.execute(
                f"""
                (FROM one.{schema}.{table} EXCEPT ALL FROM other.{schema}.{table})
                UNION ALL (FROM other.{schema}.{table} EXCEPT ALL FROM one.{schema}.{table}) LIMIT 1
                """
            ).fetchone()
        }
