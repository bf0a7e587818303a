"""A data folder that was damaged, is in use, cannot be written, or has an odd name."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from etl.site import Site, patient, visit, weight
from hostile import killed
from onco_etl import pipeline, workspace
from onco_etl.errors import InUseError, StateError
from onco_etl.settings import EtlSettings
from onco_registry import status
from support.command_line import SCRIPT, run

ROWS = [(1970, "2021-03-01", 60.0), (1970, "2021-03-01", 61.0)]


@pytest.fixture(name="prepared", scope="module")
def _prepared(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site after one night."""
    site = Site(tmp_path_factory.mktemp("prepared"))
    site.night(patient(), visit(), weight(), "{broken")
    return site


@pytest.fixture(name="site")
def _site(prepared: Site, tmp_path: Path) -> Site:
    """A copy of that site, for one test."""
    return _copy(prepared, tmp_path)


def _copy(prepared: Site, folder: Path) -> Site:
    shutil.copytree(prepared.folder, folder, symlinks=True, dirs_exist_ok=True)
    site = Site.__new__(Site)
    site.folder, site.nights = folder, prepared.nights
    site.settings = replace(prepared.settings, data=folder / "data")
    return site


def overwrite(path: Path, content: bytes, at: int = 0) -> None:
    path.chmod(0o600)
    with path.open("r+b") as stream:
        stream.seek(at)
        stream.write(content)


def overwrite_blocks(path: Path) -> None:
    for at in range(1 << 16, path.stat().st_size - 64, 1 << 16):
        overwrite(path, b"x" * 64, at)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_bytes(b"no database" * 1000),
    "zeros": lambda path: path.write_bytes(bytes(1 << 20)),
    "half": lambda path: os.truncate(path, path.stat().st_size // 2),
    "blocks": overwrite_blocks,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_workspace_is_a_state_error(site: Site, damage: str) -> None:
    DAMAGES[damage](site.settings.data / workspace.FILE)
    with pytest.raises(StateError, match="onco-registry rebuild"):
        site.night(weight("o2", value=61.0))


@pytest.mark.parametrize("content", [b"", b"garbage" * 100, bytes(1000)])
def test_a_leftover_log_that_is_none_is_not_replayed(site: Site, content: bytes) -> None:
    (site.settings.data / f"{workspace.FILE}.wal").write_bytes(content)
    (site.settings.data / "published" / "building-9.duckdb.wal").write_bytes(content)
    site.night(weight("o2", value=61.0))
    assert site.rows() == ROWS
    assert killed.litter(site.settings.data) == []


def replaced(path: Path, content: bytes | None) -> None:
    path.unlink()
    if content is not None:
        path.write_bytes(content)


def leads_nowhere(link: Path) -> None:
    link.unlink()
    link.symlink_to("nowhere")


PUBLISHED: dict[str, tuple[str, Callable[[Path], object]]] = {
    "the folder is gone": ("", shutil.rmtree),
    "the file is gone": ("warehouse-1.duckdb", lambda path: replaced(path, None)),
    "the file is empty": ("warehouse-1.duckdb", lambda path: replaced(path, b"")),
    "the file is damaged": ("warehouse-1.duckdb", DAMAGES["blocks"]),
    "the link is gone": ("current.duckdb", lambda path: replaced(path, None)),
    "the link leads nowhere": ("current.duckdb", leads_nowhere),
    "the link became a file": ("current.duckdb", lambda path: replaced(path, b"other")),
}


@pytest.mark.parametrize("what", PUBLISHED)
def test_what_was_published_is_published_anew(site: Site, what: str) -> None:
    name, change = PUBLISHED[what]
    change(site.settings.data / "published" / name)
    site.night(weight("o2", value=61.0))
    assert site.rows() == ROWS


def test_another_process_has_the_workspace(site: Site) -> None:
    holder = killed.FORKS.Process(target=killed.hold, args=(site.settings, site.folder / "held"))
    holder.start()
    while not (site.folder / "held").exists():
        holder.join(0.05)
    try:
        with pytest.raises(InUseError, match="in use by another run; try again when it has ended"):
            site.night(weight("o2"))
    finally:
        holder.kill()
        holder.join()
    site.night(weight("o2", value=61.0))
    assert site.rows() == ROWS


def test_a_landed_file_that_was_removed(site: Site) -> None:
    shutil.rmtree(site.settings.data / "landing" / "000001")
    with workspace.connect(site.settings.data, read_only=True) as con:
        found = status.quarantine(con)
        with pytest.raises(StateError, match="run 1, file 1: what was landed is no longer there"):
            status.quarantined_texts(con, site.settings.data, 1, found[0]["file"], found[0]["line"])


def test_a_path_that_duckdb_cannot_open_is_said_to_be_so(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="must not hold a question mark"):
        Site(tmp_path / "what?")


@pytest.fixture(name="read_only")
def _read_only(site: Site) -> Iterator[Site]:
    data = site.settings.data
    mounted = subprocess.run(["mount", "--bind", data, data], check=False, capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("a read-only mount needs root")
    subprocess.run(["mount", "-o", "remount,ro,bind", data], check=True)
    yield site
    subprocess.run(["umount", data], check=True)


def test_a_read_only_data_folder(read_only: Site) -> None:
    with pytest.raises(StateError, match="Read-only file system"):
        read_only.night(weight("o2"))
    assert read_only.rows() == ROWS[:1]


def test_no_command_ends_in_a_traceback_on_a_read_only_data_folder(read_only: Site) -> None:
    (read_only.folder / "registry.toml").touch()
    batch = str(read_only.folder / "batch1")
    for arguments in (("status",), ("jobs",), ("check",), ("sync", "--from", batch), ("recompute",), ("night",)):
        done = subprocess.run([SCRIPT, *arguments], cwd=read_only.folder, capture_output=True, text=True, check=False)
        if arguments == ("status",):
            assert (done.returncode, "Last sync: run 1, complete" in done.stdout) == (0, True)
        else:
            assert done.returncode == 4, done.stderr
            assert "Traceback" not in done.stderr
            assert done.stderr.splitlines()[-1].startswith("error: ")


def test_a_file_that_may_not_be_written_is_a_fault_of_the_disk() -> None:
    refused = duckdb.TransactionException('Failed to commit: Cannot open file "x.wal": Permission denied')
    assert workspace.storage_fault(refused) == "Permission denied"


@pytest.mark.parametrize("name", ["资料 夹", 'o\'brien "x" a;b--c{d}%s', "a*b [1]"])
def test_the_data_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    # A neighbour that a pattern would match.
    (tmp_path / "aXb 1").mkdir()
    folder = tmp_path / name
    folder.mkdir()
    site = Site(folder)
    assert site.night(patient(), visit(), weight(), "{broken") == {"mapped": 3, "quarantined": 1}
    assert site.rows() == ROWS[:1]


def test_the_command_line_says_it_with_exit_code_4(site: Site) -> None:
    run(site.folder, "init")
    DAMAGES["half"](site.settings.data / workspace.FILE)
    run(site.folder, "status", exit_code=4)
    run(site.folder, "sync", "--from", site.folder / "batch1", exit_code=4)


def test_init_keeps_what_exists(site: Site) -> None:
    pipeline.init(site.settings)
    with duckdb.connect(site.settings.data / workspace.FILE, read_only=True) as con:
        assert con.execute("SELECT count(*) FROM cdm.measurement").fetchall() == [(1,)]


def test_a_lost_secret_is_not_made_anew_beside_a_workspace(tmp_path: Path) -> None:
    settings = EtlSettings(data=tmp_path / "data")
    pipeline.init(settings)
    secret = settings.data / "secret"
    kept = secret.read_text(encoding="ascii")
    secret.unlink()
    with pytest.raises(StateError, match=r"secret: missing, and the workspace needs it; put it back from a backup$"):
        pipeline.init(settings)
    assert not secret.exists()
    secret.write_text(kept, encoding="ascii")
    pipeline.init(settings)
    assert secret.read_text(encoding="ascii") == kept
