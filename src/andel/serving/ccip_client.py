"""Asks a contract of ERC-3668 and brings it what it wants: the client's side of `ccip_api`.

Takes an `OffchainModelContract` and a question. Gives the answer that the contract itself believed. Gateways are named
by the contract, so by strangers: HTTP or HTTPS, no redirects, bounded in bytes and seconds, and none inside one's own
network unless that is allowed. Never believes a gateway.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Final
from urllib.parse import urlsplit

import httpx
import orjson

from andel.errors import ChainError, InputError, Reverted
from andel.ledger.offchain_model import ANY_VERSION, Lookup, OffchainModelContract

GATEWAY_SECONDS: Final = 15.0
MAX_RESPONSE_BYTES: Final = 64 * 1024
_MAX_URLS: Final = 8


def ask_offchain(
    contract: OffchainModelContract,
    question: bytes,
    *,
    version: bytes = ANY_VERSION,
    age: int | None = None,
    allow_local: bool = False,
    seconds: float = GATEWAY_SECONDS,
) -> int:
    """The model's answer to `question` (whole words), no older than `age` seconds.

    Gateways are asked in the contract's order until it believes one. `allow_local`: also gateways in private networks.
    Raises Reverted where the contract refuses the question, ChainError where no gateway brought what it believes.
    """
    lookup = contract.lookup(question, version, age)
    if lookup.sender != contract.address:
        raise ChainError(f"{contract.address} asks in the name of {lookup.sender}", "ERC-3668 forbids it")
    failures = []
    with httpx.Client(timeout=seconds, trust_env=False, follow_redirects=False) as client:
        for url in lookup.urls[:_MAX_URLS]:
            try:
                return contract.answered(_response(client, url, lookup, allow_local), lookup)
            except Reverted as refused:
                failures.append(f"what it brought was refused ({refused.error})")
            except (httpx.HTTPError, InputError) as error:
                failures.append(error.message if isinstance(error, InputError) else "it cannot be reached")
    raise ChainError(f"no gateway of {contract.address} brought an answer: {'; '.join(failures) or 'it names none'}")


def _response(client: httpx.Client, url: str, lookup: Lookup, allow_local: bool) -> bytes:
    """A gateway's bytes. Raises InputError, httpx.HTTPError."""
    data, sender = "0x" + lookup.call_data.hex(), lookup.sender.lower()
    filled = url.replace("{sender}", sender).replace("{data}", data)
    _check_place(filled, allow_local)
    if "{data}" in url:
        request = client.build_request("GET", filled)
    else:
        request = client.build_request("POST", filled, json={"data": data, "sender": sender})
    body = bytearray()
    response = client.send(request, stream=True)
    try:
        if response.status_code != 200:
            raise InputError(f"it answered with status {response.status_code}")
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > MAX_RESPONSE_BYTES:
                raise InputError("it answered too much")
    finally:
        response.close()
    try:
        record = orjson.loads(bytes(body))
        text = record["data"]
        return bytes.fromhex(text.removeprefix("0x"))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError("it answered what is none of ERC-3668") from error


def _check_place(url: str, allow_local: bool) -> None:
    """Refuses what is no web address, or one inside one's own network."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise InputError("its URL is none") from error
    if parts.scheme not in ("http", "https") or not host:
        raise InputError("its URL is none of HTTP")
    if allow_local:
        return
    try:
        found = socket.getaddrinfo(host, port or 443, type=socket.SOCK_STREAM)
    except OSError as error:
        raise InputError("its host is unknown") from error
    for *_, address in found:
        if not ipaddress.ip_address(str(address[0]).partition("%")[0]).is_global:
            raise InputError("its host is inside a private network", "allow local gateways if that is meant")
