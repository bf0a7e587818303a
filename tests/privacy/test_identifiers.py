"""No identifiers: what names a person, planted wherever a text is read, is in nothing that leaves the private area."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest

from onco_etl import fhir_schema, relations
from onco_registry import cli
from onco_registry.installed import registry_names
from privacy.planted import TOKENS, TRACES, VALID, everywhere, valid

TRACE = re.compile("|".join(map(re.escape, TRACES)))


@dataclass
class Site:
    """A folder in which commands are run as IT runs them, and all that they said."""

    folder: Path
    said: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, code: int = 0) -> None:
        """Run a command in this process; what it prints and logs is kept under its words and number."""
        said = io.StringIO()
        with contextlib.chdir(self.folder), contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            argv, sys.argv = sys.argv, ["onco-registry", *arguments]
            with pytest.raises(SystemExit) as ended:
                cli.main()
            sys.argv = argv
        assert ended.value.code == code, said.getvalue()
        self.said[f"{len(self.said)} {' '.join(arguments)}"] = said.getvalue()

    def batch(self, name: str, file: str, lines: list[Any]) -> None:
        """Write lines of NDJSON, from resources or as they are, to a new folder."""
        folder = self.folder / name
        folder.mkdir()
        texts = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines]
        folder.joinpath(file).write_text("\n".join(texts) + "\n", encoding="utf-8")


def bad_lines() -> list[str]:
    """Lines that cannot be read, each with a token somewhere."""
    name, phone = TOKENS["chinese name"], TOKENS["telephone"]
    return [
        f'{{"resourceType": "Patient", "id": "zqid-bad", "name": {name}',
        f'{{"resourceType": "Observation", "id": "zqid-shape", "code": ["{name}"]}}',
        f'{{"resourceType": "Observation", "id": "zqid-twice", "id": "{phone}"}}',
        f'{{"resourceType": "{TOKENS["word"]}", "id": "zqid-unknown", "note": "{name}"}}',
        f'{{"resourceType": "{name}", "id": "zqid-unknown"}}',
        f'{{"id": "zqid-none", "name": "{name}"}}',
        f'["{name}"]',
        f'"{TOKENS["name"]}"',
    ]


def deletion(*urls: str) -> dict[str, Any]:
    return {"resourceType": "Bundle", "entry": [{"request": {"method": "DELETE", "url": url}} for url in urls]}


@pytest.fixture(scope="module", name="site")
def _site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Three nights with everything planted, and every command that is not for IT's eyes alone."""
    site = Site(tmp_path_factory.mktemp("site"))
    whole = [valid(name, "p" if name == "Patient" else f"v-{name}") for name in VALID]
    contained = {**valid("Medication", "c"), "code": {"text": TOKENS["name"], "coding": [{"code": TOKENS["word"]}]}}
    site.batch(
        "first",
        f"{TOKENS['name']} {TOKENS['chinese name']}.ndjson",
        [
            *whole,
            *everywhere(),
            *bad_lines(),
            {
                **valid("MedicationStatement", "contained"),
                "contained": [contained],
                "medicationReference": {"reference": "#zqid-c"},
                "medicationCodeableConcept": None,
            },
        ],
    )
    gone = [f"{name}/zqid-v-{name}" for name in VALID if name != "Patient"]
    site.batch("second", f"{TOKENS['record number']}.json", [deletion(*gone, f"Patient/{TOKENS['word']}", "")])
    site.batch("third", "zqid-3.ndjson", [*whole, *bad_lines()[:3]])
    site.batch("broken", "unused.ndjson", [])
    site.folder.joinpath("broken", f"{TOKENS['chinese name']}.ndjson.gz").write_bytes(gzip.compress(b"{}" * 99)[:-9])
    site.run("init")
    site.run("status")
    for night in ("first", "second", "third"):
        site.run("sync", "--from", night)
    site.run("quarantine", "replay")
    site.run("sync", "--from", "broken", code=3)
    with pytest.MonkeyPatch.context() as patch:
        # Named, so that it has a bulletin although nobody entered it.
        patch.setenv("ONCO_REGISTRY__REGISTRIES", registry_names()[0])
        site.run("recompute", "--data-cut", "2021-12-31")
        site.run("bulletin")
    for command in ("status", "runs", "check"):
        site.run(command)
        site.run(command, "--json")
    site.run("unmapped", "list")
    return site


def test_every_type_has_a_valid_resource_that_is_mapped(site: Site) -> None:
    assert sorted(VALID) == list(fhir_schema.resource_types())
    with duckdb.connect(site.folder / "data" / "workspace.duckdb", read_only=True) as con:
        fates = con.execute(
            "SELECT DISTINCT fate FROM state.ledger WHERE run = 1 AND resource_type <> 'Consent' "
            "AND regexp_matches(resource, 'zqid-(v-|p$|cont)')"
        ).fetchall()
        mapped = con.execute(
            "SELECT count(*) / (SELECT count(*) FROM state.ledger WHERE run = 1) > 0.7 FROM state.ledger "
            "WHERE run = 1 AND fate = 'mapped'"
        ).fetchone()
    assert fates == [("mapped",)]
    assert mapped == (True,)


def test_the_search_finds_what_is_private(site: Site) -> None:
    found = places(site.folder / "data" / "workspace.duckdb")
    assert {"staged.observation.valueString", "keys.person.row_key", "state.landed.name"} <= found


def test_no_column_of_any_published_file_holds_it(site: Site) -> None:
    files = sorted(site.folder.joinpath("data", "published").glob("warehouse-*.duckdb"))
    assert len(files) == 5
    assert {file.name: places(file) for file in files} == {file.name: set() for file in files}


def test_no_byte_of_the_published_files_holds_it(site: Site) -> None:
    for file in site.folder.joinpath("data", "published").glob("warehouse-*.duckdb"):
        content = file.read_bytes()
        assert [trace for trace in TRACES if trace.encode() in content] == []


def test_nothing_that_was_said_holds_it(site: Site) -> None:
    assert len(site.said) == 16
    assert all(said for said in site.said.values())
    found = {command: said for command, said in site.said.items() if TRACE.search(said)}
    # Who gave the folder is told which of its files cannot be read, in one line.
    (command,) = found
    assert command == "6 sync --from broken"
    assert re.fullmatch(r"error: broken/[^/]+\.ndjson\.gz: cannot be read: [^/]+\n", found[command])


def test_no_bulletin_or_setting_holds_it(site: Site) -> None:
    written = [*site.folder.joinpath("data", "bulletins").rglob("*.*"), *site.folder.glob("*.toml")]
    # Of two editions: an index and a page in each language; document, manifest and report; the tables.
    suffixes = Counter(path.suffix for path in written)
    assert (suffixes[".html"], suffixes[".json"], suffixes[".toml"]) == (8, 6, 1)
    assert suffixes[".csv"] > 40
    assert [path.name for path in written if TRACE.search(path.name + path.read_text(encoding="utf-8"))] == []


def test_the_recorded_messages_of_runs_hold_none_of_it(site: Site) -> None:
    with duckdb.connect(site.folder / "data" / "workspace.duckdb", read_only=True) as con:
        told = con.execute("SELECT message FROM state.run UNION ALL SELECT message FROM state.quarantine").fetchall()
    assert len(told) > 150
    assert not [message for (message,) in told if message and TRACE.search(message)]


def places(file: Path) -> set[str]:
    """schema.table.column of every column in which a trace is found."""
    with duckdb.connect(file, read_only=True) as con:
        tables = con.execute(
            "SELECT schema_name, table_name, list(column_name) FROM duckdb_columns() "
            "WHERE database_name = current_database() AND NOT internal GROUP BY ALL"
        ).fetchall()
        found = set()
        for schema, table, columns in tables:
            tested = ", ".join(f"bool_or(regexp_matches(\"{name}\"::VARCHAR, '{TRACE.pattern}'))" for name in columns)
            row = con.execute(f'SELECT {tested} FROM {schema}."{table}"').fetchone() or ()
            found |= {f"{schema}.{table}.{name}" for name, held in zip(columns, row, strict=True) if held}
        return found


@pytest.mark.parametrize(
    ("text", "in_known_system", "expected"),
    [
        ("C49.200x001", False, True),
        ("29463-7", True, True),
        ("1097811000119106", True, True),
        ("1097811000119106", False, False),
        ("300123", False, True),
        ("LAB-00123", False, True),
        ("glucose", False, True),
        ("ALT", False, True),
        ("Hb", False, True),
        ("Cel", True, True),
        ("10*9/L", True, True),
        ("{score}", True, True),
        *((token, known, False) for token in TOKENS.values() for known in (True, False)),
        ("O'Neill", False, False),
        ("Quill-Feather", False, False),
        ("Wang", False, False),
        ("110105491231002", True, False),
        ("+8613987654321", True, False),
        ("021-55587743", True, False),
        ("国药准字H20041234", False, False),
        ("", False, False),
    ],
)
def test_what_reads_as_a_code(text: str, in_known_system: bool, expected: bool) -> None:
    with duckdb.connect() as con:
        con.execute(relations.macro_text("texts"))
        found = con.execute("SELECT reads_as_code($1, $2)", [text, in_known_system]).fetchone()
    assert found == (expected,)
