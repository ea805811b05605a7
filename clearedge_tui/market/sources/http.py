"""GET of JSON for sources without a client of their own.

Python's own client on a thread: one request at a time to one host needs no package, and so these
sources work in a bare installation. Redirects are refused, or the key would travel along.
"""

import asyncio
import gzip
import http.client
import zlib
from collections.abc import Mapping
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

import msgspec

from clearedge_tui.core.errors import UsageError
from clearedge_tui.core.text import clean_text
from clearedge_tui.market.sources import faults
from clearedge_tui.market.sources.resilience import Clock
from clearedge_tui.secrets import Secret

_TIMEOUT_S = 30.0
_MOST_BYTES = 256 << 20


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *asked: Any, **more: Any) -> None:
        """Return nothing: the answer stays the 3xx it is, and is reported as such."""


class Json:
    """Asks one host. The key goes into a header, and out of whatever the host says."""

    def __init__(self, source: str, base_url: str, key: Secret, clock: Clock) -> None:
        if not base_url.startswith(("https://", "http://")):
            raise UsageError(
                f"source {source}: base_url `{clean_text(base_url, 80)}` is no address"
            )
        self._source = source
        self._base = base_url.rstrip("/")
        self._key = key
        self._clock = clock
        self._opener = build_opener(_NoRedirect)

    async def get[T](self, path: str, asked: Mapping[str, str], wanted: type[T]) -> T:
        """Return the answer as `wanted`. Raises the error of core.errors that the status means."""
        url = f"{self._base}{path}?{urlencode(asked)}" if asked else f"{self._base}{path}"
        return await asyncio.to_thread(self._get, url, wanted)

    def _get[T](self, url: str, wanted: type[T]) -> T:
        body = self._fetched(url)
        try:
            return msgspec.json.decode(body, type=wanted)
        except msgspec.DecodeError as error:
            raise faults.Passing(
                f"{self._source}: not the answer that was asked for: {error}"
            ) from None

    def _fetched(self, url: str) -> bytes:
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "Authorization": f"Token {self._key.reveal()}",
        }
        request = Request(url, headers=headers)  # noqa: S310  # http or https, see above
        try:
            with self._opener.open(request, timeout=_TIMEOUT_S) as answer:
                return _body(answer)
        except HTTPError as error:
            with error:
                words = self._key.scrub(_said(_body(error)))
            raise faults.of_status(
                self._source, error.code, words, dict(error.headers), self._clock.now_ns()
            ) from None
        except (URLError, OSError, http.client.HTTPException, EOFError, zlib.error) as error:
            reason = error.reason if isinstance(error, URLError) else error
            raise faults.Passing(
                f"{self._source}: {type(error).__name__}: {clean_text(reason, 200)}"
            ) from None


def _body(answer: Any) -> bytes:
    raw: bytes = answer.read(_MOST_BYTES + 1)
    if len(raw) > _MOST_BYTES:
        raise http.client.HTTPException(f"an answer of more than {_MOST_BYTES >> 20} MB")
    return gzip.decompress(raw) if answer.headers.get("Content-Encoding") == "gzip" else raw


def _said(body: bytes) -> str:
    """Return the words of an error's body: its `detail` when it has one."""
    try:
        found = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return body[:400].decode(errors="replace")
    detail = found.get("detail") if isinstance(found, dict) else None
    return str(detail or found)
