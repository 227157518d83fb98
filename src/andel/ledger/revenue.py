"""A model's `RevenueVault`: revenue by payment token and epoch, and what a holder can claim of it.

Takes a `Chain` and an address. Gives plain values and receipts. Amounts are units of the payment token, which is named
by its address, the chain's coin by `COIN`; epochs are counted from 0. `contracts/src/ledger/IRevenueVault.sol` is the
manual. Never decides when to claim.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from andel.errors import InputError
from andel.keys import AccountKey
from andel.ledger.bound import Bound
from andel.ledger.payment import COIN as COIN
from andel.ledger.receipt import Receipt
from andel.units import Address

EPOCHS_ASKED_AT_ONCE = 64
EPOCHS_CLAIMED_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Calendar:
    """First second of epoch 0, seconds an epoch lasts, and the epoch of the newest block."""

    start: int
    length: int
    present: int

    def end_of(self, epoch: int) -> int:
        """The first second after an epoch: from then on its revenue can be claimed."""
        return self.start + (epoch + 1) * self.length


class RevenueVaultContract(Bound):
    """Where a model's revenue is shared among its holders by the time they held."""

    NAME = "RevenueVault"

    def deposit(self, key: AccountKey, token: Address, amount: int) -> Receipt:
        """Pays revenue in, of which `key` must have allowed as much to the vault; of the coin, sends it along."""
        return self.chain.send(key, self.contract, "deposit", token, amount, value=amount if token == COIN else 0)

    def sync(self, key: AccountKey, token: Address) -> Receipt:
        """Counts what was simply sent to the vault."""
        return self.chain.send(key, self.contract, "sync", token)

    def carry(self, key: AccountKey, token: Address, epoch: int) -> Receipt:
        """Moves the revenue of an epoch in which nobody held anything to the present one."""
        return self.chain.send(key, self.contract, "carry", token, epoch)

    def claim_for(
        self, key: AccountKey, account: Address, token: Address, epochs: Sequence[int]
    ) -> tuple[int, list[Receipt]]:
        """Pays `account` its part of finished epochs, and what that was; `key` pays the gas.

        Many epochs go in several transactions. Raises Reverted, ChainError.
        """
        paid, receipts = 0, []
        for start in range(0, len(epochs), EPOCHS_CLAIMED_AT_ONCE):
            some = list(epochs[start : start + EPOCHS_CLAIMED_AT_ONCE])
            receipt = self.chain.send(key, self.contract, "claimFor", account, token, some)
            claims = (event for event in receipt.events if event.name == "RevenueClaimed")
            paid += sum(event.arguments["paid"] for event in claims if event.address == self.address)
            receipts.append(receipt)
        return paid, receipts

    def claim_all_for(
        self, key: AccountKey, account: Address, token: Address, first: int = 0
    ) -> tuple[int, list[Receipt]]:
        """`claim_for` of every epoch from `first` on that has something for `account`; nothing sent if none has."""
        return self.claim_for(key, account, token, list(self.claimable(account, token, first)))

    def claimable(self, account: Address, token: Address, first: int = 0, last: int | None = None) -> Mapping[int, int]:
        """Epoch to what claiming it alone would pay `account` now, of finished epochs, where that is something.

        From `first` up to `last` (None: the last finished one). What rounding had left is counted to each epoch, so
        all together may pay a unit less an epoch. Raises InputError for a negative epoch.
        """
        if first < 0:
            raise InputError(f"no epoch has the number {first}")
        present = int(self.chain.call(self.contract, "epochNow"))
        end = present if last is None else min(last + 1, present)
        pages = [
            (account, token, start, min(EPOCHS_ASKED_AT_ONCE, end - start))
            for start in range(first, end, EPOCHS_ASKED_AT_ONCE)
        ]
        answers = self.chain.call_many(self.contract, "claimableOf", pages)
        amounts = [int(amount) for page in answers for amount in page]
        return {first + i: amount for i, amount in enumerate(amounts) if amount}

    def is_claimed(self, account: Address, token: Address, epoch: int) -> bool:
        """Whether `account` was paid for the epoch."""
        return bool(self.chain.call(self.contract, "isClaimed", account, token, epoch))

    def revenue_of(self, token: Address, epochs: Sequence[int]) -> list[int]:
        """What the holders of each epoch share, claimed or not, in batches."""
        return [int(each) for each in self.chain.call_many(self.contract, "revenueOf", [(token, e) for e in epochs])]

    def pot_of(self, token: Address) -> int:
        """What is redeemable by burning."""
        return int(self.chain.call(self.contract, "potOf", token))

    def accounted_of(self, token: Address) -> int:
        """What arrived less what was paid."""
        return int(self.chain.call(self.contract, "accountedOf", token))

    def calendar(self) -> Calendar:
        """The vault's epochs."""
        functions = ("epochStart", "epochLength", "epochNow")
        return Calendar(*(int(self.chain.call(self.contract, name)) for name in functions))

    def redeemable_bps(self) -> int:
        """The part of revenue that is redeemable by burning, in ten-thousandths."""
        return int(self.chain.call(self.contract, "redeemableBps"))

    def model_token(self) -> Address:
        """The model's token."""
        return Address(self.chain.call(self.contract, "modelToken"))
