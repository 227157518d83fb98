"""The initial offering of a model's token, as its `ModelOffering` holds it.

Takes a `Chain` and an address. Gives terms, books and buyers as plain values, and sends what buyers and anybody may
send. The interface `IModelOffering.sol` is the manual: "units" are the payment's smallest, "tokens" the model token's
base units, times seconds. Never decides whether to buy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from enum import IntEnum

from andel.errors import InputError
from andel.keys import AccountKey
from andel.ledger.bound import Bound
from andel.ledger.payment import COIN
from andel.ledger.receipt import Receipt
from andel.typed_data import abi_word
from andel.units import Address, BaseUnits, Digest


class OfferingStatus(IntEnum):
    """Where an offering stands."""

    UNINITIALIZED = 0
    OPEN = 1
    FAILED = 2
    SUCCEEDED = 3


@dataclass(frozen=True, slots=True)
class OfferingTerms:
    """What an offering is founded with, for ever; the fields of the contract's struct, in its order."""

    token: Address
    payment: Address
    treasury: Address
    manager: Address
    alliance: Address
    allow_root: Digest
    offered: BaseUnits
    price: int
    minimum: int
    cap_per_buyer: int
    opens: int
    closes: int
    milestone_deadline: int
    milestone_rounds: int
    first_bps: int

    def words(self) -> bytes:
        """The clone's arguments: `abi.encode` of the struct. Raises InputError for what does not fit."""
        kinds = ["address"] * 5 + ["bytes32"] + ["uint256"] * 4 + ["uint64"] * 3 + ["uint32"] * 2
        values = zip(kinds, astuple(self), strict=True)
        return b"".join(abi_word("OfferingTerms", kind, value) for kind, value in values)


@dataclass(frozen=True, slots=True)
class OfferingBooks:
    """The books; units but for `sold` and `claimed`, which are tokens."""

    status: OfferingStatus
    rounds_counted: int
    ended: bool
    raised: int
    proceeds: int
    refunded: int
    released: int
    sold: BaseUnits
    claimed: BaseUnits


@dataclass(frozen=True, slots=True)
class OfferingBuyer:
    """What one buyer has paid (units), and which of its rights it has used."""

    paid: int
    claimed: bool
    refunded: bool
    returned: bool


@dataclass(frozen=True, slots=True)
class Allowed:
    """An account's place under an offering's root: the most it may pay, and its proof."""

    most: int
    proof: tuple[bytes, ...]

    def admission(self) -> bytes:
        """What `buy` takes: `abi.encode(uint256 most, bytes32[] proof)`. Raises InputError."""
        head = (self.most, 64, len(self.proof))
        words = b"".join(abi_word("Allowed.most", "uint256", value) for value in head)
        return words + b"".join(abi_word("Allowed.proof", "bytes32", sibling) for sibling in self.proof)


def device_admission(device: Address) -> bytes:
    """What `buy` takes where an alliance admits: `abi.encode(address device)`. Raises InputError."""
    return abi_word("device", "address", device)


class ModelOfferingContract(Bound):
    """One model's offering."""

    NAME = "ModelOffering"

    def initialize(self, key: AccountKey) -> Receipt:
        """Founds a clone; `key` is the factory's."""
        return self.chain.send(key, self.contract, "initialize")

    def buy(self, key: AccountKey, buyer: Address, amount: int, payment: Address, admission: bytes = b"") -> Receipt:
        """Pays up to `amount` for `buyer`, from `key`; in the coin when `payment` is `COIN`."""
        value = amount if payment == COIN else 0
        return self.chain.send(key, self.contract, "buy", buyer, amount, admission, value=value)

    def buy_signed(
        self,
        key: AccountKey,
        buyer: Address,
        amount: int,
        admission: bytes,
        deadline: int,
        signature: bytes,
        permit: bytes = b"",
    ) -> Receipt:
        """Pays from `buyer`, with its EIP-712 `OfferingPurchase`; `key` pays the gas."""
        return self.chain.send(key, self.contract, "buySigned", buyer, amount, admission, deadline, signature, permit)

    def settle(self, key: AccountKey) -> Receipt:
        """Settles after the window."""
        return self.chain.send(key, self.contract, "settle")

    def claim(self, key: AccountKey, buyer: Address) -> tuple[BaseUnits, Receipt]:
        """Gives `buyer` its tokens, and says how many; nothing new gives 0. `key` pays the gas."""
        receipt = self.chain.send(key, self.contract, "claim", buyer)
        return BaseUnits(_sum(receipt, "Claimed", "tokens")), receipt

    def refund(self, key: AccountKey, buyer: Address) -> tuple[int, Receipt]:
        """Pays `buyer` back what is due, and says how much; nothing new pays 0. `key` pays the gas."""
        receipt = self.chain.send(key, self.contract, "refund", buyer)
        return _sum(receipt, "Refunded", "amount"), receipt

    def refund_to(self, key: AccountKey, to: Address) -> tuple[int, Receipt]:
        """Pays what is due to `key`'s account to another one, and says how much."""
        receipt = self.chain.send(key, self.contract, "refundTo", to)
        return _sum(receipt, "Refunded", "amount"), receipt

    def release(self, key: AccountKey) -> tuple[int, Receipt]:
        """Pays the treasury what is released, and says how much. `key` pays the gas."""
        receipt = self.chain.send(key, self.contract, "release")
        return _sum(receipt, "Released", "amount"), receipt

    def count_rounds(self, key: AccountKey, limit: int = 64) -> Receipt:
        """Counts rounds towards the milestones; looks at `limit` of them at most."""
        return self.chain.send(key, self.contract, "countRounds", limit)

    def terms(self) -> OfferingTerms:
        """What the offering was founded with."""
        return OfferingTerms(*self.chain.call(self.contract, "terms"))

    def books(self) -> OfferingBooks:
        """The books."""
        status, *rest = self.chain.call(self.contract, "books")
        return OfferingBooks(OfferingStatus(status), *rest)

    def buyer_of(self, account: Address) -> OfferingBuyer:
        """What an account has paid and received."""
        return OfferingBuyer(*self.chain.call(self.contract, "buyerOf", account))

    def is_settled(self) -> bool:
        """Whether the outcome is known."""
        return bool(self.chain.call(self.contract, "isSettled"))

    def target(self) -> int:
        """What all tokens cost, in units."""
        return int(self.chain.call(self.contract, "target"))

    def due_to(self, accounts: Sequence[Address]) -> list[tuple[BaseUnits, int]]:
        """Tokens and units that each account can fetch now; asked in batches."""
        arguments = [(account,) for account in accounts]
        tokens = self.chain.call_many(self.contract, "claimable", arguments)
        units = self.chain.call_many(self.contract, "refundable", arguments)
        return [(BaseUnits(given), int(back)) for given, back in zip(tokens, units, strict=True)]

    def releasable(self) -> int:
        """What the treasury can fetch now, in units."""
        return int(self.chain.call(self.contract, "releasable"))

    def nonce_of(self, buyer: Address) -> int:
        """The nonce of a buyer's next signature."""
        return int(self.chain.call(self.contract, "nonces", buyer))


def parse_allowed(record: object) -> Allowed:
    """An account's place under a root, from JSON {"most": "…", "proof": ["0x…", …]}. Raises InputError."""
    hint = 'an object {"most": "digits", "proof": ["0x…"]}'
    if not isinstance(record, dict) or not {"most", "proof"} <= set(record):
        raise InputError("not a place under an offering's root", hint)
    most, proof = record["most"], record["proof"]
    if not isinstance(most, str) or not most.isdecimal() or len(most) > 78:
        raise InputError(f"not a most: {str(most)[:80]!r}", hint)
    if not isinstance(proof, list) or len(proof) > 64 or not all(isinstance(item, str) for item in proof):
        raise InputError("not a proof of at most 64 hashes", hint)
    try:
        return Allowed(int(most), tuple(bytes.fromhex(item.removeprefix("0x")) for item in proof))
    except ValueError as error:
        raise InputError("the proof is not in hex", hint) from error


def _sum(receipt: Receipt, event: str, field: str) -> int:
    return sum(each.arguments[field] for each in receipt.events if each.name == event)
