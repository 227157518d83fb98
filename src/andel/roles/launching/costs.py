"""What a launch will cost, before anything is sent.

Takes a `Chain`, the steps to come, and where it can be had a *rehearsal*: the whole launch on a chain of one's own that
is thrown away. Gives gas and bytes of each step, by the rules of Ethereum and of IoTeX, and where the figure is from.
What the node can try now it is asked; what rests on steps before it comes from the rehearsal. Never signs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from andel.errors import ChainError, Reverted
from andel.ledger.connection import Chain
from andel.ledger.gas import IOTEX_BLOCK_GAS, IOTEX_CHAINS, IOTEX_LEAST_PRICE, IOTEX_MAX_DATA_BYTES, GasUse, gas_use
from andel.ledger.rpc import NodeRefused
from andel.ledger.sending import Intent
from andel.roles.launching.founding import Founding
from andel.roles.launching.steps import Standing, Step, on_a_new_chain, plan_steps
from andel.transactions import SignedTransaction, Transaction
from andel.units import Address

_COINS: Final = hex(10**30)
_GAS: Final = 30_000_000


class Source(StrEnum):
    """Where a figure is from."""

    NODE = "node"
    REHEARSAL = "rehearsal"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Quote:
    """One step, and what it takes; `use` is None where nobody could try it."""

    step: Step
    use: GasUse | None
    source: Source


@dataclass(frozen=True, slots=True)
class Bill:
    """A launch's quotes at a price of gas (wei) on a chain."""

    quotes: tuple[Quote, ...]
    chain_id: int
    gas_price: int

    @property
    def gas(self) -> int:
        """Gas of all steps that could be tried."""
        return sum(each.use.on(self.chain_id) for each in self.quotes if each.use)

    @property
    def iotex_gas(self) -> int:
        """The same by IoTeX's rules."""
        return sum(each.use.iotex for each in self.quotes if each.use)

    @property
    def deposits(self) -> int:
        """Coins that the steps carry, wei: bonds, which stay their operators'."""
        return sum(each.step.value for each in self.quotes)

    @property
    def needed(self) -> int:
        """What the account should hold, wei: deposits, and gas at the present price with a quarter more."""
        return self.deposits + self.gas * self.gas_price * 5 // 4

    @property
    def iotex_cost(self) -> int:
        """What the gas costs on IoTeX at its least price, wei."""
        return self.iotex_gas * IOTEX_LEAST_PRICE

    @property
    def is_whole(self) -> bool:
        """Whether every step could be tried."""
        return all(each.use is not None for each in self.quotes)

    def too_large_for_iotex(self) -> list[Quote]:
        """Steps that IoTeX would not take."""
        return [
            each
            for each in self.quotes
            if len(each.step.data) > IOTEX_MAX_DATA_BYTES or (each.use and each.use.iotex > IOTEX_BLOCK_GAS)
        ]


def bill_of(chain: Chain, sender: Address, steps: Sequence[Step], rehearsed: Mapping[str, GasUse]) -> Bill:
    """What `sender` will pay for `steps`. Raises Reverted for a step that the chain would refuse now, ChainError."""
    quotes = tuple(_quote(chain, sender, step, rehearsed) for step in steps)
    return Bill(quotes, chain.chain_id, chain.gas_price())


def rehearse(scratch: Chain, founding: Founding, sender: Address) -> dict[str, GasUse]:
    """What every step of a launch takes, by its name, from doing it all on `scratch`, an anvil of one's own.

    Nothing is there at first, and an alliance that the founding names is taken for a new one. Raises Reverted for what
    the contracts refuse: then nothing needs to be paid to find it out.
    """
    new = on_a_new_chain(founding)
    offering = new.config.offering
    if offering is not None and offering.payment is not None:
        _ask(scratch, "anvil_setCode", offering.payment, "0x00")  # it must have code, and nobody buys here
    _ask(scratch, "anvil_impersonateAccount", sender)
    _ask(scratch, "anvil_setBalance", sender, _COINS)
    found = {}
    for step in plan_steps(new, sender, scratch.next_nonce(sender), Standing()):
        scratch.estimate(_intent(step, sender))  # says why, where it is refused
        fields = {"from": sender, "data": "0x" + step.data.hex(), "value": hex(step.value), "gas": hex(_GAS)}
        if step.to is not None:
            fields["to"] = step.to
        outcome = scratch.find(str(_ask(scratch, "eth_sendTransaction", fields)))
        if outcome is None or not outcome[0]:
            raise ChainError(f"{step.action} failed when it was tried on a chain of this machine")
        found[step.name] = gas_use(step.data, step.to is None, outcome[1].gas_used)
    return found


def _quote(chain: Chain, sender: Address, step: Step, rehearsed: Mapping[str, GasUse]) -> Quote:
    if not step.needs_former:
        try:
            gas = chain.estimate(_intent(step, sender))
        except Reverted:
            raise
        except ChainError:
            gas = 0  # an account without coins cannot try it; the rehearsal can
        if gas:
            use = gas_use(step.data, step.to is None, gas)
            if chain.chain_id in IOTEX_CHAINS:
                use = GasUse(len(step.data), gas, gas)
            return Quote(step, use, Source.NODE)
    found = rehearsed.get(step.name)
    return Quote(step, found, Source.UNKNOWN if found is None else Source.REHEARSAL)


@dataclass(frozen=True, slots=True)
class _Nobody:
    """An account that only asks."""

    address: Address

    def sign_transaction(self, transaction: Transaction) -> SignedTransaction:
        raise ChainError(f"nonce {transaction.nonce} of {self.address} is not to be signed here")


def _intent(step: Step, sender: Address) -> Intent:
    return Intent(_Nobody(sender), step.to, step.data, step.value, None, step.action, step.contract)


def _ask(chain: Chain, method: str, *params: object) -> Any:
    (answer,) = chain.ask([(method, params)])
    if isinstance(answer, NodeRefused):
        raise answer
    return answer
