"""The contracts that answer inside the chain, and the example that asks them.

Takes a `Chain` and an address. Gives what was published for a model and the chain's own answers; sends what the
model's owner publishes and promotes. Never compiles a model.
"""

from __future__ import annotations

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
        """The current version's answer to a packed question of 32 bytes, in the target channel's unit."""
        return int(self.chain.call(self.contract, "predict", model_id(model), question))

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
