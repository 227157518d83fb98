"""Which model follows which, as the shared `Successors` holds it.

Takes a `Chain` and an address. Gives steps and paths as plain values, and sends what rulers send. The interface
`ISuccessors.sol` is the manual. Never says whether a model is one that this package knows: `find_model` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from andel.keys import AccountKey
from andel.ledger.bound import Bound
from andel.ledger.connection import Chain
from andel.ledger.receipt import Receipt
from andel.units import NOBODY, Address, Digest

MAX_STEPS: Final = 32
"""How far a path is followed at once."""


@dataclass(frozen=True, slots=True)
class Succession:
    """A step from a model on: why (sha2-256 of the text), and when each side named the other, seconds.

    `accepted_at` is 0 while the successor has not named the model back; then nobody follows the step.
    """

    successor: Address
    reason: Digest
    named_at: int
    accepted_at: int


class SuccessorsContract(Bound):
    """Shared by all models of a chain; models are named by their `RoundManager`'s address."""

    NAME = "Successors"

    def name_successor(self, key: AccountKey, model: Address, successor: Address, reason: bytes) -> Receipt:
        """Names who follows `model`, whose ruler `key` is."""
        return self.chain.send(key, self.contract, "nameSuccessor", model, successor, reason)

    def withdraw_successor(self, key: AccountKey, model: Address) -> Receipt:
        """Takes back a naming that was not accepted."""
        return self.chain.send(key, self.contract, "withdrawSuccessor", model)

    def accept_predecessor(self, key: AccountKey, model: Address, predecessor: Address, reason: bytes) -> Receipt:
        """Names the predecessor of `model` back, for ever; `key` is the ruler of `model`."""
        return self.chain.send(key, self.contract, "acceptPredecessor", model, predecessor, reason)

    def succession_of(self, model: Address) -> Succession | None:
        """The step from a model on, accepted or not; None where none was named."""
        step = Succession(*self.chain.call(self.contract, "successionOf", model))
        return step if int(step.successor, 16) else None

    def predecessor_of(self, model: Address) -> Address | None:
        """The model that this one follows by a step that counts."""
        found = Address(self.chain.call(self.contract, "predecessorOf", model))
        return None if found == NOBODY else found

    def current_of(self, model: Address, most: int = MAX_STEPS) -> tuple[Address, bool]:
        """Where at most `most` steps that count lead, and whether the path ends there."""
        current, last = self.chain.call(self.contract, "currentOf", model, most)
        return Address(current), bool(last)


def deploy_successors(chain: Chain, key: AccountKey) -> SuccessorsContract:
    """One for all models, new on the chain. Raises ChainError."""
    contract, _ = chain.deploy(key, SuccessorsContract.NAME)
    return SuccessorsContract(chain, contract.address)
