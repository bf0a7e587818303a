from __future__ import annotations

from collections.abc import Iterator

import pytest

from search import hospital as server


@pytest.fixture(scope="session")
def _running() -> Iterator[server.Hospital]:
    if (reason := server.missing()) is not None:
        pytest.skip(reason)
    with server.running() as hospital:
        yield hospital


@pytest.fixture
def hospital(_running: server.Hospital) -> server.Hospital:
    _running.reset()
    return _running
