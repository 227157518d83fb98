"""Reads of the chain for a page whose reader has no wallet: a few methods of JSON-RPC, passed on to the server's node.

Takes one call or a batch from anybody; gives what the node answers. Methods, parameters, sizes and rates are bounded,
so that nobody uses the operator's node as its own: no transaction is sent, no log is searched, nothing is traced or
subscribed to. Never tells a caller the node's address, never passes on a field that it has not read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from andel.ledger.rpc import NodeRefused, Rpc
from andel.serving.http_edge import RefusedRequest, json_response
from andel.serving.page.api import Entry
from andel.serving.page.kept import Places

BATCH_MAX: Final = 20
GAS_MAX: Final = 50_000_000
"""Most that a call may ask to be given; a node has a bound of its own besides."""

ANSWER_BYTES_MAX: Final = 1024 * 1024
"""Of all results together."""

_NO_METHOD: Final = -32_601
_BAD_PARAMETERS: Final = -32_602
_BAD_REQUEST: Final = -32_600
_TOO_LARGE: Final = -32_005
_BRACKETS_MAX: Final = 256
_ID_MAX: Final = 64
_REASON_MAX: Final = 300
_HISTORY_MAX: Final = 32
_PERCENTILES_MAX: Final = 8

_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}")
_HASH: Final = re.compile(r"0x[0-9a-fA-F]{64}")
_QUANTITY: Final = re.compile(r"0x[0-9a-fA-F]{1,64}")
_DATA: Final = re.compile(r"0x(?:[0-9a-fA-F]{2})*")
_BLOCKS: Final = frozenset({"latest", "pending", "safe", "finalized", "earliest"})
_CALL: Final[Mapping[str, re.Pattern[str]]] = {
    "from": _ADDRESS,
    "to": _ADDRESS,
    "data": _DATA,
    "input": _DATA,
    "value": _QUANTITY,
    "gas": _QUANTITY,
    "gasPrice": _QUANTITY,
    "maxFeePerGas": _QUANTITY,
    "maxPriorityFeePerGas": _QUANTITY,
    "nonce": _QUANTITY,
    "type": _QUANTITY,
    "chainId": _QUANTITY,
}

Check = Callable[[object], bool]


class ChainRelay:
    """The endpoint of POST /page/chain. `rpc` is asked by nobody else, so that nothing listens to it."""

    def __init__(self, rpc: Rpc, entry: Entry, places: int = 4) -> None:
        self._rpc, self._entry = rpc, entry
        self._places = Places(places)

    async def endpoint(self, request: Request) -> Response:
        """What the node says, each answer under the id of its call."""
        body = await self._entry.read(request, f"send at most {BATCH_MAX} calls")
        if body.count(b"[") + body.count(b"{") > _BRACKETS_MAX:
            raise RefusedRequest(400, "the body is nested too deep", "send calls of JSON-RPC 2.0")
        try:
            sent = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise RefusedRequest(400, "the body is not JSON", "send calls of JSON-RPC 2.0") from error
        calls = sent if isinstance(sent, list) else [sent]
        if not 1 <= len(calls) <= BATCH_MAX:
            raise RefusedRequest(400, f"a batch has 1 to {BATCH_MAX} calls, not {len(calls)}", "send fewer at once")
        await self._entry.count(request, len(calls))
        answers = await self._places.run(lambda: self._answers(calls))
        return json_response(answers if isinstance(sent, list) else answers[0])

    def _answers(self, calls: Sequence[object]) -> list[dict[str, object]]:
        """An answer for each call; those that may not be asked never reach the node."""
        refused = [_refusal(call) for call in calls]
        asked = [call for call, why in zip(calls, refused, strict=True) if why is None and isinstance(call, dict)]
        results = iter(self._rpc.batch([(call["method"], call.get("params", [])) for call in asked]))
        answers, left = [], ANSWER_BYTES_MAX
        for call, why in zip(calls, refused, strict=True):
            part = why or _part(next(results))
            left -= len(orjson.dumps(part))
            if left < 0:
                part = _error(_TOO_LARGE, "the answer is too large")
            answers.append({"jsonrpc": "2.0", "id": _id_of(call), **part})
        return answers


def _refusal(call: object) -> dict[str, object] | None:
    """Why a call is not passed on; None for one that is."""
    if not isinstance(call, dict) or call.get("jsonrpc") != "2.0" or _id_of(call) is None:
        return _error(_BAD_REQUEST, "this is no call of JSON-RPC 2.0 with an id")
    if not call.keys() <= {"jsonrpc", "id", "method", "params"}:
        return _error(_BAD_REQUEST, "a call has jsonrpc, id, method and params")
    method, params = call.get("method"), call.get("params", [])
    if not isinstance(method, str) or method not in METHODS:
        return _error(_NO_METHOD, "this method is not passed on")
    needed, checks = METHODS[method]
    if not isinstance(params, list) or not needed <= len(params) <= len(checks):
        return _error(_BAD_PARAMETERS, f"{method} takes {needed} to {len(checks)} parameters here")
    for position, (check, value) in enumerate(zip(checks, params, strict=False)):
        if not check(value):
            return _error(_BAD_PARAMETERS, f"{method}: parameter {position} is not passed on as it is")
    return None


def _part(result: object) -> dict[str, object]:
    if not isinstance(result, NodeRefused):
        return {"result": result}
    data = result.data if isinstance(result.data, str) and _DATA.fullmatch(result.data) else None
    return _error(result.code, result.reason[:_REASON_MAX], data)


def _error(code: int, message: str, data: str | None = None) -> dict[str, object]:
    return {"error": {"code": code, "message": message} | ({} if data is None else {"data": data})}


def _id_of(call: object) -> int | str | None:
    key = call.get("id") if isinstance(call, dict) else None
    if isinstance(key, bool) or not isinstance(key, int | str) or len(str(key)) > _ID_MAX:
        return None
    return key


def _matches(pattern: re.Pattern[str]) -> Check:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_block(value: object) -> bool:
    return isinstance(value, str) and (value in _BLOCKS or (len(value) <= 18 and bool(_QUANTITY.fullmatch(value))))


def _is_call(value: object) -> bool:
    """A call of a contract that is there: nothing is created, no state is put in its place."""
    if not isinstance(value, dict) or "to" not in value or not value.keys() <= _CALL.keys():
        return False
    if not all(isinstance(text, str) and _CALL[name].fullmatch(text) for name, text in value.items()):
        return False
    return int(value.get("gas", "0x0"), 16) <= GAS_MAX


def _is_count(value: object) -> bool:
    if isinstance(value, str) and len(value) <= 6 and _QUANTITY.fullmatch(value):
        return 1 <= int(value, 16) <= _HISTORY_MAX
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _HISTORY_MAX


def _are_percentiles(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= _PERCENTILES_MAX
        and all(isinstance(each, int | float) and not isinstance(each, bool) and 0 <= each <= 100 for each in value)
    )


_is_address, _is_hash = _matches(_ADDRESS), _matches(_HASH)
_AT_BLOCK: Final[tuple[int, tuple[Check, ...]]] = (1, (_is_address, _is_block))
_NOTHING: Final[tuple[int, tuple[Check, ...]]] = (0, ())

METHODS: Final[Mapping[str, tuple[int, tuple[Check, ...]]]] = {
    "eth_blockNumber": _NOTHING,
    "eth_call": (1, (_is_call, _is_block)),
    "eth_chainId": _NOTHING,
    "eth_estimateGas": (1, (_is_call, _is_block)),
    "eth_feeHistory": (2, (_is_count, _is_block, _are_percentiles)),
    "eth_gasPrice": _NOTHING,
    "eth_getBalance": _AT_BLOCK,
    "eth_getBlockByNumber": (2, (_is_block, lambda full: full is False)),
    "eth_getCode": _AT_BLOCK,
    "eth_getTransactionByHash": (1, (_is_hash,)),
    "eth_getTransactionCount": _AT_BLOCK,
    "eth_getTransactionReceipt": (1, (_is_hash,)),
    "eth_maxPriorityFeePerGas": _NOTHING,
    "net_version": _NOTHING,
}
"""What is passed on: how many parameters are needed, and what each must be."""
