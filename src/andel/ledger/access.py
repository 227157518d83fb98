"""Licence and access to models, as the shared `AccessPass` holds it.

Takes a `Chain` and an address. Gives plans and passes as plain values, and sends what buyers send. The interface
`IAccessPass.sol` is the manual. Times are seconds, prices the payment's smallest units. Never serves anything and never
counts requests: whoever serves asks `pass_of` and judges by the chain's clock.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Final

from andel.errors import InputError
from andel.keys import AccountKey
from andel.ledger.bound import Bound
from andel.ledger.connection import Chain
from andel.ledger.payment import COIN
from andel.ledger.receipt import Receipt
from andel.units import Address, Digest

_PLAN_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class PassPlan:
    """What a model sells access for; `token` is `COIN` for the chain's coin."""

    pay_to: Address
    token: Address
    price: int
    period: int
    per_day: int
    transferable: bool
    terms: Digest


@dataclass(frozen=True, slots=True)
class PassOrder:
    """What somebody buys, and at most pays; the fields of the contract's struct, in its order."""

    model: Address
    plan: Digest
    holder: Address
    terms: Digest
    token: Address
    most: int

    def message(self, nonce: int, deadline: int) -> dict[str, object]:
        """The EIP-712 `PassPurchase` that the holder signs."""
        return {
            "model": self.model,
            "plan": self.plan,
            "holder": self.holder,
            "termsHash": self.terms,
            "token": self.token,
            "most": self.most,
            "nonce": nonce,
            "deadline": deadline,
        }


@dataclass(frozen=True, slots=True)
class Pass:
    """A holder's right to ask a model; `expiry` is its last second, 0 where there never was one."""

    plan: Digest
    terms: Digest
    expiry: int
    per_day: int
    transferable: bool

    def is_live(self, at: int) -> bool:
        """Whether it counts at `at`."""
        return 0 < self.expiry and at <= self.expiry


class AccessPassContract(Bound):
    """Shared by all models of a chain."""

    NAME = "AccessPass"

    def buy(self, key: AccountKey, order: PassOrder, value: int = 0) -> Receipt:
        """Buys for `order.holder`; `key` pays, in coin `value` wei."""
        return self.chain.send(key, self.contract, "buy", astuple(order), value=value)

    def buy_signed(
        self,
        key: AccountKey,
        order: PassOrder,
        deadline: int,
        signature: bytes,
        permit: bytes = b"",
        gift_value: int | None = None,
    ) -> Receipt:
        """Buys with the holder's EIP-712 `PassPurchase`. The holder pays; or `key`, if `gift_value` (wei) is given."""
        gift = gift_value is not None
        arguments = (astuple(order), deadline, signature, permit, gift)
        return self.chain.send(key, self.contract, "buySigned", *arguments, value=gift_value or 0)

    def transfer(self, key: AccountKey, model: Address, to: Address) -> Receipt:
        """Passes `key`'s pass on."""
        return self.chain.send(key, self.contract, "transfer", model, to)

    def transfer_signed(
        self, key: AccountKey, model: Address, holder: Address, to: Address, deadline: int, signature: bytes
    ) -> Receipt:
        """Passes `holder`'s pass on with its EIP-712 `PassTransfer`; `key` pays the gas."""
        return self.chain.send(key, self.contract, "transferSigned", model, holder, to, deadline, signature)

    def plan_of(self, model: Address, plan: bytes) -> PassPlan:
        """A plan as the model sells it now. Raises Reverted where there is none."""
        return PassPlan(*self.chain.call(self.contract, "planOf", model, plan))

    def pass_of(self, model: Address, holder: Address) -> Pass:
        """The holder's last pass, whether it still counts or not."""
        return Pass(*self.chain.call(self.contract, "passOf", model, holder))

    def nonce_of(self, holder: Address) -> int:
        """The nonce of a holder's next signature."""
        return int(self.chain.call(self.contract, "nonces", holder))


def parse_plan(text: str) -> Digest:
    """A plan's id: 64 hex digits, or its name, which is its route in the model's price list. Raises InputError."""
    digits = text.removeprefix("0x")
    if len(digits) == 2 * _PLAN_BYTES and set(digits) <= set("0123456789abcdefABCDEF"):
        return Digest(bytes.fromhex(digits))
    name = text.encode("ascii", "replace")
    if not 0 < len(name) <= _PLAN_BYTES or b"?" in name:
        raise InputError(f"not a plan: {text[:80]!r}", "64 hex digits, or its name in the model's prices")
    return Digest(name.ljust(_PLAN_BYTES, b"\0"))


def price_in_coin(plan: PassPlan) -> int:
    """Wei that a purchase must carry."""
    return plan.price if plan.token == COIN else 0


def deploy_access_pass(chain: Chain, key: AccountKey) -> AccessPassContract:
    """One for all models, new on the chain. Raises ChainError."""
    contract, _ = chain.deploy(key, AccessPassContract.NAME)
    return AccessPassContract(chain, contract.address)
