"""A content service over HTTP as the back end of a content store, and the one way from a store's address to a store.

Takes the service's address and, where objects are to be kept, a `Writer`. Gives what `ContentStore` asks of a back
end; that verifies every byte. Answers are bounded in bytes and seconds, tries in number; a service that does not answer
is ContentUnreachable, never a missing object. Never follows a redirect, reads no proxies or keys from the environment,
and never shows what stands before an @ in an address.
"""

from __future__ import annotations

import re
import time
import weakref
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import BinaryIO, Final

import httpx
import orjson

from andel.content import ContentStore, digest_of_cid
from andel.content_put import Writer
from andel.errors import ContentCorrupt, ContentError, ContentMissing, ContentUnreachable, InputError, SettingsError

_WAITS: Final = (0.2, 1.0, 3.0)  # seconds before each new try
_BUSY: Final = (408, 429, 502, 503, 504)
_DEADLINE_SECONDS: Final = 300
"""How long a signature counts."""
_BASE_SECONDS: Final = 30.0
_BYTES_A_SECOND_MIN: Final = 64 * 1024
_MAX_TOLD_BYTES: Final = 4 * 1024
_MAX_PAGE_BYTES: Final = 256 * 1024
_MAX_LISTED: Final = 10_000_000


def open_content(url: str, writer: Writer | None = None, *, durable: bool = False) -> ContentStore:
    """The store at an address: a service (http, https), or what `ContentStore` opens.

    Raises SettingsError. Without a `writer` nothing can be kept at a service.
    """
    if url.startswith(("http://", "https://")):
        return ContentStore(url, objects=RemoteObjects(url, writer))
    return ContentStore(url, durable=durable)


_HOST: Final = re.compile(r"[\w.:-]+")  # httpx takes what no host can be named and writes it in percents


class RemoteObjects:
    """The objects of one content service. Safe to share between threads; its connections end with it."""

    def __init__(
        self,
        url: str,
        writer: Writer | None = None,
        *,
        timeout_seconds: float = 15.0,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Asks nothing yet. `now` is the wall clock, by which signatures end. Raises SettingsError."""
        try:
            parsed = httpx.URL(url.rstrip("/"))
        except (httpx.InvalidURL, TypeError) as error:
            raise SettingsError(f"not an address of a content service: {url[:200]!r}") from error
        self.url = str(parsed.copy_with(userinfo=b""))
        if (
            parsed.scheme not in ("http", "https")
            or not _HOST.fullmatch(parsed.host)
            or parsed.query
            or parsed.fragment
        ):
            raise SettingsError(f"not an address of a content service: {self.url[:200]}", "as https://store.example")
        self._target, self._writer = parsed, writer
        headers = {"Accept-Encoding": "identity"}
        checks = parsed.scheme == "https"  # without TLS there is nothing to check, and reading the roots costs time
        self._client = httpx.Client(timeout=timeout_seconds, trust_env=False, headers=headers, verify=checks)
        weakref.finalize(self, self._client.close)
        self._now, self._clock, self._sleep = now, clock, sleep

    def open(self, cid: str, limit: int) -> BinaryIO:
        """The object as the service gives it. Raises ContentMissing, ContentCorrupt, ContentUnreachable."""
        status, body = self._ask("GET", f"/content/{cid}", limit)
        if status == 404:
            raise ContentMissing(cid, f"object {cid} is not in the store", f"the store is {self.url}")
        if status == 410:
            raise ContentCorrupt(cid, f"object {cid} does not match its name", f"the store {self.url} says so itself")
        if status != 200:
            raise self._failed(f"status {status}{_told(body)}")
        return BytesIO(body)

    def keep(self, cid: str, data: bytes) -> None:
        """Keeps the object, signed, unless the service has it.

        Raises ContentError when it does not take it, ContentUnreachable.
        """
        if self.exists(cid):
            return
        if self._writer is None:
            message = f"object {cid} cannot be kept: the service {self.url} takes what is signed only"
            raise ContentError(cid, message, "name a store of your own, or sign with --key-file where there is one")
        status, body = self._ask("PUT", f"/content/{cid}", _MAX_TOLD_BYTES, data)
        if status not in (200, 201):
            raise ContentError(cid, f"object {cid} is not taken by {self.url}: status {status}{_told(body)}")

    def exists(self, cid: str) -> bool:
        """Whether the service has a sound copy."""
        status, _ = self._ask("HEAD", f"/content/{cid}", 0)
        if status not in (200, 404, 410):
            raise self._failed(f"status {status}")
        return status == 200

    def names(self, before: float | None) -> Iterator[str]:
        """The names that the service lists; which are old enough to be listed it decides by itself."""
        after, count = "", 0
        while True:
            status, body = self._ask("GET", f"/content?after={after}", _MAX_PAGE_BYTES)
            page, more = _read_page(body) if status == 200 else (None, False)
            if page is None or any(name <= last for last, name in zip([after, *page], page, strict=False)):
                raise self._failed("what it lists cannot be read")
            yield from page
            count += len(page)
            if not more:
                return
            if not page or count > _MAX_LISTED:
                raise self._failed("its list does not end")
            after = page[-1]

    def _ask(self, method: str, path: str, limit: int, data: bytes | None = None) -> tuple[int, bytes]:
        """Status and body, tried again while the service is busy or not there. Raises ContentUnreachable."""
        failure = ""
        for wait in (*_WAITS, None):
            pause = wait
            try:
                status, body, retry_after = self._once(method, path, limit, data)
                if status not in _BUSY or (status == 429 and retry_after > _WAITS[-1]):
                    return status, body
                failure = f"status {status}{_told(body)}"
                if wait is not None:
                    pause = min(max(wait, retry_after), _WAITS[-1])
            except (httpx.HTTPError, httpx.StreamError) as error:
                failure = type(error).__name__
            if pause is not None:
                self._sleep(pause)
        raise self._failed(failure)

    def _once(self, method: str, path: str, limit: int, data: bytes | None) -> tuple[int, bytes, float]:
        url, headers = f"{self._target}{path}", {}
        if data is not None:
            cid = path.rpartition("/")[2]
            assert self._writer is not None, "`keep` asks for one"
            deadline = int(self._now()) + _DEADLINE_SECONDS
            headers = {
                "Authorization": self._writer.authorization(cid, len(data), deadline),
                "Content-Type": "application/octet-stream",
            }
        until = self._clock() + _BASE_SECONDS + (limit + len(data or b"")) / _BYTES_A_SECOND_MIN
        body = bytearray()
        with self._client.stream(method, url, headers=headers, content=data) as answer:
            if answer.is_redirect:
                raise self._failed("it sends elsewhere, which is not followed")
            for piece in answer.iter_raw():  # as it arrives: pieces of a set size would wait for a slow service
                body += piece
                if len(body) > limit and answer.status_code < 400:
                    return answer.status_code, bytes(body[: limit + 1]), 0.0
                if len(body) > limit + _MAX_TOLD_BYTES:
                    break
                if self._clock() > until:
                    raise self._failed("its answer took too long")
            return answer.status_code, bytes(body), _retry_after(answer)

    def _failed(self, reason: str) -> ContentUnreachable:
        return ContentUnreachable(
            f"no content service answers at {self.url}: {reason}", "check the address, or try again later"
        )


def _read_page(body: bytes) -> tuple[list[str] | None, bool]:
    """The names of a page, each a CID, and whether more follow; None for what is none."""
    try:
        value = orjson.loads(body)
        names = value["cids"]
        for name in names:
            digest_of_cid(name)
        return list(names), value["more"] is True
    except (ValueError, KeyError, TypeError, AttributeError, InputError):
        return None, False


def _told(body: bytes) -> str:
    """What a service says of an error, made safe to print; empty where it says nothing."""
    try:
        text = str(orjson.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return ""
    return ": " + "".join(char if char.isprintable() else "?" for char in text[:200])


def _retry_after(answer: httpx.Response) -> float:
    text = answer.headers.get("retry-after", "")
    return float(text) if text.isdecimal() and len(text) < 7 else 0.0
