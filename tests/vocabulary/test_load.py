"""Loading an Athena download: what is accepted, and what is refused by name, line and column."""

from __future__ import annotations

import re
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from onco_etl import athena, vocabulary
from onco_etl.errors import InputError
from support.athena import concept, related, write, zipped
from support.real_input import DATA

SAMPLE = DATA / "omop-vocabulary-sample/Synthea27Nj_5.4.zip"


@pytest.fixture
def download(tmp_path: Path) -> Path:
    return write(tmp_path / "athena", concept=[concept(1, "a"), concept(2, "b")], concept_relationship=[related(1, 2)])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


def loaded(data: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(data / vocabulary.FILE, read_only=True) as con:
        return con.execute(query).fetchall()


@contextmanager
def refused(data: Path, message: str) -> Iterator[None]:
    """The load is refused in these words, and nothing of it stays."""
    before = sorted(data.iterdir())
    with pytest.raises(InputError, match=message):
        yield
    assert sorted(data.iterdir()) == before


def append(folder: Path, name: str, line: str) -> Path:
    with (folder / name).open("a", encoding="utf-8", newline="") as file:
        file.write(line)
    return folder


def test_quotes_are_letters_and_both_dates_are_read(download: Path, data: Path) -> None:
    append(download, "CONCEPT.csv", '3\t"Quoted" 5\' 10" tall\tCondition\tSNOMED\tX\t\t"c"\t1970-01-02\t20991231\tD\n')
    vocabulary.load(data, download)
    assert loaded(data, "FROM concept WHERE concept_id = 3")[0][1:] == (
        '"Quoted" 5\' 10" tall',
        "Condition",
        "SNOMED",
        "X",
        None,
        '"c"',
        *loaded(data, "SELECT DATE '1970-01-02', DATE '2099-12-31'")[0],
        "D",
    )


@pytest.mark.parametrize("change", [lambda text: text.replace("\n", "\r\n"), lambda text: "\ufeff" + text])
def test_line_ends_and_byte_order_marks(download: Path, data: Path, change: Any) -> None:
    for file in download.iterdir():
        file.write_text(change(file.read_text(encoding="utf-8")), encoding="utf-8", newline="")
    vocabulary.load(data, download)
    assert loaded(data, "SELECT concept_id, invalid_reason FROM concept ORDER BY 1") == [(1, None), (2, None)]


def test_a_file_with_commas_has_quotes(download: Path, data: Path) -> None:
    text = (download / "CONCEPT.csv").read_text(encoding="utf-8").replace("concept 1", '"one, ""first"""')
    (download / "CONCEPT.csv").write_text(text.replace("\t", ","), encoding="utf-8")
    vocabulary.load(data, download)
    assert loaded(data, "SELECT concept_name FROM concept WHERE concept_id = 1") == [('one, "first"',)]


def test_a_zip_is_the_same_as_its_folder(download: Path, data: Path, tmp_path: Path) -> None:
    by_folder = vocabulary.load(data, download)
    path = tmp_path / "athena.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in download.iterdir():
            archive.write(file, f"download/{file.name.lower()}")
            archive.writestr(f"__MACOSX/download/._{file.name}", b"\x00\x05")
        archive.writestr("download/readme.txt", "none of ours")
    assert vocabulary.load(data, path) == by_folder
    assert vocabulary.in_use(data) == by_folder
    assert sorted(entry.name for entry in data.iterdir()) == [vocabulary.FILE]
    assert (data / vocabulary.FILE).stat().st_mode & 0o777 == 0o600


def test_what_was_loaded_is_said(download: Path, data: Path) -> None:
    found = vocabulary.load(data, download, memory_limit="200MB")
    assert (found.release, found.rows["concept"], found.rows["concept_ancestor"]) == ("v5.0 01-JAN-26", 2, 0)
    assert found.absent == athena.OPTIONAL


def test_other_content_is_another_vocabulary(download: Path, data: Path) -> None:
    first = vocabulary.load(data, download)
    assert vocabulary.load(data, download).identity == first.identity
    append(download, "CONCEPT_RELATIONSHIP.csv", "2\t2\tMaps to\t19700101\t20991231\t\n")
    assert vocabulary.load(data, download).identity != first.identity


def test_a_download_without_a_release_needs_a_name(download: Path, data: Path) -> None:
    write(download, vocabulary=[("SNOMED", "SNOMED", "", "2026", 0)])
    with refused(data, "no version of vocabulary 'None'.* --release"):
        vocabulary.load(data, download)
    assert vocabulary.load(data, download, release="mine").release == "mine"


@pytest.mark.parametrize("name", ["CONCEPT.csv", "CONCEPT_RELATIONSHIP.csv", "VOCABULARY.csv"])
def test_a_missing_file_is_named(download: Path, data: Path, name: str) -> None:
    (download / name).unlink()
    with refused(data, f"{name} missing"):
        vocabulary.load(data, download)


ROW = "3\tthree\tCondition\tSNOMED\tX\tS\tc\t19700101\t20991231\t\n"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (ROW[:20], "CONCEPT.csv: line 4: 4 columns instead of 10: truncated"),
        (ROW[:-12], "CONCEPT.csv: line 4: 8 columns instead of 10: truncated"),
        (ROW[:-4], "CONCEPT.csv: line 4: 9 columns instead of 10: truncated"),
        (ROW.replace("\tc\t", "\tc\td\t"), "CONCEPT.csv: line 4: 11 columns instead of 10"),
        (ROW.replace("3\t", "three\t"), "CONCEPT.csv: line 4: column concept_id: 'three' is not an integer"),
        (ROW.replace("3\t", "3000000000\t", 1), "line 4: column concept_id: '3000000000' is not an integer of 32 bits"),
        (ROW.replace("19700101", "19701301"), "line 4: column valid_start_date: '19701301' is not a date"),
        (ROW.replace("20991231", "31.12.2099"), "line 4: column valid_end_date: '31.12.2099' is not a date"),
        (ROW.replace("\tc\t", "\t\t"), "line 4: column concept_code: is empty"),
        (ROW.replace("3\t", "2\t", 1), "concept_id 2 occurs twice"),
    ],
)
def test_a_bad_line_is_named(download: Path, data: Path, line: str, message: str) -> None:
    append(download, "CONCEPT.csv", line)
    with refused(data, message):
        vocabulary.load(data, download)


def test_bytes_that_are_no_text_are_refused(download: Path, data: Path) -> None:
    with (download / "CONCEPT.csv").open("ab") as file:
        file.write(ROW.replace("three", "\xfe").encode("latin-1"))
    with refused(data, "CONCEPT.csv: not UTF-8"):
        vocabulary.load(data, download)


@pytest.mark.parametrize("name", ["CONCEPT.csv", "CONCEPT_RELATIONSHIP.csv", "VOCABULARY.csv"])
def test_a_header_alone_is_no_file(download: Path, data: Path, name: str) -> None:
    header = (download / name).read_text(encoding="utf-8").splitlines()[0]
    (download / name).write_text(f"{header}\n", encoding="utf-8")
    with refused(data, f"{name} has a header and no row: truncated"):
        vocabulary.load(data, download)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("domain_id", "domain", "line 1: column domain_id is missing"),
        ("invalid_reason", "invalid_reason\tmore", "line 1: unexpected column 'more'"),
        ("concept_id\t", "", "line 1: column concept_id is missing"),
    ],
)
def test_a_wrong_header_is_named(download: Path, data: Path, old: str, new: str, message: str) -> None:
    text = (download / "CONCEPT.csv").read_text(encoding="utf-8")
    (download / "CONCEPT.csv").write_text(text.replace(old, new, 1), encoding="utf-8")
    with refused(data, message):
        vocabulary.load(data, download)


def test_a_refused_download_leaves_the_one_in_use(download: Path, data: Path) -> None:
    first = vocabulary.load(data, download)
    append(download, "CONCEPT_RELATIONSHIP.csv", "1\t2\tMaps")
    with refused(data, "CONCEPT_RELATIONSHIP.csv: line 3: 3 columns instead of 6"):
        vocabulary.load(data, download)
    assert vocabulary.in_use(data) == first
    assert loaded(data, "SELECT count(*) FROM concept") == [(2,)]


def test_there_must_be_something(tmp_path: Path, data: Path) -> None:
    with refused(data, "no such file or folder"):
        vocabulary.load(data, tmp_path / "nothing")
    (tmp_path / "notes.zip").write_text("no zip", encoding="utf-8")
    with refused(data, "neither a folder nor a whole zip file"):
        vocabulary.load(data, tmp_path / "notes.zip")


def test_a_broken_zip_is_refused(download: Path, data: Path, tmp_path: Path) -> None:
    whole = zipped(download, tmp_path / "athena.zip").read_bytes()
    cut = tmp_path / "cut.zip"
    cut.write_bytes(whole[: len(whole) // 2])
    with refused(data, "neither a folder nor a whole zip file"):
        vocabulary.load(data, cut)
    broken = bytearray(whole)
    start = whole.index(b"CONCEPT.csv") + len(b"CONCEPT.csv")
    broken[start + 5 : start + 60] = b"\0" * 55
    cut.write_bytes(broken)
    with refused(data, "CONCEPT.csv cannot be unpacked"):
        vocabulary.load(data, cut)


@pytest.mark.parametrize(
    "name", ["../CONCEPT.csv", "/etc/CONCEPT.csv", "a/../../CONCEPT.csv", "..\\CONCEPT.csv", "C:\\x"]
)
def test_names_that_lead_out_of_the_archive_are_refused(download: Path, data: Path, tmp_path: Path, name: str) -> None:
    path = zipped(download, tmp_path / "athena.zip")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(zipfile.ZipInfo(name), "x")
    with refused(data, "leads out of the archive"):
        vocabulary.load(data, path)
    assert not (tmp_path / "CONCEPT.csv").exists()


def test_one_file_twice_is_refused(download: Path, data: Path, tmp_path: Path) -> None:
    path = zipped(download, tmp_path / "athena.zip")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("old/CONCEPT.csv", "x")
    with refused(data, re.escape("CONCEPT.csv and old/CONCEPT.csv are both CONCEPT.csv")):
        vocabulary.load(data, path)


def test_a_zip_bomb_is_refused_unopened(download: Path, data: Path, tmp_path: Path) -> None:
    """By the size that its directory declares: 4 GB in some hundred bytes."""
    path = zipped(download, tmp_path / "athena.zip")
    content = bytearray(path.read_bytes())
    directory = content.index(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = struct.pack("<I", 2**32 - 2)
    path.write_bytes(content)
    with refused(data, "would unpack to 4,294,967,294 bytes: refused"):
        vocabulary.load(data, path)


def test_a_zip_whose_files_are_longer_than_declared_is_refused(download: Path, data: Path, tmp_path: Path) -> None:
    path = zipped(download, tmp_path / "athena.zip")
    content = bytearray(path.read_bytes())
    directory = content.index(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = struct.pack("<I", 100)
    path.write_bytes(content)
    with refused(data, "CONCEPT.csv cannot be unpacked"):
        vocabulary.load(data, path)


def test_the_shared_sample_loads(data: Path) -> None:
    if not SAMPLE.exists():
        pytest.skip(f"no {SAMPLE} here")
    found = vocabulary.load(data, SAMPLE, memory_limit="500MB")
    assert (found.release, found.rows["concept"], found.rows["concept_relationship"]) == (
        "v5.0 09-APR-22*",
        2_294,
        266_588,
    )
    assert found.absent == ()
    assert found.rows["concept_ancestor"] == 0
