"""How what stands in a call is said: accounts, amounts, lengths of time, moments, texts.

Takes the model's contracts by name and a way to ask for a token's decimals and symbol. Gives words, in which nothing is
rounded without saying "about"; whatever has no name is written in full. Never says more than the call does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from andel.errors import ChainError, InputError
from andel.ledger.payment import COIN, amount_text
from andel.units import DAY_SECONDS, Address

MoneyOf = Callable[[Address], tuple[int, str]]
"""Decimals and symbol of a token, or of the coin. Raises ChainError, InputError."""

TREASURY: Final = " from the treasury"
"""Follows an amount that a vote pays."""

TOKEN_DECIMALS: Final = 18
"""Places of a model's token."""

_PARTS: Final[Mapping[str, str]] = {
    "ModelTimelock": "the treasury",
    "RoundManager": "this model",
    "ModelToken": "the model's token",
    "RewardPool": "the reward pool",
    "RevenueVault": "the revenue vault",
    "ModelOffering": "the offering",
    "Operators": "the operators' bonds",
    "Alliance": "the alliance",
    "ModelGovernor": "the governor",
    "ModelPolicy": "the model's policy",
    "AccessPass": "the sale of passes",
    "InferenceMarket": "the market",
    "FeeSplitters": "the splitters of fees",
    "OnchainModels": "the models' code",
}
_BPS: Final = 10_000
_ANY_AMOUNT: Final = 1 << 255
_ROUNDED_PLACES: Final = 6
_LISTED: Final = 12
_QUOTED_LETTERS: Final = 120
_LAST_MOMENT: Final = 253_402_300_799  # the year 9999


@dataclass(frozen=True, slots=True)
class Naming:
    """What words are made with: contracts by address, the model's own token, what its offering takes, and money.

    `payer` is whose money a payment is: "" for the reader's own, or `TREASURY`.
    """

    contracts: Mapping[Address, str]
    token: Address
    payment: Address
    money: MoneyOf
    payer: str = ""

    def account(self, address: Address) -> str:
        """A part of the model by its name, anybody else by the whole address."""
        return _PARTS.get(self.contracts.get(address, ""), str(address))

    def accounts(self, addresses: Sequence[Address]) -> str:
        """A list of them."""
        return _listed([self.account(each) for each in addresses])

    def amount(self, units: int, token: Address) -> str:
        """An amount of a token, or of the coin."""
        if units >= _ANY_AMOUNT:
            return f"any amount of {self.symbol(token)}"
        try:
            decimals, symbol = self.money(token)
        except (ChainError, InputError):
            return f"{units} base units of the token {token}"
        return f"{_number(units, decimals)} {symbol}"

    def own(self, units: int) -> str:
        """An amount of the model's own token."""
        return self.amount(units, self.token)

    def coins(self, wei: int) -> str:
        """An amount of the chain's coin."""
        return self.amount(wei, COIN)

    def symbol(self, token: Address) -> str:
        """What people call a token."""
        try:
            return self.money(token)[1]
        except (ChainError, InputError):
            return f"the token {token}"

    def symbols(self, tokens: Sequence[Address]) -> str:
        """A list of them."""
        return _listed([self.symbol(each) for each in tokens])

    @property
    def your(self) -> str:
        """Whose what the sender has is."""
        return "the treasury's" if self.payer else "your"

    @property
    def own_symbol(self) -> str:
        """What people call the model's token."""
        return self.symbol(self.token)


def tokens_text(units: int) -> str:
    """Base units of a model's token as a number, with a name for the unit."""
    return f"{_number(units, TOKEN_DECIMALS)} tokens"


def moment(seconds: int) -> str:
    """A second of the chain as people write it, in UTC."""
    if not 0 <= seconds <= _LAST_MOMENT:
        return f"second {seconds}"
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def span(seconds: int) -> str:
    """A length of time, in the greatest units, exactly."""
    parts = []
    for name, size in (("day", DAY_SECONDS), ("hour", 3600), ("minute", 60), ("second", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(counted(count, name))
    return " ".join(parts) or "0 seconds"


def counted(count: int, one: str, many: str = "") -> str:
    """A number with what it counts."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def percent(bps: int) -> str:
    """Ten-thousandths as percent."""
    return f"{amount_text(bps * 100, 4)}%" if 0 <= bps <= _BPS else f"{bps} ten-thousandths"


def hashed(digest: bytes) -> str:
    """A hash, so that it can be compared; the call beneath has all of it."""
    return f"0x{digest.hex()[:10]}…{digest.hex()[-6:]}"


def named_text(digest: bytes) -> str:
    """A text by its hash; zeros stand for none."""
    return f"the text {hashed(digest)}" if any(digest) else "none"


def quoted(text: str) -> str:
    """What somebody else wrote: on one line, bounded, and seen to be a quotation."""
    line = "".join(letter if letter.isprintable() else " " for letter in text)
    return f"“{line[:_QUOTED_LETTERS]}{'…' if len(line) > _QUOTED_LETTERS else ''}”"


def route_text(route: bytes) -> str:
    """The name of a route or a plan, or its hex where it is none."""
    name = route.rstrip(b"\0")
    return quoted(name.decode()) if name.isascii() and name.decode("ascii").isprintable() else f"0x{route.hex()}"


def _number(units: int, decimals: int) -> str:
    exact = amount_text(units, decimals)
    whole, _, part = exact.partition(".")
    grouped = f"{int(whole):,}"
    if len(part) <= _ROUNDED_PLACES:
        return f"{grouped}.{part}" if part else grouped
    places = _ROUNDED_PLACES - 2 if int(whole) else min(len(part), len(part) - len(part.lstrip("0")) + 4)
    about = "about " if places < len(part) else ""
    return f"{about}{grouped}.{part[:places]}"


def _listed(items: Sequence[str]) -> str:
    shown = list(items[:_LISTED])
    if len(items) > _LISTED:
        shown.append(f"{len(items) - _LISTED} more, see the call")
    return ", ".join(shown) or "nobody"
