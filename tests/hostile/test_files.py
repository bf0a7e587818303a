"""What becomes of odd files and names: received, skipped with a word, or an error that changes nothing."""

from __future__ import annotations

import gzip
import json
import os
import zipfile
from pathlib import Path

import pytest

from etl.site import patient
from onco_etl import landing, sources
from onco_etl.errors import InputError

LIMITS = landing.Limits(line=1 << 20, file=1 << 20)
LINE = json.dumps(patient()).encode() + b"\n"


def received(folder: Path) -> dict[str, int]:
    """The lines of each file that is landed, by name."""
    files = landing.land(sources.find(folder), folder.parent / "landing", source="main", limits=LIMITS)
    return {file.name: file.lines for file in files}


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    folder.joinpath("a.ndjson").write_bytes(LINE)
    return folder


def refused(folder: Path, message: str) -> None:
    """Nothing of the folder is landed, for this reason."""
    with pytest.raises(InputError, match=message):
        received(folder)
    assert not (folder.parent / "landing").exists()


def test_links_are_not_followed(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.ndjson"
    outside.write_bytes(LINE)
    (folder / "link.ndjson").symlink_to(outside)
    (folder / "gone.ndjson").symlink_to(tmp_path / "gone")
    (folder / "loop").symlink_to(folder)
    (folder / "self.ndjson").symlink_to(folder / "self.ndjson")
    assert received(folder) == {"a.ndjson": 1}


def test_the_given_path_may_be_a_link(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "newest").symlink_to(folder)
    assert received(tmp_path / "newest") == {"a.ndjson": 1}


def test_pipes_and_sockets_are_not_opened(folder: Path) -> None:
    os.mkfifo(folder / "pipe.ndjson")
    assert received(folder) == {"a.ndjson": 1}


def test_a_pipe_or_a_device_as_the_path_is_an_error_and_does_not_wait(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.ndjson")
    refused(tmp_path / "pipe.ndjson", "not a regular file")
    (tmp_path / "zero.ndjson").symlink_to("/dev/zero")
    refused(tmp_path / "zero.ndjson", "not a regular file")


def test_a_file_that_becomes_a_pipe_is_an_error_and_does_not_wait(folder: Path) -> None:
    found = sources.find(folder)
    (folder / "a.ndjson").unlink()
    os.mkfifo(folder / "a.ndjson")
    with pytest.raises(InputError, match="not a regular file"):
        landing.land(found, folder.parent / "landing", source="main", limits=LIMITS)


def test_a_file_that_disappears_is_an_error(folder: Path) -> None:
    found = sources.find(folder)
    (folder / "a.ndjson").unlink()
    with pytest.raises(InputError, match="No such file"):
        landing.land(found, folder.parent / "landing", source="main", limits=LIMITS)


def test_a_file_that_changes_while_it_is_read_is_an_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = sources.find(folder)
    read = sources.Received.read

    def meanwhile(self: sources.Received, size: int) -> bytes:
        chunk = read(self, size)
        if not chunk:
            (folder / "a.ndjson").write_bytes(LINE * 2)
        return chunk

    monkeypatch.setattr(sources.Received, "read", meanwhile)
    with pytest.raises(InputError, match="changed while it was read"):
        landing.land(found, folder.parent / "landing", source="main", limits=LIMITS)
    assert not (folder.parent / "landing").exists()


def test_a_file_that_may_not_be_read_is_an_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "b.ndjson").write_bytes(LINE)
    opening = os.open

    # Root may read everything, so the refusal is played.
    def refusing(path: Path, flags: int) -> int:
        if Path(path).name == "b.ndjson":
            raise PermissionError(13, "Permission denied")
        return opening(path, flags)

    monkeypatch.setattr(os, "open", refusing)
    refused(folder, "b.ndjson: cannot be read: Permission denied")


@pytest.mark.parametrize("content", [b"", b"\n \r\n\t\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"])
def test_a_file_without_content_is_none(folder: Path, content: bytes) -> None:
    (folder / "b.ndjson").write_bytes(content)
    (folder / "b.json").write_bytes(content)
    (folder / "b.json.gz").write_bytes(gzip.compress(content))
    assert received(folder) == {"a.ndjson": 1}


def test_nothing_but_empty_files_is_an_error(folder: Path) -> None:
    (folder / "a.ndjson").write_bytes(b"\n")
    refused(folder, "nothing to read")


@pytest.mark.parametrize(
    "name", ["Observation.NDJSON", "o'neil \".ndjson", "中文 名.json", "x" * 240 + ".jsonl", "-.json"]
)
def test_names_as_they_are(folder: Path, name: str) -> None:
    (folder / name).write_bytes(LINE)
    assert received(folder) == {"a.ndjson": 1, name: 1}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"two\nlines.ndjson", "two\\nlines.ndjson"),
        (b"\xff\xfe.ndjson", "\\xff\\xfe.ndjson"),
        (b"\x1b[31mred.ndjson", "\\x1b[31mred.ndjson"),
        ("\u202ename.ndjson".encode(), "\\u202ename.ndjson"),
    ],
)
def test_names_that_are_shown_escaped(folder: Path, name: bytes, shown: str) -> None:
    (folder / os.fsdecode(name)).write_bytes(LINE)
    assert received(folder) == {"a.ndjson": 1, shown: 1}


def test_concatenated_gz_members_are_one_file(folder: Path) -> None:
    (folder / "b.ndjson.gz").write_bytes(gzip.compress(LINE) + gzip.compress(LINE * 2))
    assert received(folder) == {"a.ndjson": 1, "b.ndjson.gz": 3}


@pytest.mark.parametrize(
    "content",
    [gzip.compress(LINE * 10_000)[:-20], gzip.compress(LINE) + b"garbage", b"\x1f\x8b", LINE],
    ids=["truncated", "trailing garbage", "only a header", "not compressed"],
)
def test_a_damaged_gz_is_an_error(folder: Path, content: bytes) -> None:
    (folder / "b.ndjson.gz").write_bytes(content)
    refused(folder, r"b.ndjson.gz: cannot be read")


@pytest.mark.parametrize("content", [bytes(2 << 20), LINE * 20_000], ids=["zeros", "lines"])
def test_a_gz_that_expands_without_end_is_an_error(folder: Path, content: bytes) -> None:
    (folder / "bomb.ndjson.gz").write_bytes(gzip.compress(content))
    refused(folder, r"bomb.ndjson.gz: more than 1048576 bytes, decompressed \(maximum_file_size\)")


def test_archives_are_not_opened(folder: Path) -> None:
    with zipfile.ZipFile(folder / "b.zip", "w") as archive:
        archive.writestr("../../b.ndjson", LINE)
    assert received(folder) == {"a.ndjson": 1}


def test_nothing_but_an_archive_is_an_error_that_says_what_to_do(folder: Path) -> None:
    (folder / "a.ndjson").rename(folder / "a.zip")
    refused(folder, "archives are to be unpacked first")


def test_a_folder_that_may_not_be_listed_is_an_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refusing)
    refused(folder, "cannot be read: Permission denied")
