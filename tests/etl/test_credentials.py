"""A credential comes from the environment or from a file, and is never repeated."""

from __future__ import annotations

from pathlib import Path

import pytest

from onco_etl.credentials import credential
from onco_etl.errors import ConfigurationError


def test_a_credential_is_the_value_or_what_its_file_holds(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("kept\n")
    assert credential("p", "given", None) == "given"
    assert credential("p", None, file) == "kept"
    assert credential("p", "", None) is None


@pytest.mark.parametrize(
    ("content", "fault"), [(b"", "empty"), (b"\n", "empty"), (b"\xff", "not UTF-8"), (b"x" * 65537, "more than 64 KiB")]
)
def test_a_file_that_cannot_be_one_is_named(tmp_path: Path, content: bytes, fault: str) -> None:
    file = tmp_path / "password"
    file.write_bytes(content)
    with pytest.raises(ConfigurationError, match=f"^p_file: {file}: {fault}$"):
        credential("p", None, file)


def test_both_or_a_missing_file_is_an_error_that_shows_no_value(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"^p and p_file: give one of them$"):
        credential("p", "hunter2", tmp_path / "password")
    with pytest.raises(ConfigurationError, match=r"^p_file: .*/password: No such file or directory$"):
        credential("p", None, tmp_path / "password")
