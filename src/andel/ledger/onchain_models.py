"""The contracts that answer inside the chain, and the example that asks them.

Takes a `Chain` and an address. Gives what was published for a model and the chain's own answers; sends what the
model's owner publishes and promotes. Never compiles a model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from andel.keys import AccountKey, address_bytes, checksummed
from andel.ledger.bound import Bound
from andel.ledger.receipt import Receipt
from andel.units import Address, Digest


@dataclass(frozen=True, slots=True)
class Publication:
    """The code that answers for a version: where it lies, its hash, and the model file it was compiled from."""

    version: Digest
    implementation: Address
    codehash: Digest
    model_file_hash: Digest


class OnchainModelsContract(Bound):
    """The registry of models that answer inside the chain. A model is named by its `RoundManager`."""

    NAME = "OnchainModels"

    def publish(self, key: AccountKey, model: Address, version: bytes, model_file_hash: bytes, code: bytes) -> Receipt:
        """Puts a final version's runtime code on chain. `key` is the model's owner."""
        return self.chain.send(key, self.contract, "publish", model, version, model_file_hash, code)

    def publish_chunk(self, key: AccountKey, code: bytes) -> Receipt:
        """Puts a chunk of code on chain, for whoever wants it; one that is there stays."""
        return self.chain.send(key, self.contract, "publishChunk", code)

    def publish_head(self, key: AccountKey, code: bytes) -> Receipt:
        """Puts code that may call chunks of this registry on chain, bound to no model; for `ask`."""
        return self.chain.send(key, self.contract, "publishHead", code)

    def is_chunk(self, address: Address) -> bool:
        """Whether this registry created the code there as a chunk."""
        return bool(self.chain.call(self.contract, "isChunk", address))

    def is_head(self, address: Address) -> bool:
        """Whether this registry created the code there as a head or a chunk: what `ask` asks."""
        return bool(self.chain.call(self.contract, "isHead", address))

    def ask(self, code: Address, question: bytes) -> bytes:
        """What a head or chunk returns for a question of whole words: 1 to 32 words. Raises Reverted."""
        return bytes(self.chain.call(self.contract, "ask", code, question))

    def promote(self, key: AccountKey, model: Address, version: bytes) -> Receipt:
        """Makes a published version the current one. `key` is the model's owner."""
        return self.chain.send(key, self.contract, "promote", model, version)

    def current_of(self, model: Address) -> Publication | None:
        """The current version; None before the first promotion."""
        version, *rest = self.chain.call(self.contract, "currentOf", model_id(model))
        return Publication(version, *rest) if any(version) else None

    def publication_of(self, model: Address, version: bytes) -> Publication | None:
        """What was published for a version; None if nothing."""
        implementation, *rest = self.chain.call(self.contract, "publicationOf", model_id(model), version)
        return Publication(Digest(version), implementation, *rest) if int(implementation, 16) else None

    def predict(self, model: Address, question: bytes) -> int:
        """The current version's answer to a packed question of 1 to 64 words, in the target channel's unit."""
        return int(self.chain.call(self.contract, "predict", model_id(model), question))

    def predict_word(self, model: Address, question: bytes) -> int:
        """As `predict`, for a question of one word, by the way that costs a contract least."""
        return int(self.chain.call(self.contract, "predictWord", model_id(model), int.from_bytes(question, "big")))

    def predict_batch(self, model: Address, questions: Sequence[bytes]) -> list[int]:
        """The current version's answers to 1 to 64 questions."""
        return [int(each) for each in self.chain.call(self.contract, "predictBatch", model_id(model), list(questions))]

    def predict_words(self, model: Address, question: bytes) -> bytes:
        """The current version's answer where it has several words, 32 bytes an int256."""
        return bytes(self.chain.call(self.contract, "predictWords", model_id(model), question))

    def predict_at(self, model: Address, version: bytes, question: bytes) -> int:
        """A published version's answer."""
        return int(self.chain.call(self.contract, "predictAt", model_id(model), version, question))


class PredictionLogContract(Bound):
    """The example consumer: asks inside a transaction and writes the answer down."""

    NAME = "PredictionLog"

    def ask(self, key: AccountKey, question: bytes) -> tuple[int, Receipt]:
        """The answer the chain gave in a transaction of `key`, and that transaction."""
        receipt = self.chain.send(key, self.contract, "ask", question)
        return int(receipt.event("Answered").arguments["answer"]), receipt

    def registry(self) -> Address:
        """Where the model answers."""
        return Address(self.chain.call(self.contract, "registry"))

    def model(self) -> Address:
        """The model's `RoundManager`."""
        return checksummed(self.chain.call(self.contract, "modelId")[12:])


def model_id(model: Address) -> bytes:
    """A model's id: its `RoundManager`'s address, left-padded to 32 bytes."""
    return bytes(12) + address_bytes(model)
