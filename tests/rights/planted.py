"""A patient whose every text is unmistakable, in files of every kind, beside others; and a search for what is left."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import zstandard

from etl.site import Resource, Site, patient, visit, weight
from onco_etl import pipeline, workspace

# Nothing else in a data folder holds these.
TOKENS = ("zqid", "Quillfeather", "MRN7744210", "7744311", "种植")
_ABOUT = {"reference": "Patient/zqid-p"}
_NARRATIVE = {"status": "generated", "div": "<div>Quillfeather 种植</div>"}
_CODE = {"coding": [{"system": "urn:quill", "code": "zqid-code"}], "text": "Quillfeather says 种植"}
_DAY = "2021-03-01"


def person(**more: Any) -> Resource:
    numbers = [{"system": "urn:mrn", "value": "MRN7744210"}, {"value": "shared"}]
    unread = {"name": [{"family": "Quillfeather"}], "text": _NARRATIVE}
    return {**patient("zqid-p", identifier=numbers), **unread, **more}


def theirs() -> list[Resource]:
    """A resource of each kind that is about the patient, each told in another way."""
    about: list[tuple[str, Resource]] = [
        ("Encounter", {"status": "finished", "class": {"code": "AMB"}, "period": {"start": _DAY}, "subject": _ABOUT}),
        ("Condition", {"code": _CODE, "recordedDate": _DAY, "subject": _ABOUT}),
        ("Procedure", {"status": "completed", "code": _CODE, "performedDateTime": _DAY, "subject": _ABOUT}),
        ("AdverseEvent", {"actuality": "actual", "event": _CODE, "date": _DAY, "subject": _ABOUT}),
        ("MedicationAdministration", _drug("completed", effectiveDateTime=_DAY)),
        ("MedicationDispense", _drug("completed", whenHandedOver=_DAY)),
        ("MedicationRequest", _drug("active", intent="order", authoredOn=_DAY)),
        ("MedicationStatement", _drug("active", effectiveDateTime=_DAY)),
        ("Coverage", {"beneficiary": {"reference": "https://ehr.example/fhir/Patient/zqid-p/_history/2"}}),
        ("Account", {"subject": [_ABOUT]}),
        ("Task", {"for": {"type": "Patient", "identifier": {"system": "urn:mrn", "value": "MRN7744210"}}}),
    ]
    found = [{"resourceType": kind, "id": f"zqid-{kind}", "text": _NARRATIVE, **body} for kind, body in about]
    identified: Resource = {"subject": {"identifier": {"system": "urn:mrn", "value": "MRN7744210"}}}
    conditional: Resource = {"subject": {"reference": "Patient?identifier=urn:old|7744311"}}
    numbers = [{"system": "urn:mrn", "value": "MRN7744210"}]
    contained: Resource = {"contained": [{"resourceType": "Patient", "id": "x", "identifier": numbers}]}
    return [
        *found,
        weight("zqid-o1", "zqid-p", encounter={"reference": "Encounter/zqid-Encounter"}, text=_NARRATIVE),
        weight("zqid-o2", **identified),
        weight("zqid-o3", **conditional),
        weight("zqid-o4", **contained, subject={"reference": "#x"}),
        weight("zqid-o5", "zqid-p", code=_CODE),
    ]


def _drug(status: str, **more: Any) -> Resource:
    return {"status": status, "medicationCodeableConcept": _CODE, "subject": _ABOUT, **more}


def others() -> list[Resource]:
    """A neighbour, and somebody who carries one of the patient's numbers, too."""
    return [
        patient("p2", identifier=[{"value": "shared"}]),
        visit("e1", "p2"),
        weight("o1", "p2"),
        weight("o2", "p2", code={"coding": [{"system": "urn:local", "code": "c2"}], "text": "a neighbour's"}),
        patient("p3"),
        weight("moved", "p3", value=50),
    ]


def nights(site: Site) -> None:
    """Three nights: lines, a .gz, Bundles on a line and on many, quarantine, versions, deletions, a file by name."""
    # An older version carries a number that the newest does not; a weight was the patient's by mistake.
    older = {"meta": {"versionId": "1"}, "identifier": [{"system": "urn:old", "value": "7744311"}]}
    first = [{**person(), **older}, *others(), weight("moved", "zqid-p", value=40, meta={"versionId": "1"})]
    first[6] = weight("moved", "p3", value=50, meta={"versionId": "2"})
    _sync(site, {"a.ndjson": _lines(*first), "more/b.ndjson.gz": gzip.compress(_lines(*theirs()))})
    bundle = {"resourceType": "Bundle", "type": "collection", "link": [{"relation": "self", "url": "?p=zqid-p"}]}
    mixed = [weight("zqid-o6", "zqid-p"), weight("o3", "p2"), {**weight("zqid-o7", "zqid-p"), "status": "wrong"}]
    entries = {"entry": [{"resource": one} for one in mixed]}
    nameless = {name: value for name, value in person().items() if name != "id"}
    born = {"fullUrl": "urn:uuid:zqid-p", "resource": {**nameless, "meta": {"versionId": "2"}}}
    urned = [
        born,
        {"resource": weight("zqid-o8", subject={"reference": "urn:uuid:zqid-p"})},
        {"resource": visit("e2", "p3")},
    ]
    removed = [{"request": {"method": "DELETE", "url": f"Observation/{name}"}} for name in ("zqid-o5", "o2")]
    bad = [
        '{"resourceType": "Observation", "id": "zqid-bad", "subject": {"reference": "Patient/zqid-p"',
        '{"resourceType": "Patient", "id": "zqid-p", "name": ["Quillfeather"], "birthDate": ["1970"]}',
        '{"resourceType": "Observation", "id": "zqid-none", "code": [], "note": "of MRN", "x": "MRN7744210"}',
        '{"resourceType": "Observation", "id": "broken',
    ]
    _sync(
        site,
        {
            "zqid-p.json": json.dumps({**bundle, "entry": urned}, indent=1).encode(),
            "bundles.ndjson": _lines({**bundle, **entries}, {"resourceType": "Bundle", "entry": removed}),
            "bad.ndjson": "\n".join([*bad, json.dumps(weight("o4", "p2"))]).encode(),
        },
    )
    _sync(site, {"c.ndjson": _lines(weight("zqid-o1", "zqid-p", value=61), weight("o1", "p2", value=62))})
    pulled = site.settings.data / "pull" / "now"
    pulled.mkdir(parents=True)
    pulled.joinpath("Observation.ndjson").write_bytes(_lines(weight("zqid-o9", "zqid-p"), weight("o9", "p2")))


def _lines(*resources: Resource) -> bytes:
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in resources).encode()


def _sync(site: Site, files: dict[str, bytes]) -> None:
    site.nights += 1
    batch = site.folder / f"batch{site.nights}"
    for name, content in files.items():
        batch.joinpath(name).parent.mkdir(parents=True, exist_ok=True)
        batch.joinpath(name).write_bytes(content)
    pipeline.sync(site.settings, batch)


def traces(data: Path) -> list[str]:
    """Where in any byte of a data folder, what is compressed unpacked, a token stands."""
    return [
        f"{path.relative_to(data)}: {token}"
        for path in _files(data)
        for token in TOKENS
        if token.encode() in _read(path)
    ]


def _files(data: Path) -> Iterator[Path]:
    yield from (path for path in sorted(data.rglob("*")) if path.is_file())


def _read(path: Path) -> bytes:
    found = path.name.encode() + path.read_bytes()
    if path.suffix == ".zst":
        return found + zstandard.ZstdDecompressor().stream_reader(path.read_bytes()).read()
    if path.suffix == ".parquet":
        with duckdb.connect() as con:
            return found + str(con.execute(f"FROM read_parquet('{path}')").fetchall()).encode()
    if path.suffix == ".duckdb":
        with duckdb.connect(path, read_only=True) as con:
            tables = con.execute("SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT internal").fetchall()
            dumped = [con.execute(f'FROM "{schema}"."{table}"').fetchall() for schema, table in tables]
            return found + str(dumped).encode()
    return found


def everything(site: Site) -> dict[str, set[str]]:
    """Table -> its rows as texts, of everything that a workspace remembers of what was received."""
    names = [f"{schema}.{table}" for schema in ("cdm", "history", "keys") for table in workspace.CLINICAL_TABLES]
    names += ["keys.resource", *(f"state.{table}" for table in BOOKS)]
    with workspace.connect(site.settings.data, read_only=True) as con:
        return {name: {_row(row) for row in con.execute(_dict(name)).fetchall()} for name in names}


BOOKS = ("ledger", "quarantine", "resource", "reference", "identifier", "alias", "excluded", "held", "landed")


def _dict(name: str) -> str:
    return f"SELECT t FROM {name} AS t"


def _row(row: tuple[Any, ...]) -> str:
    return json.dumps(row[0], default=str, ensure_ascii=False)
