"""An Athena download: which of its files lie under a path (zip or folder), and what each one's lines look like."""

from __future__ import annotations

import csv
import os
import re
import shutil
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path, PurePosixPath

from onco_etl import cdm
from onco_etl.errors import InputError

REQUIRED = ("concept", "concept_relationship", "vocabulary")
OPTIONAL = ("concept_ancestor", "concept_synonym", "domain", "concept_class", "relationship", "drug_strength")
# The whole of Athena is some 10 GB of text; more than this is no vocabulary.
LARGEST = 64 << 30
# Text of this kind shrinks to a fifth or a tenth.
_HIGHEST_RATIO = 200
# Names may be missing: Athena leaves those of CPT4 to be filled in by the site.
_MAY_BE_EMPTY = re.compile(r"_(name|reference)$")
_INTEGER = range(-(2**31), 2**31)


@dataclass(frozen=True)
class VocabularyFile:
    """A file with a table of the vocabulary: its own name for messages, where it can be read, and its layout.

    `columns` are the names of its header, lower case; `quoted` says whether fields may stand in quotes: in
    Athena's tab-separated files a quote is an ordinary character.
    """

    table: str
    name: str
    path: Path
    delimiter: str
    quoted: bool
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Download:
    """What was found: the location of each table's file, and the optional tables that have none."""

    path: Path
    members: dict[str, str]

    @property
    def absent(self) -> tuple[str, ...]:
        """The optional tables that have no file."""
        return tuple(table for table in OPTIONAL if table not in self.members)

    @contextmanager
    def open(self, table: str, scratch: Path) -> Iterator[VocabularyFile]:
        """The file of a table; of a zip, unpacked into the folder `scratch` under a name of ours while it is used."""
        name = self.members[table]
        if self.path.is_dir():
            yield _described(table, f"{self.path}: {name}", self.path / name)
            return
        part = scratch / f"{table}.csv"
        scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            _unpack(self.path, name, part)
            yield _described(table, f"{self.path}: {name}", part)
        finally:
            part.unlink(missing_ok=True)


def find(path: Path) -> Download:
    """Look for the files of a vocabulary; raises InputError when the path is none or a required file is missing."""
    if path.is_dir():
        members = _by_table(path, sorted(entry.name for entry in path.iterdir() if entry.is_file()))
    elif path.is_file():
        members = _by_table(path, _checked_members(path))
    else:
        raise InputError(f"{path}: no such file or folder")
    missing = [f"{table.upper()}.csv" for table in REQUIRED if table not in members]
    if missing:
        raise InputError(f"{path}: {', '.join(missing)} missing: not an Athena download, or not a whole one")
    return Download(path, members)


def _by_table(path: Path, names: Sequence[str]) -> dict[str, str]:
    """Table -> name of its file; other files are none of ours."""
    found: dict[str, str] = {}
    for name in names:
        file = PurePosixPath(name).name
        table = file.lower().removesuffix(".csv")
        if "__MACOSX" in name or file.startswith("._") or not file.lower().endswith(".csv"):
            continue
        if table in (*REQUIRED, *OPTIONAL):
            if table in found:
                raise InputError(f"{path}: {found[table]} and {name} are both {table.upper()}.csv")
            found[table] = name
    return found


def _checked_members(path: Path) -> list[str]:
    """The member names of a zip that is safe to read."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: neither a folder nor a whole zip file: {error}") from None
    for member in members:
        parts = PurePosixPath(member.filename.replace("\\", "/"))
        if parts.is_absolute() or ".." in parts.parts or ":" in member.filename:
            raise InputError(f"{path}: a member's name leads out of the archive: {member.filename!r}")
        if member.file_size > _HIGHEST_RATIO * max(member.compress_size, 1 << 16):
            raise InputError(f"{path}: {member.filename} would unpack to {member.file_size:,} bytes: refused")
    if sum(member.file_size for member in members) > LARGEST:
        raise InputError(f"{path}: would unpack to more than {LARGEST:,} bytes: refused")
    return [member.filename for member in members if not member.is_dir()]


def _unpack(path: Path, name: str, target: Path) -> None:
    """Write one member to `target`; zipfile gives no more bytes than declared, and checks them."""
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo(name).file_size
        free = shutil.disk_usage(target.parent).free
        if size > free:
            raise InputError(f"{path}: {name} needs {size:,} bytes, {target.parent} has {free:,}")
        try:
            with archive.open(name) as source, os.fdopen(_private(target), "wb") as unpacked:
                shutil.copyfileobj(source, unpacked, 1 << 20)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise InputError(f"{path}: {name} cannot be unpacked: {error}") from None


def _private(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)


def _described(table: str, name: str, path: Path) -> VocabularyFile:
    """Delimiter and columns from the header line, which must name the columns of the CDM's table."""
    with path.open("rb") as stream:
        first = stream.readline(1 << 16)
    try:
        header = first.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        raise InputError(f"{name}: line 1: not UTF-8") from None
    delimiter = "\t" if "\t" in header else ","
    columns = tuple(part.strip().strip('"').lower() for part in header.split(delimiter))
    expected = cdm.columns(table)
    for column in expected:
        if column not in columns:
            raise InputError(f"{name}: line 1: column {column} is missing")
    for column in columns:
        if column not in expected or columns.count(column) > 1:
            raise InputError(f"{name}: line 1: unexpected column {column!r}")
    return VocabularyFile(table, name, path, delimiter, delimiter == ",", columns)


def required_columns(table: str) -> tuple[str, ...]:
    """The columns of a vocabulary table that must have a value."""
    return tuple(f.name for f in cdm.fields()[table] if f.required and not _MAY_BE_EMPTY.search(f.name))


def first_fault(file: VocabularyFile) -> str | None:
    """What is wrong in the first line that cannot be read, in words; None if every line can.

    Reads line by line: to explain a file that the fast read has refused, not to read it.
    """
    kinds = {field.name: field.type for field in cdm.fields()[file.table]}
    required = required_columns(file.table)
    with file.path.open(encoding="utf-8-sig", newline="") as stream:
        try:
            for line, row in _lines(file, stream):
                if len(row) != len(file.columns):
                    return f"line {line}: {len(row)} columns instead of {len(file.columns)}: truncated?"
                for column, value in zip(file.columns, row, strict=True):
                    fault = "is empty" if not value and column in required else _fault(kinds[column], value)
                    if fault:
                        return f"line {line}: column {column}: {fault}"
        except UnicodeDecodeError:
            return "not UTF-8"
        except csv.Error as error:
            return f"not CSV: {error}"
    return None


def _lines(file: VocabularyFile, stream: Iterator[str]) -> Iterator[tuple[int, list[str]]]:
    """(line number, fields) of each line after the header that is not blank."""
    next(stream, None)
    if file.quoted:
        reader = csv.reader(stream, delimiter=file.delimiter, strict=True)
        yield from ((reader.line_num + 1, row) for row in reader if row)
    else:
        for line, text in enumerate(stream, start=2):
            fields = text.rstrip("\r\n")
            if fields:
                yield line, fields.split(file.delimiter)


def _fault(kind: str, value: str) -> str | None:
    if not value:
        return None
    try:
        if kind == "integer" and int(value) not in _INTEGER:
            raise ValueError
        if kind == "float":
            float(value)
        if kind == "date":
            _date(value)
    except ValueError:
        words = {"integer": "an integer of 32 bits", "float": "a number", "date": "a date (YYYYMMDD or YYYY-MM-DD)"}
        return f"{value[:50]!r} is not {words[kind]}"
    return None


def _date(value: str) -> date:
    return datetime.strptime(value, "%Y%m%d" if len(value) == 8 else "%Y-%m-%d").date()
