"""`export parquet`: every row, once, in a folder that appears whole."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import duckdb
import pytest

from onco_etl.errors import ConfigurationError, StateError
from onco_registry import export, published
from replica.nights import Demo
from support.command_line import run


@pytest.fixture(name="out", scope="module")
def _out(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's last run as Parquet."""
    out = tmp_path_factory.mktemp("export") / "new" / "parquet"
    first, second = run(demo.site.folder, "export", "parquet", "--out", out).splitlines()
    assert first.startswith("Run 3: ")
    assert second == "Treat it as patient data."
    return out


def test_every_table_and_view_is_a_file_with_the_same_rows(demo: Demo, out: Path) -> None:
    manifest = json.loads((out / export.MANIFEST).read_text(encoding="utf-8"))
    assert manifest["run"] == 3
    with duckdb.connect(demo.site.published, read_only=True) as con:
        names = published.relations(con)
        assert [(table["schema"], table["table"]) for table in manifest["tables"]] == names
        assert {"cdm", "registry", "results"} == {schema for schema, _ in names}
        for table in manifest["tables"]:
            name = f'{table["schema"]}."{table["table"]}"'
            file = f"read_parquet('{out / table['file']}')"
            for one, other in ((name, file), (file, name)):
                assert con.execute(f"SELECT count(*) FROM (FROM {one} EXCEPT ALL FROM {other})").fetchone() == (0,), (
                    name
                )
            assert con.execute(f"SELECT count(*) FROM {file}").fetchone() == (table["rows"],)
    counts = {table["file"]: table["rows"] for table in manifest["tables"]}
    assert counts["cdm/person.parquet"] == 388
    assert counts["cdm/note.parquet"] == 0


def test_the_manifest_has_the_sum_of_each_file(out: Path) -> None:
    manifest = json.loads((out / export.MANIFEST).read_text(encoding="utf-8"))
    for table in manifest["tables"]:
        content = (out / table["file"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (table["bytes"], table["sha256"])
    files = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert files == {"manifest.json", *(table["file"] for table in manifest["tables"])}


def test_nobody_else_can_read_it(out: Path) -> None:
    modes = {path.is_dir(): path.stat().st_mode & 0o777 for path in (out, *out.rglob("*"))}
    assert modes == {True: 0o700, False: 0o600}
    assert len({path.stat().st_mode for path in out.rglob("*") if path.is_file()}) == 1


def test_one_schema_alone(demo: Demo, tmp_path: Path) -> None:
    manifest = export.parquet(demo.site.published, tmp_path / "out", ["results"])
    assert {table["schema"] for table in manifest["tables"]} == {"results"}
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["manifest.json", "results"]


def test_an_export_that_fails_leaves_nothing(
    demo: Demo, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigurationError, match=r"parquet: exists already; choose another folder with --out"):
        export.parquet(demo.site.published, out, ["cdm"])
    with pytest.raises(ConfigurationError, match="no schema 'keys'; there are: cdm, registry, results"):
        export.parquet(demo.site.published, tmp_path / "out", ["cdm", "keys"])
    with duckdb.connect(tmp_path / "other.duckdb") as con:
        con.execute("CREATE TABLE person (person_id INTEGER)")
    with pytest.raises(StateError, match="not a published file"):
        export.parquet(tmp_path / "other.duckdb", tmp_path / "out", ["cdm"])

    def interrupted(_: Path, __: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(export, "_private", interrupted)
    with pytest.raises(KeyboardInterrupt):
        export.parquet(demo.site.published, tmp_path / "out", ["cdm"])
    assert [path.name for path in tmp_path.iterdir()] == ["other.duckdb"]
