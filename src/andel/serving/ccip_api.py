"""A gateway of ERC-3668: gathers k operators' signatures over one answer, for contracts that pull it.

Takes the server's present predictor, the `OffchainModel` contracts it answers for, and its peers' addresses. Gives GET
/ccip/{sender}/{data}.json and POST /ccip. The answer is this server's own; peers are asked the same question with the
same date over HTTP, and one counts when it signed the very same message and the contract holds it for an operator. What
peers send is bounded in bytes and seconds. Never answers for another model, never signs what a peer says.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import httpx
import orjson
from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from andel.errors import AndelError, InputError
from andel.hashing import keccak
from andel.keys import parse_address
from andel.ledger.offchain_model import ANY_VERSION, OffchainModelContract
from andel.ledger.onchain_models import model_id
from andel.serving.http_edge import (
    BODY_SECONDS,
    Endpoint,
    RefusedRequest,
    check_content_type,
    json_response,
    read_body,
)
from andel.serving.prediction import Prediction, verify_prediction
from andel.serving.predictor import Predictor
from andel.units import Address

MAX_BODY_BYTES: Final = 16 * 1024
MAX_PEERS: Final = 32
PEER_SECONDS: Final = 5.0
"""How long a peer may take to answer."""
DATED_BACK_SECONDS: Final = 15
"""Answers are dated by steps of this, one step back: peers' clocks differ, and a node may lag by a block."""

_ANSWER_OF: Final = keccak(b"answerOf(bytes32,bytes32,uint256,bytes)")[:4]
_CLAIM: Final = "(address,bytes32,uint64,uint64)"
_MAX_DATA: Final = 4 + 32 * (5 + 64)
_MAX_PEER_BYTES: Final = 16 * 1024
_AT_ONCE: Final = 16
_KEPT: Final = 1_024
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """A contract's question, as its call data says."""

    version: bytes
    threshold: int
    question: bytes


@dataclass(slots=True)
class Gateway:
    """One server's gateway. `predictor` gives who answers now; `peers` are URLs of servers of the same model.

    `admit` is asked before anything is answered, and raises RefusedRequest: a contract cannot pay or sign in.
    """

    predictor: Callable[[], Predictor]
    contracts: Sequence[OffchainModelContract]
    peers: Sequence[str]
    admit: Callable[[], None] = lambda: None
    peer_seconds: float = PEER_SECONDS
    _kept: OrderedDict[tuple[bytes, ...], bytes] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    def __post_init__(self) -> None:
        if len(self.peers) > MAX_PEERS:
            raise InputError(f"{len(self.peers)} peers, over {MAX_PEERS}")
        for peer in self.peers:
            if not peer.startswith(("http://", "https://")) or peer.endswith("/"):
                raise InputError(f"a peer is no URL of a server: {peer[:80]!r}", "as in https://server.example:8480")

    def endpoints(self) -> Sequence[tuple[str, str, Endpoint]]:
        """Method, path and endpoint of each page, for `make_app`."""

        async def by_path(request: Request) -> Response:
            return await self._answer(request.path_params["sender"], request.path_params["data"])

        async def by_body(request: Request) -> Response:
            check_content_type(request, "application/json", "as JSON")
            body = await read_body(request, BODY_SECONDS, MAX_BODY_BYTES, "ask one question in a request")
            try:
                record = orjson.loads(body)
            except orjson.JSONDecodeError as error:
                raise InputError("the body is no JSON") from error
            if not isinstance(record, dict) or not {"sender", "data"} <= record.keys() or len(record) > 8:
                raise InputError('the body is no {"data": "0x…", "sender": "0x…"}')
            return await self._answer(record["sender"], record["data"])

        return [("GET", "/ccip/{sender}/{data}.json", by_path), ("POST", "/ccip", by_body)]

    async def _answer(self, sender: object, data: object) -> Response:
        contract, asked = self._contract(sender), read_call(data, self._model())
        await run_in_threadpool(self.admit)
        async with self._turns:
            response = await self.response_to(contract, asked)
        return json_response({"data": "0x" + response.hex()})

    async def response_to(self, contract: OffchainModelContract, asked: Asked) -> bytes:
        """What the contract's callback takes. Raises RefusedRequest where too few sign the same."""
        predictor = self.predictor()
        version = predictor.model_file.version
        if asked.version not in (ANY_VERSION, version):
            raise RefusedRequest(404, "this server serves another version", f"it serves 0x{version.hex()}")
        now = await run_in_threadpool(predictor.clock)
        issued = now - now % DATED_BACK_SECONDS - DATED_BACK_SECONDS
        key = (contract.address.encode(), version, asked.question, asked.threshold.to_bytes(32, "big"), b"%d" % issued)
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None:
            return kept
        own = await run_in_threadpool(predictor.ask_question, asked.question, issued)
        signed = await self._signed(contract, asked, own, predictor)
        if len(signed) < asked.threshold:
            _log.warning("too_few_signatures have=%d need=%d", len(signed), asked.threshold)
            told = f"{len(signed)} of {asked.threshold} operators signed the same answer in time"
            raise RefusedRequest(503, told, "try again, or ask another gateway")
        response = response_of(own, sorted(signed.values(), key=_signer)[: asked.threshold])
        with self._lock:
            self._kept[key] = response
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return response

    async def _signed(
        self, contract: OffchainModelContract, asked: Asked, own: Prediction, predictor: Predictor
    ) -> dict[Address, Prediction]:
        """Predictions of the same message by signer, its own among them where it is an operator."""
        found: dict[Address, Prediction] = {}
        async with httpx.AsyncClient(timeout=self.peer_seconds, trust_env=False, follow_redirects=False) as client:
            asked_now = {asyncio.create_task(self._ask(client, peer, own, predictor)) for peer in self.peers}
            waiting = set(asked_now)
            try:
                found |= await self._counting(contract, {own.signer: own})
                while waiting and len(found) < asked.threshold:
                    done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                    said = [task.result() for task in done]
                    new = {each.signer: each for each in said if each is not None and each.signer not in found}
                    found |= await self._counting(contract, new)
            finally:
                for task in waiting:
                    task.cancel()
                await asyncio.gather(*asked_now, return_exceptions=True)
        return found

    async def _counting(
        self, contract: OffchainModelContract, signed: dict[Address, Prediction]
    ) -> dict[Address, Prediction]:
        """Those whose signer the contract holds for an operator now."""
        counting = await run_in_threadpool(contract.operators_among, list(signed))
        return {signer: prediction for signer, prediction in signed.items() if signer in counting}

    async def _ask(
        self, client: httpx.AsyncClient, peer: str, own: Prediction, predictor: Predictor
    ) -> Prediction | None:
        """A peer's signature over the same message; None where it gives none."""
        question = {"question": "0x" + own.question.hex(), "issued_at": own.issued_at}
        try:
            async with asyncio.timeout(self.peer_seconds):
                body = await _fetch(client, peer + "/predict", question)
            prediction = Prediction.from_json(orjson.loads(body))
            verify_prediction(prediction, predictor.domain, {prediction.signer})
        except (TimeoutError, httpx.HTTPError, ValueError, AndelError) as error:
            _log.info("peer_gave_nothing peer=%d kind=%s", self.peers.index(peer), type(error).__name__)
            return None
        if prediction.message() != own.message():
            _log.warning("peer_signed_otherwise peer=%d", self.peers.index(peer))
            return None
        return prediction

    def _model(self) -> Address:
        return self.predictor().domain.contract

    def _contract(self, sender: object) -> OffchainModelContract:
        asked = parse_address(sender) if isinstance(sender, str) and len(sender) == 42 else None
        for contract in self.contracts:
            if contract.address == asked:
                return contract
        raise RefusedRequest(404, "this gateway answers for other contracts", "see the contract's `urls`")


def read_call(data: object, model: Address) -> Asked:
    """A contract's question from its call data in hex. Raises InputError for other calls and another model."""
    text = data[2:] if isinstance(data, str) and data[:2] == "0x" else ""
    if not 0 < len(text) <= 2 * _MAX_DATA:
        raise InputError("data is no call of answerOf in hex", "as the contract's lookup has it")
    try:
        raw = bytes.fromhex(text)
        if raw[:4] != _ANSWER_OF:
            raise InputError("data calls another function than answerOf")
        asked_id, version, threshold, question = decode(["bytes32", "bytes32", "uint256", "bytes"], raw[4:])
    except (ValueError, DecodingError) as error:
        raise InputError("data is no call of answerOf") from error
    if asked_id != model_id(model):
        raise InputError("data asks another model", "this server answers for one")
    if not 1 <= threshold <= MAX_PEERS:
        raise InputError(f"{str(threshold)[:40]} signatures are asked for", f"1 to {MAX_PEERS}")
    return Asked(version, threshold, question)


def response_of(own: Prediction, signed: Sequence[Prediction]) -> bytes:
    """The ABI words that `answered` takes: what was signed, the answer, the signatures in order of their signers."""
    claim = (own.model, own.version, own.issued_at, own.valid_until)
    signatures = b"".join(prediction.signature for prediction in sorted(signed, key=_signer))
    return encode([_CLAIM, "int256", "bytes"], [claim, own.answer, signatures])


def _signer(prediction: Prediction) -> int:
    return int(prediction.signer, 16)


async def _fetch(client: httpx.AsyncClient, url: str, question: dict[str, object]) -> bytes:
    """A peer's answer. Raises ValueError for another status, or more bytes than an answer has."""
    body = bytearray()
    async with client.stream("POST", url, json=question) as response:
        if response.status_code != 200:
            raise ValueError(f"status {response.status_code}")
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > _MAX_PEER_BYTES:
                raise ValueError("the answer is too large")
    return bytes(body)
