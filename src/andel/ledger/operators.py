"""Who operates a model and what they have put down, as its `Operators` holds it.

Takes a `Chain` and an address. Gives epochs and bonds as plain values and sends what operators and the owner send.
The interface `IOperators.sol` is the manual. Amounts are wei of the chain's coin, times seconds. Never decides whom to
name, and never slashes: only the model's `Disputes` can.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from andel.keys import AccountKey
from andel.ledger.bound import Owned
from andel.ledger.connection import Call
from andel.ledger.receipt import Receipt
from andel.ledger.round_state import OperatorSet, ValidatorRecord
from andel.units import Address


@dataclass(frozen=True, slots=True)
class BondRecord:
    """What an account has put down, what it has asked back, and when it can have that (0: nothing asked)."""

    bonded: int
    unbonding: int
    withdrawable_at: int


class OperatorsContract(Owned):
    """Bonds and epochs of one model; its owner names operators and publishes versions."""

    NAME = "Operators"

    def deposit(self, key: AccountKey, operator: Address, amount: int) -> Receipt:
        """Adds `amount` of `key`'s coins to an operator's bond; they are the operator's from then on."""
        return self.chain.send(key, self.contract, "deposit", operator, value=amount)

    def deposit_bonds(self, key: AccountKey) -> list[Receipt]:
        """Deposits for every operator of the present epoch what it lacks of a bond; `key` pays."""
        present, bond = self.of_epoch(), self.bond()
        missing = [(account, bond - self.bond_of(account).bonded) for account in present.accounts]
        calls = [Call(key, self.contract, "deposit", (account,), lacks) for account, lacks in missing if lacks > 0]
        return self.chain.send_many(calls)

    def request_withdrawal(self, key: AccountKey, amount: int) -> Receipt:
        """Asks back part of `key`'s bond; an operator of the present epoch leaves the bond behind, or takes all."""
        return self.chain.send(key, self.contract, "requestWithdrawal", amount)

    def withdraw(self, key: AccountKey) -> Receipt:
        """Takes what `key` asked back, after the unbonding period."""
        return self.chain.send(key, self.contract, "withdraw")

    def withdraw_reward(self, key: AccountKey) -> Receipt:
        """Takes `key`'s rewards for reports."""
        return self.chain.send(key, self.contract, "withdrawReward")

    def withdraw_for(self, key: AccountKey, operator: Address) -> Receipt:
        """Pays `operator` what it asked back, after the unbonding period; `key` pays the gas."""
        return self.chain.send(key, self.contract, "withdrawFor", operator)

    def withdraw_reward_for(self, key: AccountKey, reporter: Address) -> Receipt:
        """Pays `reporter` its rewards for reports; `key` pays the gas."""
        return self.chain.send(key, self.contract, "withdrawRewardFor", reporter)

    def replace_coordinator(self, key: AccountKey) -> Receipt:
        """Puts the next bonded standby in an idle coordinator's place. Anybody."""
        return self.chain.send(key, self.contract, "replaceCoordinator")

    def set_coordinator(self, key: AccountKey, coordinator: Address, standbys: Sequence[Address] = ()) -> Receipt:
        """Names coordinator and standbys from the next attempt on. `key` is the owner."""
        return self.chain.send(key, self.contract, "setCoordinator", coordinator, list(standbys))

    def set_validators(self, key: AccountKey, k: int, validators: Sequence[ValidatorRecord]) -> Receipt:
        """Names other validators and k from the next attempt on. `key` is the owner."""
        records = [(record.account, record.sealing_key) for record in validators]
        return self.chain.send(key, self.contract, "setValidators", k, records)

    def operators_epoch(self) -> int:
        """The present operators' epoch; the first is 1."""
        return int(self.chain.call(self.contract, "operatorsEpoch"))

    def of_epoch(self, epoch: int | None = None) -> OperatorSet:
        """The operators of an epoch (None: the present one); k of an unknown epoch is 0."""
        number = self.operators_epoch() if epoch is None else epoch
        coordinator, k, validators, standbys = self.chain.call(self.contract, "operatorsOf", number)
        return OperatorSet(coordinator, k, tuple(ValidatorRecord(*record) for record in validators), tuple(standbys))

    def bond_of(self, operator: Address) -> BondRecord:
        """What an account has put down."""
        return BondRecord(*self.chain.call(self.contract, "bondOf", operator))

    def is_bonded(self, operator: Address) -> bool:
        """Whether an account is fully bonded."""
        return bool(self.chain.call(self.contract, "isBonded", operator))

    def reward_of(self, reporter: Address) -> int:
        """What a reporter can withdraw."""
        return int(self.chain.call(self.contract, "rewardOf", reporter))

    def burned(self) -> int:
        """What slashing has burned so far."""
        return int(self.chain.call(self.contract, "burned"))

    def idle_at(self) -> int:
        """From when on a standby can take over, if nothing moves before."""
        return int(self.chain.call(self.contract, "idleAt"))

    def bond(self) -> int:
        """What each operator puts down."""
        return int(self.chain.call(self.contract, "bond"))

    def unbonding_period(self) -> int:
        """Time between asking for a bond and getting it."""
        return int(self.chain.call(self.contract, "unbondingPeriod"))

    def manager(self) -> Address:
        """The model's `RoundManager`."""
        return Address(self.chain.call(self.contract, "manager"))

    def disputes(self) -> Address:
        """The model's `Disputes`, the only contract that slashes."""
        return Address(self.chain.call(self.contract, "disputes"))
