"""The intake over HTTP: batches of packets in, the fate of each out, when all of them are durable.

Takes a function that keeps arrivals; gives a Starlette app (POST /packets, POST /devices/{device}/packets, GET
/health), which `http_edge` bounds and runs. Bodies are bounded each and together. Never judges a packet itself,
and never logs one. Paths, fields and status codes: docs/rooms/data.md.
"""

from __future__ import annotations

import hmac
from asyncio import Semaphore
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

import orjson
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from andel.data.arrivals import MAX_NAME_CHARACTERS, Arrival
from andel.data.bundle import unpack_packets
from andel.data.packet_files import read_entry
from andel.errors import InputError
from andel.serving.http_edge import (
    BODY_SECONDS,
    BodyBudget,
    RefusedRequest,
    check_content_type,
    json_response,
    make_app,
    read_body,
)

MAX_BATCH_PACKETS: Final = 1_000
MAX_BATCH_BYTES: Final = 6 * 1024 * 1024
"""As many of the longest packets in base64 as a batch may have."""
MAX_HELD_BYTES: Final = 32 * 1024 * 1024
"""All bodies that are being received or judged."""

_READERS: Final = 2
_PAGES = "there are POST /packets, POST /devices/{device}/packets and GET /health"

Take = Callable[[Sequence[Arrival]], Sequence[str]]


def build_packet_app(
    take: Take, token: str = "", *, body_seconds: float = BODY_SECONDS, held_bytes_max: int = MAX_HELD_BYTES
) -> Starlette:
    """The app that hands batches to `take`, which gives each arrival's fate when it is durable.

    With a `token`, whoever does not send it as `Authorization: Bearer` is sent away before their body is read.
    """
    budget = BodyBudget(held_bytes_max)
    readers = Semaphore(_READERS)

    async def keep(request: Request, read: Callable[[bytes], list[Arrival]]) -> Response:
        with budget.lease() as hold:
            hint = f"send at most {MAX_BATCH_PACKETS} packets in a request"
            body = await read_body(request, body_seconds, MAX_BATCH_BYTES, hint, hold)
            async with readers:
                return json_response(await run_in_threadpool(lambda: _answer(take(read(body)))))

    async def post_json(request: Request) -> Response:
        _check_token(request, token)
        check_content_type(request, "application/json", "as JSON")
        return await keep(request, _read_batch)

    async def post_bundle(request: Request) -> Response:
        _check_token(request, token)
        check_content_type(request, "application/octet-stream", "as a bundle")
        device = request.path_params["device"]
        if len(device) > MAX_NAME_CHARACTERS:
            raise InputError(f"a device's name has at most {MAX_NAME_CHARACTERS} characters")
        return await keep(request, lambda body: _read_bundle(body, device))

    async def health(_: Request) -> Response:
        return json_response({"status": "ok"})

    endpoints = [
        ("POST", "/packets", post_json),
        ("POST", "/devices/{device}/packets", post_bundle),
        ("GET", "/health", health),
    ]
    return make_app(endpoints, _PAGES)


def _check_token(request: Request, token: str) -> None:
    given = request.headers.get("authorization", "").encode()
    if token and not hmac.compare_digest(given, f"Bearer {token}".encode()):
        raise RefusedRequest(401, "this intake asks for a token", "send Authorization: Bearer and the token")


def _read_batch(body: bytes) -> list[Arrival]:
    hint = 'give {"packets": [{"device": ..., "packet": base64}, ...]}'
    try:
        record = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InputError("the body is not JSON", hint) from error
    entries = record.get("packets") if isinstance(record, dict) and len(record) == 1 else None
    if not isinstance(entries, list):
        raise InputError("the body is not an object of one list called packets", hint)
    _check_count(len(entries))
    return [read_entry(entry, f"packet {number} of a request") for number, entry in enumerate(entries)]


def _read_bundle(body: bytes, device: str) -> list[Arrival]:
    packets = unpack_packets(body)
    _check_count(len(packets))
    return [Arrival(device, packet) for packet in packets]


def _check_count(count: int) -> None:
    if count > MAX_BATCH_PACKETS:
        raise InputError(f"{count} packets are over the limit of {MAX_BATCH_PACKETS}", "send them in several requests")


def _answer(fates: Sequence[str]) -> dict[str, object]:
    return {"counts": dict(sorted(Counter(fates).items())), "fates": list(fates)}
