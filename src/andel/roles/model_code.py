"""A model file's code on a chain: put there by anybody, and compared with what a version or an answer claims.

Takes a model file, the registry `OnchainModels`, and whoever pays; signed predictions and a model's contracts. Gives
where the code lies and what it cost; findings of a check. Chunks are made before the head that calls them, what is
there already is left, so that it may be run again. Never trusts the registry's word for code: the bytes are compared.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from andel.errors import ChainError, EvidenceError, InputError
from andel.hashing import keccak
from andel.keys import AccountKey, address_bytes, checksummed
from andel.ledger.abi import encode_call
from andel.ledger.deployment import ModelContracts
from andel.ledger.onchain_models import OnchainModelsContract, Publication
from andel.ledger.sending import Intent
from andel.serving.any_file import AnyFile, answer_to, compile_any
from andel.serving.code_chunks import CompiledModel, chunk_address
from andel.serving.prediction import Prediction, verify_prediction
from andel.transactions import SignedTransaction, Transaction
from andel.units import Address

_SAMPLE_GAS_A_BYTE: Final = 600
"""About what a byte of code takes that rests on chunks which are not there yet: deposit, call data, the check."""


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of code: a chunk or the head, where it lies, and whether it is there. `gas` is an estimate."""

    what: str
    code: bytes
    address: Address
    present: bool
    gas: int


def code_for(model: AnyFile, registry: OnchainModelsContract) -> CompiledModel:
    """The code with chunks where `registry` creates them. Raises ModelFileError where it does not fit."""
    return compile_any(model, address_bytes(registry.address))


def parts_of(compiled: CompiledModel, registry: OnchainModelsContract, payer: Address) -> list[Part]:
    """What has to be on chain, chunks first, with gas estimated by the node. Raises ChainError, Reverted."""
    parts: list[Part] = []
    wanted = [("chunk", code) for code in compiled.chunks] + [("head", compiled.head)]
    for what, code in wanted:
        address = checksummed(chunk_address(address_bytes(registry.address), code))
        present = registry.is_chunk(address) if what == "chunk" else registry.is_head(address)
        if present:
            gas = 0
        elif what == "head" and any(not part.present for part in parts):
            rate = max((part.gas / len(part.code) for part in parts if part.gas), default=_SAMPLE_GAS_A_BYTE)
            gas = round(rate * len(code))
        else:
            function = "publishChunk" if what == "chunk" else "publishHead"
            data = encode_call(registry.contract, function, [code])
            intent = Intent(_Asker(payer), registry.address, data, 0, None, f"OnchainModels.{function}", registry.NAME)
            gas = registry.chain.estimate(intent)
        parts.append(Part(what, code, address, present, gas))
    return parts


def deploy_code(
    compiled: CompiledModel, registry: OnchainModelsContract, payer: AccountKey
) -> Iterator[tuple[Part, int]]:
    """Puts on chain what is missing; gives each part as it is there, and the gas it took (0: it was there).

    Raises Reverted, ChainError; run again it goes on.
    """
    for part in parts_of(compiled, registry, payer.address):
        gas = 0
        if not part.present:
            send = registry.publish_chunk if part.what == "chunk" else registry.publish_head
            gas = send(payer, part.code).gas_used
        if registry.chain.code(part.address) != part.code:
            raise ChainError(f"the {part.what} at {part.address} is not the code that was sent")
        yield part, gas


@dataclass(frozen=True, slots=True)
class _Asker:
    """An account for an estimate: signs nothing."""

    address: Address

    def sign_transaction(self, transaction: Transaction) -> SignedTransaction:
        """Raises InputError."""
        raise InputError("an estimate signs nothing", "name a key file")


def verify_signed(
    predictions: Sequence[Prediction], model: ModelContracts, quorum: int, *, at_any_time: bool
) -> list[Address]:
    """Who signed one and the same answer, at least `quorum` operators of the model. Raises PredictionRefused."""
    operators = model.operators.of_epoch()
    signers = {operators.coordinator, *(validator.account for validator in operators.validators)}
    domain = model.round_manager.domain
    now = None if at_any_time else model.round_manager.chain.block_time()
    for each in predictions:
        if each.message() != predictions[0].message():
            raise EvidenceError("predictions", f"{each.signer} signed another message than {predictions[0].signer}")
        verify_prediction(each, domain, signers, now)
    found = sorted({each.signer for each in predictions})
    if len(found) < quorum:
        raise EvidenceError("predictions", f"{len(found)} operators signed, {quorum} are asked for")
    return found


def verify_answer(prediction: Prediction, file: AnyFile) -> int:
    """The answer, where the model file gives it too. Raises EvidenceError, InputError."""
    given = answer_to(file, prediction.question)
    if given != prediction.answer:
        raise EvidenceError("answer", f"the signed answer {prediction.answer} is not the model file's {given}")
    return prediction.answer


def verify_publication(published: Publication, file: AnyFile, registry: OnchainModelsContract) -> CompiledModel:
    """The code, compiled again, where it is what the version has on chain. Raises EvidenceError, ModelFileError."""
    if file.file_hash != published.model_file_hash:
        raise EvidenceError(
            "model file",
            f"its hash {file.file_hash.hex()} is not the {published.model_file_hash.hex()} that was published",
        )
    compiled = code_for(file, registry)
    if keccak(compiled.head) != published.codehash:
        raise EvidenceError("on-chain model", "compiling the model file does not give the code hash on chain")
    if registry.chain.code(published.implementation) != compiled.head:
        raise EvidenceError("on-chain model", "the code at its address is not what the registry says")
    _require_chunks(compiled.chunks, registry)
    return compiled


def _require_chunks(chunks: Collection[bytes], registry: OnchainModelsContract) -> None:
    for chunk in chunks:
        address = checksummed(chunk_address(address_bytes(registry.address), chunk))
        if registry.chain.code(address) != chunk:
            raise EvidenceError("on-chain model", f"no chunk of its code lies at {address}")
