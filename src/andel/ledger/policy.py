"""What a model's holders have decided, as its `ModelPolicy` keeps it.

Takes a `Chain` and an address, or a model's `RoundManager`. Gives rules with their history, prices, the bar and the
promotions as plain values; sends what anybody may send (publish, promote). The interface `IModelPolicy.sol` is the
manual. What only a vote may send is written as a proposal (`governance`). Never reads the texts behind the hashes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from andel.errors import ChainError, Reverted
from andel.keys import AccountKey
from andel.ledger.bound import Bound
from andel.ledger.receipt import Receipt
from andel.ledger.round_manager import RoundManagerContract
from andel.units import Address, Digest


class Rule(IntEnum):
    """What a record is about, as `IModelPolicy.sol` numbers it."""

    TRAINING = 0
    DATA = 1
    VALIDATION = 2
    LICENCE = 3
    PRICES = 4
    BAR = 5


class Access(IntEnum):
    """Who may ask off chain."""

    OPEN = 0
    HOLDERS = 1
    PAID = 2


@dataclass(frozen=True, slots=True)
class Record:
    """A line of a rule's history: its hash, since when (seconds) and which block; it binds rounds opened later."""

    hash: Digest
    since: int
    since_block: int


@dataclass(frozen=True, slots=True)
class Price:
    """What one way of asking costs: `amount` base units of `token` (zero address: the coin) for a call, or for a pass
    of `period` seconds; `rate_per_day` calls (0: as the server says).
    """

    route: str
    token: Address
    period: int
    rate_per_day: int
    transferable: bool
    amount: int


@dataclass(frozen=True, slots=True)
class Bar:
    """What a version must reach to be promoted without a vote; nothing does where it is not `automatic`."""

    evaluation: int
    lower_is_better: bool
    automatic: bool


@dataclass(frozen=True, slots=True)
class Promotion:
    """A version that was made current: when, from which round, and whether a vote said so."""

    version: Digest
    since: int
    since_block: int
    round: int
    by_vote: bool


class ModelPolicyContract(Bound):
    """One model's policy."""

    NAME = "ModelPolicy"

    def rule_of(self, rule: Rule) -> Record:
        """The record in force now."""
        return Record(*self.chain.call(self.contract, "ruleOf", int(rule)))

    def rule_at(self, rule: Rule, opened_block: int) -> Record:
        """The record in force for a round that was opened in this block."""
        _, record = self.chain.call(self.contract, "ruleAt", int(rule), opened_block)
        return Record(*record)

    def history_of(self, rule: Rule) -> list[Record]:
        """Every record of a rule, the founding's first."""
        count = int(self.chain.call(self.contract, "rulesCount", int(rule)))
        asked = [(int(rule), number) for number in range(count)]
        return [Record(*record) for record in self.chain.call_many(self.contract, "ruleByNumber", asked)]

    def prices(self) -> tuple[Access, tuple[Price, ...]]:
        """Who may ask and at which prices, now."""
        access, found = self.chain.call(self.contract, "prices")
        return Access(access), tuple(Price(_text(route), *rest) for route, *rest in found)

    def bar(self) -> Bar:
        """The bar in force now."""
        return Bar(*self.chain.call(self.contract, "bar"))

    def current_version(self) -> Digest | None:
        """The current version; None before the first promotion."""
        version = self.chain.call(self.contract, "currentVersion")
        return Digest(version) if any(version) else None

    def promotions(self) -> list[Promotion]:
        """Every promotion and rollback, the first first."""
        count = int(self.chain.call(self.contract, "promotionsCount"))
        asked = [(number,) for number in range(count)]
        return [Promotion(*record) for record in self.chain.call_many(self.contract, "promotionByNumber", asked)]

    def publish(
        self,
        key: AccountKey,
        version: bytes,
        model_file_hash: bytes,
        code: bytes,
        signatures: Mapping[Address, bytes],
    ) -> Receipt:
        """Puts a final version's code on chain with the `Publication` signatures of k validators. Anybody."""
        signers = sorted(signatures, key=lambda account: int(account, 16))
        ordered = [signatures[account] for account in signers]
        return self.chain.send(key, self.contract, "publish", version, model_file_hash, code, signers, ordered)

    def promote(self, key: AccountKey, version: bytes) -> Receipt:
        """Makes a published version current, if it reaches the bar and is newer. Anybody."""
        return self.chain.send(key, self.contract, "promote", version)

    def timelock(self) -> Address:
        """Who writes: the timelock, and so a vote."""
        return Address(self.chain.call(self.contract, "timelock"))

    def manager(self) -> Address:
        """The model's `RoundManager`."""
        return Address(self.chain.call(self.contract, "manager"))


def find_policy(rounds: RoundManagerContract) -> ModelPolicyContract | None:
    """The model's policy; None where the publisher is an account or another kind of contract: no holders decide.

    Raises ChainError when the publisher is the policy of another model.
    """
    publisher = rounds.publisher()
    if not rounds.chain.code(publisher):
        return None
    policy = ModelPolicyContract(rounds.chain, publisher)
    try:
        named = policy.manager()
    except Reverted:
        return None
    if named != rounds.address:
        raise ChainError(f"{publisher} publishes versions of {rounds.address} and is not its policy", _OTHER)
    return policy


def _text(route: bytes) -> str:
    return route.rstrip(b"\0").decode("utf-8", "backslashreplace")


_OTHER: Final = "a model launched by the factory has a ModelPolicy there"
