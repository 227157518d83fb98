"""A finished run as an audit sees it, to be altered place by place: the store's objects and the node's answers.

`record` audits once and keeps every answer of the node. `AlteredNode` is a real `Rpc` that answers from there, with
some answers altered; what nobody asked before goes to the live node. `MemoryStore` is the store with some objects
replaced. So thousands of audits run on the real code, without a chain's round trips and without writing a file.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from andel.content import ContentStore, cid_of_digest, digest_of_cid
from andel.errors import ContentCorrupt, ContentMissing
from andel.hashing import sha256
from andel.ledger.connection import Chain
from andel.ledger.deployment import ModelContracts, find_model
from andel.ledger.onchain_models import OnchainModelsContract
from andel.ledger.rpc import NodeRefused, Rpc
from andel.roles.auditing.rounds import RoundProof, RoundProver
from andel.roles.auditor import Audit, AuditOptions, audit
from tests.support.small_run import FinishedRun

Answers = dict[bytes, Any]
"""By canonical JSON of [method, parameters]: the raw result."""


class AlteredNode(Rpc):
    """The recorded node; `altered` answers come before `recorded` ones."""

    def __init__(self, url: str, recorded: Answers) -> None:
        super().__init__(url)
        self._recorded = recorded
        self.altered: Mapping[bytes, Any] = {}

    def _post(self, body: Any) -> Any:
        if isinstance(body, list):
            return [self._answer(each) for each in body]
        return self._answer(body)

    def _answer(self, body: dict[str, Any]) -> Any:
        key = orjson.dumps([body["method"], body["params"]])
        for known in (self.altered, self._recorded):
            if key in known:
                return {"id": body["id"], "result": known[key]}
        return super()._post(body)


class MemoryStore(ContentStore):
    """Objects in memory; `put` is not for this one. Bytes are verified against names as in the real store."""

    def __init__(self, objects: Mapping[str, bytes]) -> None:
        super().__init__("memory://recorded-audit")
        self._by_name = objects

    def get(self, cid: str) -> bytes:
        digest = digest_of_cid(cid)
        if cid not in self._by_name:
            raise ContentMissing(cid, f"object {cid} is not in the store")
        if sha256(self._by_name[cid]) != digest:
            raise ContentCorrupt(cid, f"object {cid} does not match its name")
        return self._by_name[cid]

    def cids(self, before: float | None = None) -> Iterator[str]:
        yield from sorted(self._by_name)


@dataclass(frozen=True, slots=True)
class Material:
    """Everything an audit of the finished run reads."""

    run: FinishedRun
    objects: dict[str, bytes]
    answers: Answers
    asked: tuple[bytes, ...]
    """The questions of an audit of everything; `answers` has also those of each round alone."""
    kinds: dict[str, list[str]]
    """Kind of evidence → the CIDs of its objects."""
    node: AlteredNode
    honest: AlteredNode

    def audit(
        self,
        *,
        objects: Mapping[str, bytes] | None = None,
        altered: Mapping[bytes, Any] | None = None,
        only: int | None = None,
        second: bool = False,
    ) -> Audit:
        """What an audit says to this store and this node; `second` compares with the honest node."""
        self.node.altered = altered or {}
        chain_id = self.run.world.chain.chain_id
        honest = Chain(self.honest, chain_id) if second else None
        options = AuditOptions(only=only, keep_reports=False, second=honest, sleep=lambda _: None)
        model = opened(Chain(self.node, chain_id), self.run.world.model)
        store = MemoryStore(self.objects if objects is None else objects)
        return audit(model, store, None if only else self.run.prediction, options)

    def close(self) -> None:
        """Closes what may have gone to the live node."""
        self.node.close()
        self.honest.close()


def opened(chain: Chain, live: ModelContracts) -> ModelContracts:
    """The model's contracts over another chain's door."""
    found = find_model(chain, live.round_manager.address)
    assert live.onchain_models is not None
    return replace(found, onchain_models=OnchainModelsContract(chain, live.onchain_models.address))


def record(run: FinishedRun) -> Material:
    """Audits once through a listening door and keeps all answers."""
    live = run.world.model.round_manager.chain
    answers: Answers = {}

    def hear(method: str, params: Sequence[object], answer: object) -> None:
        assert not isinstance(answer, NodeRefused), answer
        answers[orjson.dumps([method, list(params)])] = answer

    chain = Chain.connect(live.url)
    chain.tell(hear)
    store = ContentStore(str(run.store_folder))
    objects = {cid: store.get(cid) for cid in store.cids()}
    memory = MemoryStore(objects)
    asked: tuple[bytes, ...] = ()
    for only in (None, 1, 2):
        found = audit(opened(chain, run.world.model), memory, None if only else run.prediction, AuditOptions(only=only))
        assert found.ok, found.failure
        asked = asked or tuple(answers)
    chain.close()
    return Material(
        run, objects, answers, asked, _kinds(run), AlteredNode(live.url, answers), AlteredNode(live.url, answers)
    )


def _kinds(run: FinishedRun) -> dict[str, list[str]]:
    """The objects by kind: the place's name without round and account."""
    kinds: dict[str, list[str]] = {}
    for cid, place in places(run).items():
        kinds.setdefault(place.partition(", ")[2].partition(" of 0x")[0] or place, []).append(cid)
    assert sum(map(len, kinds.values())) == len(list(run.small.store.cids()))
    return kinds


def places(run: FinishedRun) -> dict[str, str]:
    """CID → the first place that an audit gives it."""
    prover = RoundProver(run.world.model, run.small.store)
    found: dict[str, str] = {}
    for number in (1, 2):
        proof = prover.prove(number, prover.state_of(number))
        assert isinstance(proof, RoundProof)
        for place, cid in proof.objects:
            found.setdefault(cid, place)
    found.setdefault(cid_of_digest(run.published.file.file_hash), "model file")
    return found


def flipped(data: bytes, generator: random.Random) -> bytes:
    """The data with one bit of one byte turned."""
    changed = bytearray(data)
    changed[generator.randrange(len(data))] ^= 1 << generator.randrange(8)
    return bytes(changed)
