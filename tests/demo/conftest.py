"""The fictional hospital, built once for the tests of this folder."""

from __future__ import annotations

import pytest

from demo.reading import Chart, read
from onco_registry.demo.hospital import HospitalSummary, build_hospital


@pytest.fixture(scope="session")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> HospitalSummary:
    return build_hospital(tmp_path_factory.mktemp("hospital"))


@pytest.fixture(scope="session")
def final(hospital: HospitalSummary) -> dict[str, Chart]:
    """Each patient's chart after both nights."""
    return read(hospital.initial, hospital.corrections)
