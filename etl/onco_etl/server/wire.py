"""The only module that speaks HTTP: to declared origins, in bounded time and size, with retries.

No text of an answer, no query and no credential gets into an error or a log.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import httpx
import stamina
import structlog

from onco_etl.errors import ConfigurationError, ServerError
from onco_etl.server import outcome, waiting
from onco_etl.server.heads import Heads, TooLongError
from onco_etl.server.origins import Origins, same, shown
from onco_etl.server.resuming import Resuming
from onco_etl.server.settings import ServerSettings

log = structlog.get_logger()

Headers = Mapping[str, str]
Params = Mapping[str, str] | Sequence[tuple[str, str]]
# Headers that say who we are; True asks for new ones, because a server did not accept the last.
Authorize = Callable[[bool], Headers]

_BUSY = frozenset({429, 502, 503, 504})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HOPS = 5
_LONGEST_BACKOFF = 60.0
# Of an answer that was decoded, these no longer tell the truth.
_OF_THE_TRANSFER = ("content-encoding", "content-length", "transfer-encoding")
_ADVICE = {
    400: "the server does not understand the request: compare server.types and server.level with what it offers",
    401: "the server does not accept who we are: check server.smart, or the token or password",
    403: "the server knows us and does not allow it: check the scopes that were granted",
    404: "there is no such thing: check server.url and server.group",
    429: "the server is busy; the next run tries again",
}


class AgainError(Exception):
    """An attempt failed in a way that may pass; `wait`: the seconds that the server asks for."""

    def __init__(self, error: ServerError, wait: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait = wait


@dataclass(frozen=True)
class _Asked:
    """What is asked of a server; `more` is what httpx takes besides."""

    method: str
    url: str
    headers: Headers | None
    authorized: bool | None
    expected: Collection[int]
    more: Mapping[str, Any] = field(default_factory=dict)


class Wire:
    """A connection to the server of the settings; a context manager.

    authorize: gives the headers that say who we are. They go to the server's own origin, and elsewhere only where
    the caller says so.
    """

    def __init__(self, settings: ServerSettings, authorize: Authorize | None = None) -> None:
        """Raises ConfigurationError for an address that is not safe or a ca_file that cannot be read."""
        self.settings = settings
        self.origins = Origins(settings)
        self.authorize = authorize
        self._heads = Heads()
        self._client = httpx.Client(
            verify=_trust(settings.ca_file),
            timeout=httpx.Timeout(settings.read_seconds, connect=settings.connect_seconds),
            headers={"User-Agent": f"onco-registry/{version('onco-registry')}", "Accept-Encoding": "gzip"},
        )

    def __enter__(self) -> Wire:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def get(
        self,
        url: str,
        params: Params | None = None,
        headers: Headers | None = None,
        *,
        expected: Collection[int] = (),
        authorized: bool | None = None,
    ) -> httpx.Response:
        """An answer, read whole. Raises ServerError for a status of 400 or more unless it is `expected`.

        authorized: None sends who we are to the server's own origin, True to this one too, False to none.
        """
        return self._whole(_Asked("GET", url, headers, authorized, expected, {"params": params}))

    def post(
        self,
        url: str,
        data: Mapping[str, str],
        headers: Headers | None = None,
        *,
        expected: Collection[int] = (),
        authorized: bool | None = None,
    ) -> httpx.Response:
        """The answer to a form; as `get`, but a redirect is an error."""
        return self._whole(_Asked("POST", url, headers, authorized, expected, {"data": data}))

    def delete(self, url: str, headers: Headers | None = None, *, expected: Collection[int] = ()) -> httpx.Response:
        """The answer to a DELETE; as `get`, but a redirect is an error."""
        return self._whole(_Asked("DELETE", url, headers, None, expected))

    def download(
        self, url: str, target: Path, *, headers: Headers | None = None, authorized: bool | None = None
    ) -> int:
        """Write what is at `url` to `target` (replaced, private), as sent, compressed or not; its size in bytes.

        A broken connection is resumed where the server can, else begun again. Raises ServerError.
        """
        until = time.monotonic() + self.settings.download_seconds
        target.touch(mode=0o600)
        resuming = Resuming()
        for attempt in self._attempts():
            with attempt, target.open("r+b") as file:
                size = file.seek(0, 2)
                sent = {"Accept": "application/fhir+ndjson", **(headers or {}), **resuming.headers(size)}
                with self._answer(_Asked("GET", url, sent, authorized, (416,))) as response:
                    start = resuming.start(response, size)
                    if start is None:
                        raise AgainError(_refusal(response.request, "the download cannot be continued"))
                    file.truncate(start)
                    file.seek(start)
                    self._write(response, file, until)
                    return file.tell()
        raise AssertionError("unreachable")

    def _write(self, response: httpx.Response, file: BinaryIO, until: float) -> None:
        _check_encoding(response)
        for chunk in self._chunks(response, response.iter_raw(), until):
            file.write(chunk)
            if file.tell() > self.settings.maximum_download:
                raise _refusal(response.request, "more than server.maximum_download bytes")

    def _whole(self, asked: _Asked) -> httpx.Response:
        for attempt in self._attempts():
            with attempt, self._answer(asked) as response:
                return self._read(response)
        raise AssertionError("unreachable")

    def _read(self, response: httpx.Response) -> httpx.Response:
        """The answer with its content, decoded; raises ServerError where it is too large or takes too long."""
        _check_encoding(response)
        content = bytearray()
        until = time.monotonic() + self.settings.answer_seconds
        for chunk in self._chunks(response, response.iter_bytes(), until):
            content += chunk
            if len(content) > self.settings.maximum_answer:
                raise _refusal(response.request, "more than server.maximum_answer bytes")
        headers = [(name, value) for name, value in response.headers.multi_items() if name not in _OF_THE_TRANSFER]
        return httpx.Response(response.status_code, headers=headers, content=bytes(content), request=response.request)

    def _chunks(self, response: httpx.Response, chunks: Iterator[bytes], until: float) -> Iterator[bytes]:
        """The chunks of a body; what breaks is tried again, what takes too long is not."""
        with _passing(response.request):
            for chunk in chunks:
                if time.monotonic() > until:
                    raise _refusal(response.request, "it takes too long (server.answer_seconds, download_seconds)")
                yield chunk

    @contextmanager
    def _answer(self, asked: _Asked) -> Iterator[httpx.Response]:
        """An answer of which only the head is read, after redirects; raises ServerError, AgainError if it may pass."""
        target = self.origins.permitted(asked.url)
        authorized = self.origins.is_own(target) if asked.authorized is None else asked.authorized
        anew, renewed, more = False, False, asked.more
        for _ in range(_HOPS + 2):
            response = self._send(asked, target, self._authorization(authorized, anew), more)
            try:
                anew = response.status_code == 401 and authorized and not renewed and self.authorize is not None
                if anew:
                    renewed = True
                elif response.status_code in _REDIRECTS and asked.method == "GET":
                    elsewhere = self.origins.permitted(response.headers.get("Location", ""), target)
                    # Who we are was meant for the one that redirects.
                    authorized = authorized and same(elsewhere, target)
                    target, more = elsewhere, {}
                else:
                    self._judge(response, asked.expected)
                    yield response
                    return
            finally:
                response.close()
        raise ServerError(f"{asked.method} {shown(target)}: redirected more than {_HOPS} times")

    def _send(self, asked: _Asked, target: httpx.URL, own: Headers, more: Mapping[str, Any]) -> httpx.Response:
        headers, extensions = {**(asked.headers or {}), **own}, {"trace": self._heads.note}
        request = self._client.build_request(asked.method, target, headers=headers, extensions=extensions, **more)
        try:
            with _passing(request), self._heads.bounded(self.settings.answer_seconds):
                return self._client.send(request, stream=True)
        except TooLongError:
            raise _refusal(request, "it takes too long (server.answer_seconds)") from None

    def _authorization(self, authorized: bool, anew: bool) -> Headers:
        return self.authorize(anew) if authorized and self.authorize else {}

    def _judge(self, response: httpx.Response, expected: Collection[int]) -> None:
        """Raises for what is no success: AgainError where the server may be well again soon."""
        status = response.status_code
        if status < 300 or status in expected:
            return
        if status in _REDIRECTS:
            raise _refusal(response.request, "a redirect, which is not followed")
        wait = waiting.asked(response, self.settings.longest_wait_seconds)
        error = self._failure(response)
        if status in _BUSY or (status == 500 and response.request.method == "GET"):
            raise AgainError(error, wait)
        raise error

    def _failure(self, response: httpx.Response) -> ServerError:
        """What an answer of 400 or more says: its status, and the issue codes of an OperationOutcome."""
        try:
            said = outcome.codes(self._read(response).content)
        except (ServerError, AgainError):
            said = ""
        status = response.status_code
        advice = _ADVICE.get(status, "the server does not work" if status >= 500 else "the server refuses")
        words = f" ({said})" if said else ""
        request = response.request
        return ServerError(f"{request.method} {shown(request.url)}: answered {status}{words}: {advice}", status=status)

    def _attempts(self) -> Iterator[Any]:
        """Attempts with growing pauses, or those that the server asks for; the last failure is a ServerError."""
        longest = min(_LONGEST_BACKOFF, self.settings.longest_wait_seconds)
        attempts = stamina.retry_context(
            on=_pause,
            attempts=self.settings.attempts,
            timeout=None,
            wait_initial=min(1.0, longest),
            wait_max=longest,
            wait_jitter=min(1.0, longest),
        )
        try:
            yield from attempts
        except AgainError as error:
            error.error.passing = True
            raise error.error from None


@contextmanager
def _passing(request: httpx.Request) -> Iterator[None]:
    """What breaks a connection may pass; a certificate that nobody vouches for does not."""
    try:
        yield
    except (httpx.TransportError, httpx.DecodingError) as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            advice = "its certificate is not trusted: if the hospital has an authority of its own, set server.ca_file"
            raise _refusal(request, advice) from None
        reason = f"no whole answer ({type(error).__name__}): check server.url, the network and the proxy"
        raise AgainError(_refusal(request, reason)) from None


def _check_encoding(response: httpx.Response) -> None:
    if response.headers.get("Content-Encoding", "identity").lower() not in ("identity", "gzip"):
        raise _refusal(response.request, "an encoding that was not asked for")


def _refusal(request: httpx.Request, why: str) -> ServerError:
    return ServerError(f"{request.method} {shown(request.url)}: {why}")


def _pause(error: Exception) -> bool | float:
    """Whether to try again after an error, and after how many seconds where the server says so."""
    return isinstance(error, AgainError) and (error.wait or True)


def _trust(ca_file: Path | None) -> ssl.SSLContext:
    """The usual authorities, and those of the hospital."""
    context = httpx.create_ssl_context()
    if ca_file:
        try:
            context.load_verify_locations(ca_file)
        except OSError as error:
            reason = error.strerror or "no certificates in PEM"
            raise ConfigurationError(f"server.ca_file: {ca_file}: {reason}") from None
    return context
