"""What the wire fetches, what it tries again, where it never goes, and what it never says."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path
from typing import Any

import pytest

from onco_etl.errors import ConfigurationError, ServerError
from onco_etl.server.settings import ServerSettings
from onco_etl.server.wire import Wire
from server.authority import server_context
from server.scripted import Answer, Asked, Script, Scripted, scripted

OK = Answer(body=b"{}")


def wire(server: Scripted, **more: Any) -> Wire:
    fast = {"longest_wait_seconds": 0.02, "attempts": 3, "connect_seconds": 2.0, "read_seconds": 2.0}
    authorize = more.pop("authorize", None)
    return Wire(ServerSettings(url=f"{server.url}/r4", **{**fast, **more}), authorize)


def outcome(*codes: str, text: str = "") -> bytes:
    issues = [{"severity": "error", "code": code, "diagnostics": text} for code in codes]
    return json.dumps({"resourceType": "OperationOutcome", "issue": issues}).encode()


def test_an_answer_is_read_whole_and_decoded() -> None:
    packed = Answer(body=gzip.compress(b'{"a": 1}'), headers={"Content-Encoding": "gzip", "X-Progress": "1 %"})
    with scripted(packed) as server, wire(server) as connected:
        answer = connected.get(f"{server.url}/r4/metadata", {"_format": "json"}, {"Accept": "application/fhir+json"})
    assert answer.json() == {"a": 1}
    assert answer.headers["X-Progress"] == "1 %"
    assert server.paths == ["/r4/metadata?_format=json"]
    assert server.asked[0].headers["accept"] == "application/fhir+json"
    assert server.asked[0].headers["user-agent"].startswith("onco-registry/")


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
@pytest.mark.parametrize("retry_after", ["", "0", "1764122000000", "-1", "soon", "Fri, 31 Dec 1999 23:59:59 GMT"])
def test_what_may_pass_is_tried_again(status: int, retry_after: str) -> None:
    busy = Answer(status, headers={"Retry-After": retry_after} if retry_after else {})
    with scripted(busy, busy, OK) as server, wire(server) as connected:
        assert connected.get(f"{server.url}/r4").status_code == 200
    assert len(server.asked) == 3


def test_a_broken_answer_is_tried_again() -> None:
    with scripted(Answer(body=b'{"a": 1}', cut=3), OK) as server, wire(server) as connected:
        assert connected.get(f"{server.url}/r4").json() == {}


def test_what_stays_is_an_error_with_issue_codes_and_without_texts_queries_or_ids() -> None:
    said = Answer(503, outcome("throttled", "someone's name", text="patient Zhang San"))
    with scripted(said) as server, wire(server) as connected, pytest.raises(ServerError) as caught:
        connected.get(f"{server.url}/r4/Patient/abc-1/_history", {"name": "Zhang"})
    assert str(caught.value) == (
        f"GET {server.url}/r4/Patient/*/_history: answered 503 (throttled, unknown): the server does not work"
    )
    assert (caught.value.status, caught.value.exit_code, len(server.asked)) == (503, 7, 3)


@pytest.mark.parametrize("status", [400, 403, 404, 410])
def test_what_will_not_pass_is_not_tried_again(status: int) -> None:
    with scripted(Answer(status)) as server, wire(server) as connected:
        with pytest.raises(ServerError) as caught:
            connected.get(f"{server.url}/r4/Patient")
        assert (caught.value.status, len(server.asked)) == (status, 1)
        assert connected.get(f"{server.url}/r4/Patient", expected={status}).status_code == status


def test_nothing_listens_there() -> None:
    with scripted(OK) as server, wire(server, attempts=2) as connected:
        gone = server.url
    with connected, pytest.raises(ServerError, match=r"no whole answer \(ConnectError\)"), wire(server) as connected:
        connected.get(f"{gone}/r4")


def test_a_post_and_a_delete_reach_the_server_and_follow_no_redirect() -> None:
    away = Answer(307, headers={"Location": "/r4/other"})
    with scripted(OK, Answer(202), away) as server, wire(server) as connected:
        assert connected.post(f"{server.url}/token", {"grant_type": "a b"}).json() == {}
        assert connected.delete(f"{server.url}/r4/job").status_code == 202
        with pytest.raises(ServerError, match="a redirect, which is not followed"):
            connected.post(f"{server.url}/token", {"secret": "x"})
    assert [(one.method, one.path, one.body) for one in server.asked[:2]] == [
        ("POST", "/token", b"grant_type=a+b"),
        ("DELETE", "/r4/job", b""),
    ]


# --- where it goes


def test_redirects_within_the_declared_origins_are_followed_without_who_we_are() -> None:
    with scripted(OK) as files:
        there = Answer(302, headers={"Location": f"{files.url}/part"})
        with (
            scripted(Answer(301, headers={"Location": "/r4/b"}), there) as server,
            wire(server, origins=(files.url,), authorize=lambda _: {"Authorization": "Bearer t"}) as connected,
        ):
            connected.get(f"{server.url}/r4/a")
    assert [(one.path, one.headers.get("authorization")) for one in (*server.asked, *files.asked)] == [
        ("/r4/a", "Bearer t"),
        ("/r4/b", "Bearer t"),
        ("/part", None),
    ]


def test_nothing_is_fetched_from_an_origin_that_is_not_declared() -> None:
    with scripted(OK) as internal, scripted(Answer(302, headers={"Location": f"{internal.url}/secret?q=1"})) as server:
        for url in (f"{internal.url}/secret?q=1", f"{server.url}/r4"):
            with wire(server) as connected, pytest.raises(ServerError, match="which is not declared") as caught:
                connected.get(url)
            assert "secret" not in str(caught.value)
    assert internal.asked == []


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://127.0.0.1/", "//", "http://[", "http://user:pass@{host}/r4", "http://{host}:1/r4"],
)
def test_odd_addresses_are_refused(url: str) -> None:
    with scripted(OK) as server, wire(server) as connected, pytest.raises(ServerError):
        connected.get(url.format(host=server.url.removeprefix("http://")))
    assert server.asked == []


def test_redirects_that_go_round_end() -> None:
    with (
        scripted(Answer(302, headers={"Location": "/r4"})) as server,
        wire(server) as connected,
        pytest.raises(ServerError) as error,
    ):
        connected.get(f"{server.url}/r4")
    assert "redirected more than 5 times" in str(error.value)


def test_only_https_leaves_this_machine_unless_allowed() -> None:
    with pytest.raises(ConfigurationError, match=r"^server: http://fhir.example.org: only https"):
        Wire(ServerSettings(url="http://fhir.example.org/r4"))
    Wire(ServerSettings(url="http://fhir.example.org/r4", allow_http=True))
    with pytest.raises(ConfigurationError, match=r"http://10.0.0.1"):
        Wire(ServerSettings(url="https://fhir.example.org/r4", origins=("http://10.0.0.1",)))


def test_who_we_are_goes_elsewhere_only_where_that_is_said() -> None:
    with (
        scripted(OK) as files,
        scripted(OK) as server,
        wire(server, origins=(files.url,), authorize=lambda _: {"Authorization": "Bearer t"}) as connected,
    ):
        connected.get(f"{files.url}/1")
        connected.get(f"{files.url}/2", authorized=True)
        connected.get(f"{server.url}/r4", authorized=False)
    assert [one.headers.get("authorization") for one in files.asked] == [None, "Bearer t"]
    assert "authorization" not in server.asked[0].headers


def test_after_a_401_new_credentials_are_tried_once() -> None:
    given: list[bool] = []

    def authorize(anew: bool) -> dict[str, str]:
        given.append(anew)
        return {"Authorization": f"Bearer {len(given)}"}

    with scripted(Answer(401), OK, Answer(401)) as server, wire(server, authorize=authorize) as connected:
        assert connected.get(f"{server.url}/r4").status_code == 200
        with pytest.raises(ServerError, match=r"answered 401: the server does not accept who we are"):
            connected.get(f"{server.url}/r4")
    assert given == [False, True, False, True]


# --- sizes and times


@pytest.mark.parametrize(
    "answer", [Answer(body=b"x" * 2000), Answer(body=gzip.compress(b"x" * 5000), headers={"Content-Encoding": "gzip"})]
)
def test_an_answer_has_a_largest_size_also_decoded(answer: Answer) -> None:
    with (
        scripted(answer) as server,
        wire(server, maximum_answer=1000) as connected,
        pytest.raises(ServerError) as error,
    ):
        connected.get(f"{server.url}/r4")
    assert "more than server.maximum_answer bytes" in str(error.value)
    assert len(server.asked) == 1


def test_a_drip_ends(tmp_path: Path) -> None:
    limits = {"answer_seconds": 0.1, "download_seconds": 0.1}
    with scripted(Answer(body=b"x" * 1000, drip=0.02)) as server, wire(server, **limits) as connected:
        began = time.monotonic()
        with pytest.raises(ServerError, match="it takes too long"):
            connected.get(f"{server.url}/r4")
        with pytest.raises(ServerError, match="it takes too long"):
            connected.download(f"{server.url}/r4", tmp_path / "file")
        assert time.monotonic() - began < 2


@pytest.mark.parametrize("tls", [False, True])
def test_a_head_that_drips_ends(tmp_path: Path, tls: bool) -> None:
    context = server_context(tmp_path) if tls else None
    limits = {"answer_seconds": 0.3, "ca_file": tmp_path / "ca.pem" if tls else None}
    # The second goes over the connection of the first.
    with scripted(OK, Answer(endless_head=0.02), tls=context) as server, wire(server, **limits) as connected:
        assert connected.get(f"{server.url}/r4").status_code == 200
        began = time.monotonic()
        with pytest.raises(ServerError, match=r"it takes too long \(server.answer_seconds\)"):
            connected.get(f"{server.url}/r4")
        with pytest.raises(ServerError, match=r"it takes too long \(server.answer_seconds\)"):
            connected.download(f"{server.url}/r4", tmp_path / "file")
        assert time.monotonic() - began < 3
    assert len(server.asked) == 3


# --- downloads


def ranges(body: bytes, tag: str, cuts: list[int], **headers: str) -> Script:
    """A file server: honours Range while If-Range fits, and cuts the first answers after so many bytes."""

    def answer(asked: Asked) -> Answer:
        cut = cuts.pop(0) if cuts else None
        wanted = asked.headers.get("range")
        if not wanted or asked.headers.get("if-range") != tag:
            return Answer(200, body, {"ETag": tag, **headers}, cut)
        start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        where = {"ETag": tag, "Content-Range": f"bytes {start}-{len(body) - 1}/{len(body)}", **headers}
        return Answer(206, body[start:], where, cut)

    return answer


def test_a_download_is_resumed_where_it_broke(tmp_path: Path) -> None:
    body = bytes(range(256)) * 40
    with scripted(ranges(body, '"v1"', [4000, 3000])) as server, wire(server) as connected:
        assert connected.download(f"{server.url}/f", tmp_path / "f") == len(body)
    assert (tmp_path / "f").read_bytes() == body
    assert (tmp_path / "f").stat().st_mode & 0o777 == 0o600
    assert [one.headers.get("range") for one in server.asked] == [None, "bytes=4000-", "bytes=7000-"]


@pytest.mark.parametrize("tag", ["", 'W/"v1"'])
def test_without_a_strong_tag_a_download_begins_again(tmp_path: Path, tag: str) -> None:
    with scripted(ranges(b"abcdef" * 1000, tag, [100])) as server, wire(server) as connected:
        assert connected.download(f"{server.url}/f", tmp_path / "f") == 6000
    assert (tmp_path / "f").read_bytes() == b"abcdef" * 1000
    assert [one.headers.get("range") for one in server.asked] == [None, None]


@pytest.mark.parametrize("odd", [Answer(206, b"zz", {"Content-Range": "bytes 0-1/9"}), Answer(416)])
def test_a_range_that_does_not_fit_is_not_taken(tmp_path: Path, odd: Answer) -> None:
    whole = Answer(body=b"abcdefghi", headers={"ETag": '"1"'})
    cut = Answer(body=b"abcdefghi", headers={"ETag": '"1"'}, cut=4)
    with scripted(cut, odd, whole) as server, wire(server) as connected:
        connected.download(f"{server.url}/f", tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == b"abcdefghi"


def test_a_download_is_kept_as_sent_and_has_a_largest_size(tmp_path: Path) -> None:
    packed = gzip.compress(b"line\n" * 100)
    with scripted(Answer(body=packed, headers={"Content-Encoding": "gzip"})) as server:
        with wire(server) as connected:
            connected.download(f"{server.url}/f", tmp_path / "f")
        with wire(server, maximum_download=10) as connected, pytest.raises(ServerError, match="maximum_download"):
            connected.download(f"{server.url}/f", tmp_path / "g")
    assert (tmp_path / "f").read_bytes() == packed


def test_an_encoding_that_was_not_asked_for_is_an_error(tmp_path: Path) -> None:
    with (
        scripted(Answer(body=b"x", headers={"Content-Encoding": "br"})) as server,
        wire(server) as connected,
        pytest.raises(ServerError) as error,
    ):
        connected.download(f"{server.url}/f", tmp_path / "f")
    assert "an encoding that was not asked for" in str(error.value)


def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(OK) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        with Wire(ServerSettings(url="http://fhir.example.org/r4", allow_http=True)) as connected:
            connected.get("http://fhir.example.org/r4/metadata")
    assert proxy.paths == ["http://fhir.example.org/r4/metadata"]
