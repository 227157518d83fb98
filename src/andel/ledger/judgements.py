"""The notary of judgements made in floats: who sealed what of which attempt, and showed it when.

Takes a `Chain` and an address. Gives records as plain values and sends what judges send. The interface
`IJudgements.sol` is the manual. Times are seconds. Never decides whose judgements count (`andel.roles.judgements`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from andel.keys import AccountKey
from andel.ledger.bound import Bound
from andel.ledger.connection import Chain
from andel.ledger.receipt import Receipt
from andel.units import Address, Digest


@dataclass(frozen=True, slots=True)
class JudgementRecord:
    """What a judge sealed and showed of one attempt; zero where it did not. `digest` is the judgement's SHA-256."""

    hash: Digest
    digest: Digest
    sealed_at: int
    sealed_block: int
    shown_at: int
    shown_block: int


class JudgementsContract(Bound):
    """Shared by all models of a chain; anybody may seal and show."""

    NAME = "Judgements"

    def seal(self, key: AccountKey, model: Address, number: int, attempt: int, seal: bytes) -> Receipt:
        """Seals `key`'s judgement of an attempt."""
        return self.chain.send(key, self.contract, "seal", model, number, attempt, seal)

    def show(self, key: AccountKey, model: Address, number: int, attempt: int, digest: bytes, salt: bytes) -> Receipt:
        """Shows which judgement `key` sealed."""
        return self.chain.send(key, self.contract, "show", model, number, attempt, digest, salt)

    def records_of(self, model: Address, number: int, attempt: int, judges: Sequence[Address]) -> list[JudgementRecord]:
        """What each of `judges` sealed and showed, in their order."""
        found = self.chain.call(self.contract, "judgementsOf", model, number, attempt, list(judges))
        return [JudgementRecord(*record) for record in found]


def deploy_judgements(chain: Chain, key: AccountKey) -> JudgementsContract:
    """A notary, new on the chain, for tasks to name. Raises ChainError."""
    contract, _ = chain.deploy(key, JudgementsContract.NAME)
    return JudgementsContract(chain, contract.address)
