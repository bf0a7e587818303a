"""What somebody at the site should look at: URLs that are not understood, deaths without a date."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb

from onco_etl import pipeline, replica, workspace
from onco_etl.settings import EtlSettings
from onco_registry import status


def patient(name: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": name, "gender": "male", "birthDate": "1970", **more}


def observation(name: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2024-01-01",
        **more,
    }


def night(settings: EtlSettings, name: str, *resources: dict[str, Any]) -> dict[str, Any]:
    """One sync; the status after it."""
    batch = settings.data.parent / f"{name}.ndjson"
    batch.write_text("\n".join(json.dumps(resource) for resource in resources), encoding="utf-8")
    pipeline.sync(settings, batch)
    with workspace.connect(settings.data, read_only=True) as con:
        return status.status(con, settings.published_folder)


def test_worklists_follow_what_is_current(tmp_path: Path) -> None:
    settings = EtlSettings(data=tmp_path / "data", validation_sample=0)
    pipeline.init(settings)
    reversing = {"modifierExtension": [{"url": "http://a.example/not", "valueString": "said Mr Li"}]}
    found = night(
        settings,
        "first",
        patient("p1", deceasedBoolean=True),
        patient("p2", deceasedBoolean=False),
        patient("p3", deceasedDateTime="2024-02"),
        observation("o1", **reversing),
        observation("o2", component=[{"valueInteger": 1, **reversing}, {"modifierExtension": [{"url": "http://b"}]}]),
        observation("o3", implicitRules="http://a.example/rules"),
    )
    assert found["not_understood"] == [
        {
            "resource_type": "Observation",
            "reason": "unknown-modifier-extension",
            "url": "http://a.example/not",
            "resources": 2,
        },
        {"resource_type": "Observation", "reason": "implicit-rules", "url": "http://a.example/rules", "resources": 1},
        {"resource_type": "Observation", "reason": "unknown-modifier-extension", "url": "http://b", "resources": 1},
    ]
    assert found["undated_deaths"] == [{"person_id": 1}]
    assert found["cdm"]["death"] == 1
    with duckdb.connect(settings.data / "published" / replica.CURRENT, read_only=True) as con:
        assert con.execute("FROM registry.undated_death").fetchall() == [(1,)]

    found = night(
        settings,
        "second",
        patient("p1", deceasedDateTime="2024-03-01"),
        observation("o1"),
        observation("o2"),
        observation("o3"),
    )
    assert found["not_understood"] == []
    assert found["undated_deaths"] == []
    assert found["cdm"]["death"] == 2
