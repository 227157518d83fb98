"""A model file's code on a chain: put there by anybody, and compared with what a version or an answer claims.

Takes a model file, the registry `OnchainModels`, and whoever pays; signed predictions and a model's contracts. Gives
where the code lies and what it cost; findings of a check. Chunks are made before the head that calls them, what is
there already is left, so that it may be run again. Never trusts the registry's word for code: the bytes are compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from andel.errors import ChainError, EvidenceError, InputError
from andel.keys import AccountKey, address_bytes
from andel.ledger.abi import encode_call
from andel.ledger.deployment import ModelContracts
from andel.ledger.onchain_models import OnchainModelsContract, Publication
from andel.ledger.sending import Intent
from andel.roles.auditing.answer import check_code
from andel.roles.gateway import chunk_place
from andel.serving.any_file import AnyFile, answer_to, compile_any
from andel.serving.code_chunks import CompiledModel
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
        address = chunk_place(registry, code)
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


def verify_publication(model: ModelContracts, published: Publication, file: AnyFile) -> None:
    """The file is the one that was published, and compiles to the code on chain. Raises EvidenceError."""
    if file.file_hash != published.model_file_hash:
        raise EvidenceError(
            "model file",
            f"its hash {file.file_hash.hex()} is not the {published.model_file_hash.hex()} that was published",
        )
    check_code(model, published, file)
