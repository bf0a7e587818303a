"""What becomes of hostile and broken lines, stated one by one; the lines beside them are never harmed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from etl.site import Resource, patient, visit, weight
from hostile.received import MALFORMED, MAPPED, Fates, Line, Received

LIMIT = 50_000_000
NO_TYPE = ("quarantined", "no-resource-type", None)
UNSUPPORTED = ("unsupported", "unsupported-type", None)
KEY_TWICE = ("quarantined", "invalid-shape", None)


def invalid(element: str, reason: str = "invalid-shape") -> tuple[str, str, str]:
    return ("quarantined", reason, element)


def with_more(resource: Resource, more: str) -> str:
    """The resource as JSON, with `more` as its last members."""
    return f"{json.dumps(resource)[:-1]}, {more}}}"


def nested(name: str, element: str, opening: str, depth: int) -> str:
    closing = {"[": "]", '{"a":': "}"}[opening] * depth
    return with_more(patient(name), f'"{element}": [{opening * depth}1{closing}]')


def noted(name: str, size: int) -> str:
    """An observation whose line has `size` bytes."""
    line = json.dumps(weight(name, "good-size-1", note=[{"text": ""}]))
    return line.replace('"text": "', '"text": "' + "x" * (size - len(line)))


def bundle(*entries: Any) -> Resource:
    return {"resourceType": "Bundle", "type": "collection", "entry": list(entries)}


# Python's parser gives up at about 1,000 levels; a parser that goes down level by level ends the process at a million.
DEEP = [
    nested(f"deep-{element}-{depth}-{kind}", element, opening, depth)
    for element, depths in (("photo", (100, 10_000, 1_000_000)), ("contained", (100, 10_000)))
    for depth in depths
    for kind, opening in (("list", "["), ("object", '{"a":'))
]
FILES: Mapping[str, tuple[Sequence[Line], Fates]] = {
    # What is not read may be nested as it likes.
    "deep": (DEEP, [MAPPED] * len(DEEP)),
    "deep-in-a-bundle": (
        [f'{{"resourceType": "Bundle", "entry": [{{"resource": {line.replace("deep", "entry")}}}]}}' for line in DEEP],
        [MAPPED] * len(DEEP),
    ),
    # Names are not read.
    "deep-where-a-text-is-expected": (
        [with_more(weight("deep-text"), '"valueString": ' + "[" * 10_000 + "]" * 10_000)],
        [invalid("Observation.valueString")],
    ),
    # DuckDB quotes the value in its message, cut off within a character.
    "quoted-and-cut": (
        [{**patient(f"quoted-{n}"), "managingOrganization": ["x" * n + "肺" * 100]} for n in range(3)],
        [invalid("Patient.managingOrganization")] * 3,
    ),
    "size": (
        [noted("size-limit", LIMIT), noted("size-above", LIMIT + 1)],
        [MAPPED, ("quarantined", "too-large", None)],
    ),
    "duplicate-keys": (
        [
            with_more(patient("twice-1"), '"gender": "male"'),
            with_more(patient("twice-2"), '"meta": {"versionId": "1", "versionId": "2"}'),
            with_more(patient("twice-3"), '"link": [{"type": "seealso", "type": "refer"}]'),
            # Not read: it makes no difference which of the two counts.
            with_more(patient("twice-4"), '"photo": 1, "photo": 2'),
            with_more(patient("twice-5"), '"maritalStatus": {"text": "a", "text": "b"}'),
            json.dumps(bundle({"resource": patient("twice-6")})).replace('"gender"', '"gender": "male", "gender"'),
        ],
        [KEY_TWICE, KEY_TWICE, KEY_TWICE, MAPPED, MAPPED, KEY_TWICE],
    ),
    "not-utf-8": (
        [
            b'{"resourceType": "Patient", "id": "u1", "name": [{"text": "\xff"}]}',
            b'{"resourceType": "Patient", "id": "u\xe6\x9d"}',
            b'{"resourceType": "Patient", "id": "u3", "gender": "\xed\xa0\x80"}',
            b'{"resourceType": "Patient", "id": "u4", "gender": "\\ud800"}',
        ],
        [MALFORMED] * 4,
    ),
    "nul": (
        [
            b'{"resourceType": "Patient", "id": "z1", "gender": "\x00"}',
            b'{"resourceType": "Patient", "id": "z2"}\x00',
            b"\x00",
            with_more(weight("z3"), '"valueString": "\\u0000"'),
            with_more(patient("z\\u0000"), '"active": true'),
            with_more(patient("z5"), '"name": [{"text": "\\u0000"}]'),
        ],
        [
            *[MALFORMED] * 3,
            invalid("Observation.valueString"),
            invalid("Patient.id", "invalid-id"),
            MAPPED,
        ],
    ),
    "types": (
        [
            {"resourceType": "Nonsense", "id": "a"},
            {"resourceType": "patient", "id": "a"},
            {"resourceType": "", "id": "a"},
            {"resourceType": "Patient'; DROP TABLE state.run; --", "id": "a"},
            {"resourceType": 5, "id": "a"},
            {"resourceType": ["Patient"], "id": "a"},
            {"resourceType": None, "id": "a"},
            {"id": "a"},
        ],
        [*[UNSUPPORTED] * 6, *[NO_TYPE] * 2],
    ),
    "no-objects": (
        ["[]", "1", "null", '"Patient"', "{}", "[{}]"],
        [NO_TYPE] * 6,
    ),
    "broken": (
        ["{", "}", '{"resourceType": "Patient"', "{}{}", "nonsense", '{"id": NaN}', "{'id': 1}", "\ufeff\ufeff{}"],
        [*[MALFORMED] * 5, NO_TYPE, *[MALFORMED] * 2],
    ),
    "bundles": (
        [
            {"resourceType": "Bundle"},
            {"resourceType": "Bundle", "entry": []},
            {"resourceType": "Bundle", "entry": {}},
            {"resourceType": "Bundle", "entry": None},
            bundle(1, None, "x", [], {}, {"resource": 5}, {"resource": [patient("b1")]}, {"resource": None}),
            bundle({"resource": patient("b2")}, {"resource": bundle({"resource": patient("b3")})}),
            bundle({"fullUrl": "urn:", "resource": {"resourceType": "Patient"}}, {"fullUrl": [1], "request": "x"}),
        ],
        [
            # A Bundle without entries brings nothing.
            *[invalid("Bundle.entry")] * 2,
            *[NO_TYPE] * 8,
            MAPPED,
            UNSUPPORTED,
            invalid("Patient.id", "missing-id"),
            NO_TYPE,
        ],
    ),
    "numbers": (
        [
            json.dumps(weight(f"number-{n}", "good-numbers-1")).replace("60.0", number)
            for n, number in enumerate(
                (
                    "9223372036854775808",
                    "1e308",
                    "1e-400",
                    "-0",
                    "1e400",
                    "9" * 400,
                    "NaN",
                    '"NaN"',
                    "Infinity",
                    '"1e400"',
                )
            )
        ]
        + [
            json.dumps(weight("number-x", "good-numbers-1")).replace("60.0", wrong)
            for wrong in ("01", "+1", "1.", "0x1")
        ],
        [*[MAPPED] * 4, *[invalid("Observation.valueQuantity.value")] * 6, *[MALFORMED] * 4],
    ),
    "wrong-file": ([visit("wrong-file", "good-wrong-file-1"), weight("wrong-file", "good-wrong-file-1")], [MAPPED] * 2),
    "line-separators-in-a-text": ([{**patient("ls"), "name": [{"text": "\u2028 \u2029 \x85"}]}], [MAPPED]),
    # A lone carriage return is white space, not the end of a line.
    "lone-cr": (
        [b'{"resourceType": "Patient",\r"id": "cr", "birthDate": "1970"}', b'{"id": "cr1"}\r{"id": "cr2"}'],
        [MAPPED, MALFORMED],
    ),
    "blank-lines": (["", "  ", "\t", "\r", "\ufeff", patient("blank")], [MAPPED]),
    "byte-order-mark": (
        [b"\xef\xbb\xbf" + json.dumps(patient("bom-between")).encode(), patient("bom-2")],
        [MAPPED] * 2,
    ),
    "utf-16": ([json.dumps(patient("utf-16")).replace("\n", "").encode("utf-16")], [MALFORMED]),
}


@pytest.fixture(name="site", scope="module")
def _site(tmp_path_factory: pytest.TempPathFactory) -> Received:
    site = Received(tmp_path_factory.mktemp("lines"), maximum_object_size=LIMIT, validation_sample=10)
    for name, (lines, _) in FILES.items():
        site.write(name, lines, start=b"\xef\xbb\xbf" if name == "byte-order-mark" else b"")
    site.receive()
    return site


@pytest.mark.parametrize("name", FILES)
def test_what_becomes_of_the_lines(site: Received, name: str) -> None:
    assert site.fates(name) == FILES[name][1]


@pytest.mark.parametrize(
    ("name", "messages"),
    [
        ("size", ["more than 50000000 bytes (maximum_object_size)"]),
        ("duplicate-keys", ["has a key twice"] * 4),
        ("utf-16", ["is UTF-16, not UTF-8"]),
        ("no-objects", ["The object has no resourceType"] * 6),
    ],
)
def test_what_is_said_of_them(site: Received, name: str, messages: list[str]) -> None:
    assert site.messages(name) == messages


def test_numbers_are_kept_as_they_are_or_refused(site: Received) -> None:
    found = site.workspace(
        """
        SELECT resource_id, "valueQuantity".value FROM staged.observation
        WHERE starts_with(resource_id, 'number-') ORDER BY 1
        """
    )
    assert found == [("number-0", 9223372036854775808.0), ("number-1", 1e308), ("number-2", 0.0), ("number-3", -0.0)]
