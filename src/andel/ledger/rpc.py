"""JSON-RPC over HTTP: a method and its parameters out, the node's result back, one by one or in batches.

Takes the address of a node. Gives parsed results, `NodeRefused` for an error the node states, `RpcUnreachable` for
everything that is no JSON-RPC answer. Batches have at most 100 requests (IoTeX takes no more); a node that refuses
batches gets them one by one. Never reads proxies or keys from the environment, follows no redirect, keeps nothing
longer than `MAX_ANSWER_BYTES`, and never writes down what stands before an @ in an address.
"""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, Final

import httpx
import orjson
import urllib3

from andel.errors import ChainError, RpcUnreachable

MAX_BATCH: Final = 100
"""Requests in one batch; IoTeX refuses more."""

MAX_ANSWER_BYTES: Final = 32 * 1024 * 1024
"""Longest answer that is read."""

Request = tuple[str, Sequence[object]]

Listener = Callable[[str, Sequence[object], object], None]
"""What is told of each question: method, parameters, and the result or the `NodeRefused`."""

_CONNECTIONS: Final = 16  # kept open; more threads than these open their own
_PIECE_BYTES: Final = 1 << 20
_BUSY: Final = (429, 502, 503)
_BUSY_WAITS: Final = (0.2, 0.5, 1.0, 2.0)  # seconds before each new try


class NodeRefused(ChainError):
    """The node answered with a JSON-RPC error; `code` and `data` are its own."""

    def __init__(self, method: str, code: int, reason: str, data: object = None) -> None:
        super().__init__(f"the node refused {method}: {reason}")
        self.method = method
        self.code = code
        self.reason = reason
        self.data = data


class Rpc:
    """One node. Safe to share between threads."""

    def __init__(self, url: str, *, timeout_seconds: float = 15.0, sleep: Callable[[float], None] = time.sleep) -> None:
        """Asks nothing yet. Raises RpcUnreachable when `url` is no http(s) address."""
        try:
            parsed = httpx.URL(url)
        except (httpx.InvalidURL, TypeError) as error:
            raise RpcUnreachable(url[:200], "not an address") from error
        self.url = str(parsed.copy_with(userinfo=b""))
        if parsed.scheme not in ("http", "https") or not parsed.host:
            raise RpcUnreachable(self.url[:200], "not an http or https address")
        # not httpx, which takes three times as long over a request; a round on this machine makes a hundred of them
        self._pool = urllib3.connectionpool.connection_from_url(
            f"{parsed.scheme}://{parsed.netloc.decode('ascii')}", timeout=timeout_seconds, maxsize=_CONNECTIONS
        )
        self._path = parsed.raw_path.decode("ascii")
        self._headers = {"content-type": "application/json", "accept": "*/*"}
        if parsed.userinfo:
            named = b64encode(f"{parsed.username}:{parsed.password}".encode()).decode("ascii")
            self._headers["authorization"] = f"Basic {named}"
        self._sleep = sleep
        self._ids = count(1)
        self._batches = True
        self._listener: Listener | None = None

    def tell(self, listener: Listener | None) -> Listener | None:
        """Tells `listener` of every answer from now on, None nobody; gives the one that was told before."""
        former, self._listener = self._listener, listener
        return former

    def request(self, method: str, *params: object) -> Any:
        """The result of one call. Raises NodeRefused, RpcUnreachable."""
        answer = self._post(_envelope(next(self._ids), method, params))
        if not isinstance(answer, dict):
            raise RpcUnreachable(self.url, "the answer is no JSON-RPC")
        result = self._outcome(method, params, answer)
        if isinstance(result, NodeRefused):
            raise result
        return result

    def batch(self, requests: Sequence[Request]) -> list[Any]:
        """The results in the order of `requests`; a refused one is its NodeRefused. Raises RpcUnreachable."""
        results: list[Any] = []
        for start in range(0, len(requests), MAX_BATCH):
            part = requests[start : start + MAX_BATCH]
            results += self._batch(part) if self._batches and len(part) > 1 else self._one_by_one(part)
        return results

    def close(self) -> None:
        """Closes the connections."""
        self._pool.close()

    def _batch(self, requests: Sequence[Request]) -> list[Any]:
        first = next(self._ids)
        ids = [first, *(next(self._ids) for _ in requests[1:])]
        body = [_envelope(key, method, params) for key, (method, params) in zip(ids, requests, strict=True)]
        try:
            answers = self._post(body)
        except _NoJson:
            answers = None  # some gateways answer a batch with a page of their own
        if not isinstance(answers, list) or len(answers) != len(ids):
            self._batches = False
            return self._one_by_one(requests)
        by_id = {answer.get("id"): answer for answer in answers if isinstance(answer, dict)}
        if set(by_id) != set(ids):
            raise RpcUnreachable(self.url, "the answer to a batch misses some of its requests")
        return [self._outcome(*request, by_id[key]) for key, request in zip(ids, requests, strict=True)]

    def _one_by_one(self, requests: Sequence[Request]) -> list[Any]:
        results: list[Any] = []
        for method, params in requests:
            try:
                results.append(self.request(method, *params))
            except NodeRefused as error:
                results.append(error)
        return results

    def _outcome(self, method: str, params: Sequence[object], answer: dict[str, Any]) -> Any:
        result = self._result(method, answer)
        if self._listener is not None:
            self._listener(method, params, result)
        return result

    def _result(self, method: str, answer: dict[str, Any]) -> Any:
        error = answer.get("error")
        if error is None:
            if "result" not in answer:
                raise RpcUnreachable(self.url, "the answer is no JSON-RPC")
            return answer["result"]
        if not isinstance(error, dict):
            return NodeRefused(method, 0, str(error)[:400])
        code = error.get("code")
        reason = str(error.get("message", ""))[:400]
        return NodeRefused(method, code if isinstance(code, int) else 0, reason, error.get("data"))

    def _post(self, body: object) -> Any:
        content = orjson.dumps(body)
        for wait in (*_BUSY_WAITS, None):
            status, answer = self._exchange(content)
            if status not in _BUSY or wait is None:
                break
            self._sleep(wait)
        try:
            return orjson.loads(answer)
        except orjson.JSONDecodeError as error:
            raise _NoJson(self.url, f"the answer is no JSON (HTTP {status})") from error

    def _exchange(self, content: bytes) -> tuple[int, bytes]:
        try:
            response = self._pool.urlopen(
                "POST", self._path, content, self._headers, retries=False, redirect=False, preload_content=False
            )
            try:
                answer = bytearray()
                while piece := response.read(_PIECE_BYTES):
                    answer += piece
                    if len(answer) > MAX_ANSWER_BYTES:
                        response.close()
                        raise RpcUnreachable(self.url, f"an answer is over {MAX_ANSWER_BYTES} bytes")
            finally:
                response.release_conn()
            return response.status, bytes(answer)
        except urllib3.exceptions.NewConnectionError as error:
            raise RpcUnreachable(self.url, _reason(error)) from error
        except urllib3.exceptions.TimeoutError as error:
            raise RpcUnreachable(self.url, "no answer in time") from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise RpcUnreachable(self.url, _reason(error)) from error


class _NoJson(RpcUnreachable):
    """Something answered, and not in JSON."""


def _reason(error: Exception) -> str:
    cause = error.__cause__ or error.__context__ or error
    return " ".join(str(cause).split())[:200] or type(cause).__name__


def _envelope(key: int, method: str, params: Sequence[object]) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": key, "method": method, "params": list(params)}
