"""The API: questions as JSON in, signed predictions as JSON out.

Takes a `Predictor`; gives a Starlette app (POST /predict, GET /model, GET /health), which `http_edge` bounds and
runs. What a client sends is read strictly: unknown or repeated fields are refused. Never logs what was asked.
Paths, fields and status codes: docs/rooms/serving.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Final, NoReturn

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from andel.errors import InputError
from andel.serving.admission import Admission
from andel.serving.http_edge import BODY_SECONDS, check_content_type, json_response, make_app, read_body
from andel.serving.prediction import Prediction
from andel.serving.predictor import Predictor

MAX_BODY_BYTES: Final = 16 * 1024
MAX_BRACKETS: Final = 64
"""Brackets in a request's body; a question has two."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUESTION = re.compile(r"0x([0-9a-fA-F]{64}){1,64}")
_PAGES = "there are POST /predict, GET /model and GET /health"
_BY_VALUES = frozenset({"values", "time"})
_BY_QUESTION = frozenset({"question"})


def build_app(
    predictor: Predictor, admission: Admission | None = None, *, body_seconds: float = BODY_SECONDS
) -> Starlette:
    """The app that answers with `predictor`, whom `admission` lets in (None: everybody).

    `body_seconds` is how long a client may take to send a body.
    """
    description = predictor.describe()

    async def predict(request: Request) -> Response:
        check_content_type(request, "application/json", "as JSON")
        if admission is not None:
            await run_in_threadpool(admission.admit, request.headers.get("authorization", ""))
        body = await read_body(request, body_seconds, MAX_BODY_BYTES, "ask one question in a request")
        ask = _parse_request(body, predictor)
        # the clock may ask a node, which takes as long as it takes
        return json_response((await run_in_threadpool(ask)).to_json())

    async def model(_: Request) -> Response:
        terms = {} if admission is None else {"terms": await run_in_threadpool(admission.describe)}
        return json_response(description | terms)

    async def health(_: Request) -> Response:
        return json_response({"status": "ok"})

    endpoints = [("POST", "/predict", predict), ("GET", "/model", model), ("GET", "/health", health)]
    return make_app(endpoints, _PAGES)


def _parse_request(body: bytes, predictor: Predictor) -> Callable[[], Prediction]:
    """The call that answers `body`. Raises InputError when the body is no question."""
    record = _parse_object(body)
    given = record.keys() - {"issued_at"}
    issued_at = _read_time(record["issued_at"], "issued_at") if "issued_at" in record else None
    if given == _BY_QUESTION:
        question = record["question"]
        if not isinstance(question, str) or not _QUESTION.fullmatch(question):
            raise InputError("question is not 0x and 64 hex digits a word")
        return partial(predictor.ask_question, bytes.fromhex(question[2:]), issued_at)
    if given == _BY_VALUES:
        values = record["values"]
        if not isinstance(values, dict):
            raise InputError("values is not an object", 'give {"channel": number, ...}')
        return partial(predictor.ask_values, values, _read_time(record["time"], "time"), issued_at)
    names = ", ".join(ascii(name[:40]) for name in sorted(record)[:8]) or "none"
    raise InputError(
        f"a question has other fields than these: {names}",
        'give {"values": {...}, "time": ...} or {"question": "0x..."}; "issued_at" may be added',
    )


def _parse_object(body: bytes) -> dict[str, Any]:
    # before it is parsed: other libraries lift the interpreter's recursion limit, which the parser relies on
    if body.count(b"[") + body.count(b"{") > MAX_BRACKETS:
        raise InputError(
            "the body is not JSON that a question needs: it is nested too deep", "send one flat JSON object"
        )
    try:
        # The standard parser: orjson keeps the last of repeated fields, and rounds decimals to floats.
        record = json.loads(
            body.decode("utf-8"), object_pairs_hook=_unrepeated, parse_float=Decimal, parse_constant=_no_number
        )
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise InputError("the body is not JSON, or repeats a field", "send one JSON object in UTF-8") from error
    if not isinstance(record, dict):
        raise InputError("the body is not a JSON object", 'give {"values": {...}, "time": ...}')
    return record


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) != len(pairs):
        raise ValueError("a field is repeated")
    return record


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON")


def _read_time(value: object, field: str) -> int:
    """Unix seconds of an integer or an ISO 8601 text with its offset; fractions of a second are dropped."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and len(value) <= 40:
        try:
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is not None:
                return (moment - _EPOCH) // timedelta(seconds=1)
        except (ValueError, OverflowError):
            pass  # told below, like every other form that is no time
    raise InputError(
        f"{field} is neither unix seconds nor ISO 8601 with an offset from UTC", "as in 2026-01-31T12:00:00Z"
    )
