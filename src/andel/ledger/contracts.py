"""Registries, reward pool and token, one class each; `round_manager` and `onchain_models` hold the others.

Takes a `Chain` and an address. Reading gives plain values; sending takes the key that pays and gives a `Receipt`.
Each method is one function of the contract, whose interface in `contracts/src` is the manual; only what the
interface does not say stands here. Amounts are base units, times seconds. Never decides when to call what.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from andel.keys import AccountKey
from andel.ledger.bound import Bound
from andel.ledger.receipt import Receipt
from andel.units import Address, BaseUnits, Digest
from andel.value.emission import EmissionSchedule


@dataclass(frozen=True, slots=True)
class DeviceStatus:
    """Who owns a device (None: nobody), when that last changed, and whether its key is worthless."""

    owner: Address | None
    last_change: int
    revoked: bool


class DeviceRegistryContract(Bound):
    """Who owns which device, and who vouches for it."""

    NAME = "DeviceRegistry"

    def list_devices(self, key: AccountKey, devices: Sequence[Address]) -> Receipt:
        """Vouches for devices under `key`'s name."""
        return self.chain.send(key, self.contract, "list", list(devices))

    def stop_devices(self, key: AccountKey, devices: Sequence[Address]) -> Receipt:
        """Stops vouching, for ever."""
        return self.chain.send(key, self.contract, "stop", list(devices))

    def claim(self, key: AccountKey, device: Address, timestamp: int, signature: bytes) -> Receipt:
        """Claims a device for `key` with the device's 65-byte signature (`keys.recoverable_signature`)."""
        return self.chain.send(key, self.contract, "claim", device, timestamp, signature)

    def claim_for(
        self,
        key: AccountKey,
        device: Address,
        owner: Address,
        timestamp: int,
        signature: bytes,
        deadline: int,
        owner_signature: bytes,
    ) -> Receipt:
        """Claims a device for `owner`, with the owner's EIP-712 `DeviceClaim`; `key` pays."""
        return self.chain.send(
            key, self.contract, "claimFor", device, owner, timestamp, signature, deadline, owner_signature
        )

    def claim_p256(self, key: AccountKey, point: bytes, timestamp: int, signature: bytes) -> Receipt:
        """Claims the device whose P-256 key is `point` (X‖Y) for `key`; r‖s with a low s (`p256.low_s`)."""
        return self.chain.send(
            key, self.contract, "claimP256", (point[:32], point[32:]), timestamp, signature[:32], signature[32:]
        )

    def claim_p256_for(
        self,
        key: AccountKey,
        point: bytes,
        owner: Address,
        timestamp: int,
        signature: bytes,
        deadline: int,
        owner_signature: bytes,
    ) -> Receipt:
        """`claim_p256` for `owner`, with the owner's EIP-712 `DeviceClaim`; `key` pays."""
        key_point, r, s = (point[:32], point[32:]), signature[:32], signature[32:]
        return self.chain.send(
            key, self.contract, "claimP256For", key_point, owner, timestamp, r, s, deadline, owner_signature
        )

    def transfer(self, key: AccountKey, device: Address, to: Address) -> Receipt:
        """Gives `key`'s device to another owner."""
        return self.chain.send(key, self.contract, "transfer", device, to)

    def release(self, key: AccountKey, device: Address) -> Receipt:
        """Gives `key`'s device up."""
        return self.chain.send(key, self.contract, "release", device)

    def revoke(self, key: AccountKey, device: Address) -> Receipt:
        """Declares the key of `key`'s device worthless."""
        return self.chain.send(key, self.contract, "revoke", device)

    def transfer_for(
        self, key: AccountKey, device: Address, owner: Address, to: Address, deadline: int, signature: bytes
    ) -> Receipt:
        """Gives `owner`'s device on with its EIP-712 `DeviceTransfer`; `key` pays."""
        return self.chain.send(key, self.contract, "transferFor", device, owner, to, deadline, signature)

    def release_for(self, key: AccountKey, device: Address, owner: Address, deadline: int, signature: bytes) -> Receipt:
        """Gives `owner`'s device up with its EIP-712 `DeviceRelease`; `key` pays."""
        return self.chain.send(key, self.contract, "releaseFor", device, owner, deadline, signature)

    def revoke_for(self, key: AccountKey, device: Address, owner: Address, deadline: int, signature: bytes) -> Receipt:
        """Declares the key of `owner`'s device worthless with its EIP-712 `DeviceRevocation`; `key` pays."""
        return self.chain.send(key, self.contract, "revokeFor", device, owner, deadline, signature)

    def nonce_of(self, owner: Address) -> int:
        """The nonce of an owner's next signature over a transfer, release or revocation."""
        return int(self.chain.call(self.contract, "nonces", owner))

    def status_of(self, device: Address) -> DeviceStatus:
        """The device's state; of an unknown device an empty one."""
        return self.statuses_of([device])[0]

    def statuses_of(self, devices: Sequence[Address]) -> list[DeviceStatus]:
        """`status_of` for many devices, in batches."""
        answers = self.chain.call_many(self.contract, "statusOf", [(device,) for device in devices])
        return [DeviceStatus(owner if int(owner, 16) else None, last, gone) for owner, last, gone in answers]

    def is_listed(self, lister: Address, device: Address) -> bool:
        """Whether `lister` vouches for `device` now."""
        return bool(self.chain.call(self.contract, "isListed", lister, device))

    def are_listed(self, lister: Address, devices: Sequence[Address]) -> list[bool]:
        """`is_listed` for many devices, in batches."""
        return self.chain.call_many(self.contract, "isListed", [(lister, device) for device in devices])

    def listing_of(self, lister: Address, device: Address) -> tuple[int, int]:
        """When the lister listed and stopped the device, 0 where it never did."""
        return self.listings_of(lister, [device])[0]

    def listings_of(self, lister: Address, devices: Sequence[Address]) -> list[tuple[int, int]]:
        """`listing_of` for many devices, in batches."""
        return self.chain.call_many(self.contract, "listingOf", [(lister, device) for device in devices])

    def is_known_key(self, device: Address) -> bool:
        """Whether the device's private key is public."""
        return bool(self.chain.call(self.contract, "isKnownKey", device))


@dataclass(frozen=True, slots=True)
class Entry:
    """One batch to enter: its device, its day (days since 1970) and its root."""

    device: Address
    day: int
    root: Digest

    def values(self) -> tuple[Address, int, Digest]:
        """The fields in the contract's order."""
        return self.device, self.day, self.root


class BatchRegistryContract(Bound):
    """One root per device and day, for ever."""

    NAME = "BatchRegistry"

    def enter(self, key: AccountKey, entries: Sequence[Entry]) -> Receipt:
        """Enters batches of `key`'s own devices, all or none."""
        return self.chain.send(key, self.contract, "enter", [entry.values() for entry in entries])

    def enter_for(
        self, key: AccountKey, owner: Address, entries: Sequence[Entry], deadline: int, signature: bytes
    ) -> Receipt:
        """Enters `owner`'s batches with its EIP-712 `BatchEntries` (`round_hashes.entries_hash`); `key` pays."""
        values = [entry.values() for entry in entries]
        return self.chain.send(key, self.contract, "enterFor", owner, values, deadline, signature)

    def entries_of(self, keys: Sequence[tuple[Address, int]]) -> list[Digest]:
        """What stands in each (device, day): `value.proof.registry_entry`, or 32 zero bytes."""
        pages = [(list(keys[start : start + 500]),) for start in range(0, len(keys), 500)]
        answers = self.chain.call_many(self.contract, "entriesOf", pages)
        return [Digest(value) for page in answers for value in page]

    def device_registry(self) -> Address:
        """The registry that says who owns a device."""
        return Address(self.chain.call(self.contract, "deviceRegistry"))


class RewardPoolContract(Bound):
    """Where a model's emission is minted and claimed."""

    NAME = "RewardPool"

    def claim(
        self, key: AccountKey, account: Address, cumulative: int, running_sum: int, proof: Sequence[bytes]
    ) -> tuple[BaseUnits, Receipt]:
        """Pays `account` what is new, and what that was; nothing new pays 0 and is no error. `key` pays the gas."""
        receipt = self.chain.send(key, self.contract, "claim", account, cumulative, running_sum, list(proof))
        return _paid(receipt, "Claimed"), receipt

    def claim_operator(self, key: AccountKey, operator: Address) -> tuple[BaseUnits, Receipt]:
        """Pays an operator what it was credited, and what that was. `key` pays the gas."""
        receipt = self.chain.send(key, self.contract, "claimOperator", operator)
        return _paid(receipt, "OperatorClaimed"), receipt

    def accrued(self) -> BaseUnits:
        """What has accrued by the newest block."""
        return BaseUnits(self.chain.call(self.contract, "accrued"))

    def minted(self) -> BaseUnits:
        """What was minted so far, operators included."""
        return BaseUnits(self.chain.call(self.contract, "minted"))

    def contributors_minted(self) -> BaseUnits:
        """What was minted for contributors so far: the total under the root."""
        return BaseUnits(self.chain.call(self.contract, "contributorsMinted"))

    def contributors_claimed(self) -> BaseUnits:
        """What contributors were paid so far."""
        return BaseUnits(self.chain.call(self.contract, "contributorsClaimed"))

    def claims_root(self) -> Digest:
        """The root that claims are proven against; zero before the first payment."""
        return Digest(self.chain.call(self.contract, "claimsRoot"))

    def claimed(self, account: Address) -> BaseUnits:
        """What a contributor was paid so far."""
        return BaseUnits(self.chain.call(self.contract, "claimed", account))

    def claimed_of(self, accounts: Sequence[Address]) -> list[BaseUnits]:
        """`claimed` for many accounts, in batches."""
        answers = self.chain.call_many(self.contract, "claimed", [(account,) for account in accounts])
        return [BaseUnits(amount) for amount in answers]

    def operator_balance(self, operator: Address) -> BaseUnits:
        """What an operator can pull."""
        return BaseUnits(self.chain.call(self.contract, "operatorBalance", operator))

    def last_round(self) -> int:
        """The last round credited; 0 before the first."""
        return int(self.chain.call(self.contract, "lastRound"))

    def token(self) -> Address:
        """The model's token."""
        return Address(self.chain.call(self.contract, "token"))

    def manager(self) -> Address:
        """The model's `RoundManager`."""
        return Address(self.chain.call(self.contract, "manager"))

    def schedule(self) -> EmissionSchedule:
        """How emission was founded; `ceiling` and `highest_rate` tell how far it was lowered since."""
        return EmissionSchedule(*self.chain.call(self.contract, "schedule"))

    def ceiling(self) -> BaseUnits:
        """The most that ever accrues."""
        return BaseUnits(self.chain.call(self.contract, "ceiling"))

    def highest_rate(self) -> BaseUnits:
        """What a second accrues at most."""
        return BaseUnits(self.chain.call(self.contract, "highestRate"))

    def paused_until(self) -> int:
        """When a pause of emission ends; 0 if there is none."""
        return int(self.chain.call(self.contract, "pausedUntil"))

    def governance(self) -> Address:
        """Who may lower and pause emission."""
        return Address(self.chain.call(self.contract, "governance"))

    def lower_ceiling(self, key: AccountKey, ceiling: int) -> Receipt:
        """Lowers the most that ever accrues. `key` is the governance, here and in the two calls below."""
        return self.chain.send(key, self.contract, "lowerCeiling", ceiling)

    def lower_rate(self, key: AccountKey, rate: int) -> Receipt:
        """Lets no second from now on accrue more than `rate`."""
        return self.chain.send(key, self.contract, "lowerRate", rate)

    def pause_emission(self, key: AccountKey, until: int) -> Receipt:
        """Lets nothing accrue until then, at most 30 days from now."""
        return self.chain.send(key, self.contract, "pauseEmission", until)


class ModelTokenContract(Bound):
    """A model's own token."""

    NAME = "ModelToken"

    def transfer(self, key: AccountKey, to: Address, amount: int) -> Receipt:
        """Moves `key`'s tokens."""
        return self.chain.send(key, self.contract, "transfer", to, amount)

    def balance_of(self, account: Address) -> BaseUnits:
        """An account's tokens."""
        return BaseUnits(self.chain.call(self.contract, "balanceOf", account))

    def total_supply(self) -> BaseUnits:
        """Tokens there are."""
        return BaseUnits(self.chain.call(self.contract, "totalSupply"))

    def total_ever_minted(self) -> BaseUnits:
        """Tokens ever minted."""
        return BaseUnits(self.chain.call(self.contract, "totalEverMinted"))

    def minted_at_launch(self) -> BaseUnits:
        """What the launch itself minted: the offering's tokens and the allocations."""
        return BaseUnits(self.chain.call(self.contract, "mintedAtLaunch"))

    def cap(self) -> BaseUnits:
        """The most that may ever be minted."""
        return BaseUnits(self.chain.call(self.contract, "cap"))

    def minter(self) -> Address:
        """The only account that may mint after the launch."""
        return Address(self.chain.call(self.contract, "minter"))

    def vault(self) -> Address:
        """The model's `RevenueVault`."""
        return Address(self.chain.call(self.contract, "vault"))

    def treasury(self) -> Address:
        """The model's timelock."""
        return Address(self.chain.call(self.contract, "treasury"))

    def set_aside_accounts(self) -> list[Address]:
        """The accounts whose tokens count as nobody's."""
        return [Address(account) for account in self.chain.call(self.contract, "setAsideAccounts")]

    def held_supply(self) -> BaseUnits:
        """Tokens in the hands of holders."""
        return BaseUnits(self.chain.call(self.contract, "heldSupply"))

    def held_seconds(self, account: Address, epoch: int) -> int:
        """Base units times seconds that `account` held in a finished epoch. Raises Reverted while it is open."""
        return int(self.chain.call(self.contract, "heldSeconds", account, epoch))

    def held_seconds_of_all(self, epoch: int) -> int:
        """The sum of `held_seconds` over everybody."""
        return int(self.chain.call(self.contract, "heldSecondsOfAll", epoch))

    def burn_and_redeem(self, key: AccountKey, amount: int, payment_tokens: Sequence[Address]) -> Receipt:
        """Burns `key`'s tokens, and pays its part of what is redeemable in each payment token, in rising order."""
        tokens = sorted(payment_tokens, key=lambda token: int(token, 16))
        return self.chain.send(key, self.contract, "burnAndRedeem", amount, tokens)

    def approve(self, key: AccountKey, spender: Address, amount: int) -> Receipt:
        """Lets `spender` move up to `amount` of `key`'s tokens."""
        return self.chain.send(key, self.contract, "approve", spender, amount)

    def delegate(self, key: AccountKey, delegatee: Address) -> Receipt:
        """Gives the votes of `key`'s tokens to `delegatee`, who may be `key` itself."""
        return self.chain.send(key, self.contract, "delegate", delegatee)

    def contract_uri(self) -> str:
        """Where the token's metadata lies (ERC-7572)."""
        return str(self.chain.call(self.contract, "contractURI"))

    def name(self) -> str:
        """The token's name."""
        return str(self.chain.call(self.contract, "name"))

    def symbol(self) -> str:
        """The token's symbol."""
        return str(self.chain.call(self.contract, "symbol"))


def _paid(receipt: Receipt, event: str) -> BaseUnits:
    return BaseUnits(sum(each.arguments["paid"] for each in receipt.events if each.name == event))
