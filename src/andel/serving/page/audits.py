"""An audit that a reader watches: each check is told when it has passed or failed, and at last what was found.

Takes what audits (injected; it blocks, and tells each check) and a signed answer; gives the endpoint of
POST /page/api/audit, a stream. Two run at once at most, each in a thread; when its reader leaves, an audit ends at its
next check. Never judges anything itself.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from andel.errors import AndelError
from andel.serving.http_edge import RefusedRequest
from andel.serving.page.api import Entry
from andel.serving.page.stream import HEARTBEAT, EventResponse, event_bytes
from andel.serving.prediction import Prediction
from andel.serving.strict_json import read_object

AUDITS_MAX: Final = 2
COST: Final = 50
"""As many requests one audit counts."""

_HEARTBEAT_SECONDS: Final = 15.0
_STEPS_MAX: Final = 100_000

_log = logging.getLogger(__name__)

Tell = Callable[[str, str, str], None]
"""Told of each check: its name, `pass`, `fail` or `rests`, and a detail for people."""

AuditOf = Callable[[Prediction, Tell], Mapping[str, Any]]
"""Audits an answer and gives what was found, with `ok`. Passes on what `Tell` raises; raises AndelError."""


class AuditLeft(Exception):
    """Nobody reads this audit any more; raised by what it tells its checks to."""


class Audits:
    """The audits under way in one process. Belongs to one event loop; each audit runs in a thread of its own."""

    def __init__(self, audit: AuditOf, entry: Entry, audits_max: int = AUDITS_MAX) -> None:
        self._audit, self._entry = audit, entry
        self._free = threading.Semaphore(audits_max)
        self._under_way: dict[threading.Event, asyncio.Queue[bytes | None]] = {}

    async def endpoint(self, request: Request) -> Response:
        """The checks of one answer as they pass."""
        body = await self._entry.read(request, "send an answer as POST /predict gives it")
        prediction = Prediction.from_json(read_object(body, 2, "send an answer as POST /predict gives it"))
        await self._entry.count(request, COST)
        if not self._free.acquire(blocking=False):
            busy = RefusedRequest(429, "as many audits run as this gateway makes at once", "try again later")
            busy.response.headers["Retry-After"] = "10"
            raise busy
        told: asyncio.Queue[bytes | None] = asyncio.Queue()
        left = threading.Event()
        self._under_way[left] = told
        arguments = (prediction, told, left, asyncio.get_running_loop())
        threading.Thread(target=self._run, args=arguments, name="andel-audit", daemon=True).start()
        return EventResponse(_chunks(told), left.set)

    def end(self) -> None:
        """Ends every stream now, and every audit at its next check: the server is about to end."""
        for left, told in list(self._under_way.items()):
            left.set()
            told.put_nowait(None)

    def _run(
        self,
        prediction: Prediction,
        told: asyncio.Queue[bytes | None],
        left: threading.Event,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        def send(chunk: bytes | None) -> None:
            try:
                loop.call_soon_threadsafe(told.put_nowait, chunk)
            except RuntimeError as error:  # the loop is closed: the server has ended
                raise AuditLeft from error

        steps = 0

        def tell(name: str, verdict: str, detail: str) -> None:
            nonlocal steps
            steps += 1
            if left.is_set() or steps > _STEPS_MAX:
                raise AuditLeft
            send(event_bytes("step", {"name": name, "verdict": verdict, "detail": detail}))

        try:
            found = self._audit(prediction, tell)
            send(event_bytes("done", {"ok": bool(found.get("ok")), "json": found}))
        except AuditLeft:
            _log.info("audit_left steps=%s", steps)
        except AndelError as error:
            # by its kind alone: a message may hold a node's address, and that a key
            _log.warning("audit_not_made kind=%s", type(error).__name__)
            _send_last(send, event_bytes("broken", {"error": "the audit could not be made", "hint": "try again later"}))
        except Exception as error:
            _log.error("audit_failed kind=%s", type(error).__name__)
            broken = {"error": "the audit could not be made", "hint": "this is a defect of the server"}
            _send_last(send, event_bytes("broken", broken))
        finally:
            self._under_way.pop(left, None)
            self._free.release()
            _send_last(send, None)


def _send_last(send: Callable[[bytes | None], None], chunk: bytes | None) -> None:
    try:
        send(chunk)
    except AuditLeft:
        pass


async def _chunks(told: asyncio.Queue[bytes | None]) -> AsyncIterator[bytes]:
    yield HEARTBEAT
    while True:
        try:
            chunk = await asyncio.wait_for(told.get(), _HEARTBEAT_SECONDS)
        except TimeoutError:
            yield HEARTBEAT
            continue
        if chunk is None:
            return
        yield chunk
