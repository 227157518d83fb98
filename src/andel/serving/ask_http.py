"""One question put to a model's server over HTTP.

Takes the server's address and a packed question; gives the answer's integers. The server's answer is bounded in bytes
and seconds; nothing is followed elsewhere, and no proxy or key is read from the environment. Never checks a signature:
`verify_prediction` does.
"""

from __future__ import annotations

import re
from typing import Any, Final

import httpx
import orjson

from andel.errors import InputError, SettingsError

ANSWER_BYTES: Final = 256 * 1024
SILENCE_SECONDS: Final = 15.0
_MAX_ANSWERS: Final = 128


def ask_over_http(url: str, question: bytes) -> list[int]:
    """The answer's integers, of POST /predict. Raises SettingsError for no address, InputError."""
    if not re.fullmatch(r"https?://[\w.:\[\]-]+(/[\w./~-]*)?", url):
        raise SettingsError(f"not a server's address: {url[:80]!r}", "http://host:port")
    body = orjson.dumps({"question": "0x" + question.hex()})
    headers = {"content-type": "application/json", "accept-encoding": "identity"}
    try:
        with (
            httpx.Client(timeout=SILENCE_SECONDS, trust_env=False, follow_redirects=False) as client,
            client.stream("POST", url.rstrip("/") + "/predict", content=body, headers=headers) as response,
        ):
            data = b""
            for piece in response.iter_bytes():
                data += piece
                if len(data) > ANSWER_BYTES:
                    raise InputError(f"the server's answer is over {ANSWER_BYTES} bytes")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise InputError(f"the server does not answer: {type(error).__name__}", "see whether it runs there") from error
    try:
        found = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise InputError(f"the server's answer ({response.status_code}) is no JSON") from error
    if response.status_code != 200:
        told = found.get("error", "") if isinstance(found, dict) else ""
        raise InputError(f"the server refuses ({response.status_code}): {str(told)[:200]}")
    return _integers(found)


def _integers(found: Any) -> list[int]:
    answer = found.get("answer", found.get("answers")) if isinstance(found, dict) else None
    values = answer if isinstance(answer, list) else [answer]
    if not 1 <= len(values) <= _MAX_ANSWERS:
        raise InputError(f"the server gave {len(values)} integers")
    return [_integer(value) for value in values]


def _integer(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,78}", value):  # from 2**53 on
        return int(value)
    raise InputError(f"the server's answer {str(value)[:40]!r} is no integer")
