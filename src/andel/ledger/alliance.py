"""Who may contribute to a model, and on which terms, as its `Alliance` holds it.

Takes a `Chain` and an address. Gives what held at a time as plain values, and sends what owner and contributors may
do. The interface `IAlliance.sol` is the manual. Times are seconds; an answer about a time that has come never changes.
Never judges a batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from andel.keys import AccountKey
from andel.ledger.bound import Owned
from andel.ledger.receipt import Receipt
from andel.units import Address, Digest


@dataclass(frozen=True, slots=True)
class AllianceRules:
    """sha2-256 of the policy object and of the terms."""

    policy: Digest
    terms: Digest


class AllianceContract(Owned):
    """The alliance of one model; its owner sets listers, devices and rules."""

    NAME = "Alliance"

    def trust(self, key: AccountKey, listers: Sequence[Address]) -> Receipt:
        """Trusts listers from now on. `key` is the owner, here and in the five calls below."""
        return self.chain.send(key, self.contract, "trust", list(listers))

    def drop(self, key: AccountKey, listers: Sequence[Address]) -> Receipt:
        """Trusts listers no longer."""
        return self.chain.send(key, self.contract, "drop", list(listers))

    def admit(self, key: AccountKey, devices: Sequence[Address]) -> Receipt:
        """Admits devices whoever lists them."""
        return self.chain.send(key, self.contract, "admit", list(devices))

    def dismiss(self, key: AccountKey, devices: Sequence[Address]) -> Receipt:
        """Ends what `admit` began."""
        return self.chain.send(key, self.contract, "dismiss", list(devices))

    def bar(self, key: AccountKey, devices: Sequence[Address]) -> Receipt:
        """Keeps devices out, whoever lists them."""
        return self.chain.send(key, self.contract, "bar", list(devices))

    def unbar(self, key: AccountKey, devices: Sequence[Address]) -> Receipt:
        """Lets barred devices in again."""
        return self.chain.send(key, self.contract, "unbar", list(devices))

    def set_rules(self, key: AccountKey, policy: bytes, terms: bytes) -> Receipt:
        """Sets policy and terms of rounds opened from now on. `key` is the owner."""
        return self.chain.send(key, self.contract, "setRules", policy, terms)

    def accept(self, key: AccountKey, terms: bytes) -> Receipt:
        """Accepts terms for `key`'s devices."""
        return self.chain.send(key, self.contract, "accept", terms)

    def accept_for(self, key: AccountKey, owner: Address, terms: bytes, deadline: int, signature: bytes) -> Receipt:
        """Accepts for `owner` with its EIP-712 `TermsAcceptance`; `key` pays."""
        return self.chain.send(key, self.contract, "acceptFor", owner, terms, deadline, signature)

    def withdraw(self, key: AccountKey, terms: bytes, until: int = 0) -> Receipt:
        """Withdraws `key`'s consent for rounds opened after `until`; 0 is now."""
        return self.chain.send(key, self.contract, "withdraw", terms, until)

    def withdraw_for(
        self, key: AccountKey, owner: Address, terms: bytes, until: int, deadline: int, signature: bytes
    ) -> Receipt:
        """Withdraws for `owner` with its EIP-712 `TermsWithdrawal`; `key` pays."""
        return self.chain.send(key, self.contract, "withdrawFor", owner, terms, until, deadline, signature)

    def are_admitted(self, devices: Sequence[Address], at: int) -> list[bool]:
        """Whether each device could contribute to a round opened at `at`; asked in batches."""
        return self.chain.call_many(self.contract, "isAdmitted", [(device, at) for device in devices])

    def have_accepted(self, owners: Sequence[Address], terms: bytes, at: int) -> list[bool]:
        """Whether each owner's consent to `terms` covers a round opened at `at`; asked in batches."""
        return self.chain.call_many(self.contract, "hasAccepted", [(owner, terms, at) for owner in owners])

    def rules_at(self, at: int) -> AllianceRules:
        """Policy and terms of a round opened at `at`."""
        policy, terms = self.chain.call(self.contract, "rulesAt", at)
        return AllianceRules(Digest(policy), Digest(terms))

    def listers_at(self, at: int) -> tuple[Address, ...]:
        """The listers trusted at `at`."""
        return tuple(self.chain.call(self.contract, "listersAt", at))

    def nonce_of(self, owner: Address) -> int:
        """The nonce of an owner's next signature."""
        return int(self.chain.call(self.contract, "nonces", owner))

    def device_registry(self) -> Address:
        """The registry that says who owns and lists a device."""
        return Address(self.chain.call(self.contract, "deviceRegistry"))
