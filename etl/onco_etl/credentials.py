"""Passwords and keys of a site: given in the environment or in a file, never shown."""

from __future__ import annotations

from pathlib import Path

from onco_etl.errors import ConfigurationError


def credential(name: str, value: str | None, file: Path | None) -> str | None:
    """The setting `name`, given as it is (from the environment) or in a file; None where neither is.

    Raises ConfigurationError, which names the setting and the file and never the value, when both are given or the
    file cannot be read, holds nothing, or holds more than 64 KiB.
    """
    if file is None:
        return value or None
    if value:
        raise ConfigurationError(f"{name} and {name}_file: give one of them")
    try:
        with file.open("rb") as stream:
            content = stream.read((64 << 10) + 1)
        text = content.decode("utf-8").strip()
    except OSError as error:
        raise ConfigurationError(f"{name}_file: {file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{name}_file: {file}: not UTF-8") from None
    if not text or len(content) > 64 << 10:
        raise ConfigurationError(f"{name}_file: {file}: {'more than 64 KiB' if text else 'empty'}")
    return text
