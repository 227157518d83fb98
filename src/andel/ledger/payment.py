"""What is paid with on a chain: its coin, or any ERC-20 with permits (ERC-2612).

Takes a `Chain` and an address. Gives balances and allowances as plain integers of the smallest unit, amounts as texts,
and an owner's permit, signed. The zero address stands for the coin. Never decides what to pay.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Final

from andel.errors import InputError
from andel.hashing import keccak
from andel.keys import AccountKey
from andel.ledger.bound import Bound
from andel.ledger.connection import Chain
from andel.ledger.receipt import Receipt
from andel.ledger.words import WORD
from andel.typed_data import abi_word, words_digest
from andel.units import NOBODY, Address

COIN: Final = NOBODY
"""Stands for the chain's coin where a token's address is asked for."""

COIN_DECIMALS: Final = 18
_MAX_DECIMALS: Final = 36
_PERMIT_TYPE: Final = b"Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"


class PaymentToken(Bound):
    """Any ERC-20 with permits; read by the functions that a model's token has too."""

    NAME = "ModelToken"

    def approve(self, key: AccountKey, spender: Address, amount: int) -> Receipt:
        """Lets `spender` take up to `amount` of `key`'s."""
        return self.chain.send(key, self.contract, "approve", spender, amount)

    def allowance(self, owner: Address, spender: Address) -> int:
        """What `spender` may still take of `owner`'s."""
        return int(self.chain.call(self.contract, "allowance", owner, spender))

    def balance_of(self, account: Address) -> int:
        """What an account has."""
        return int(self.chain.call(self.contract, "balanceOf", account))

    def decimals(self) -> int:
        """Places of a whole one. Raises InputError for more than 36."""
        places = int(self.chain.call(self.contract, "decimals"))
        if places > _MAX_DECIMALS:
            raise InputError(f"the token {self.address} has {places} decimals")
        return places

    def symbol(self) -> str:
        """What people call it, at most 20 signs that can be printed."""
        text = str(self.chain.call(self.contract, "symbol"))[:20]
        return text if text.isprintable() else self.address

    def permit(self, key: AccountKey, spender: Address, amount: int, deadline: int) -> bytes:
        """`key`'s ERC-2612 permit for `spender`, as our contracts take it: value, deadline, v, r, s in five words."""
        separator = bytes(self.chain.call(self.contract, "DOMAIN_SEPARATOR"))
        nonce = int(self.chain.call(self.contract, "nonces", key.address))
        fields = (("address", key.address), ("address", spender), ("uint256", amount))
        words = b"".join(abi_word("Permit", kind, value) for kind, value in fields)
        words += abi_word("Permit", "uint256", nonce) + abi_word("Permit", "uint256", deadline)
        signature = key.sign_digest(words_digest(keccak(_PERMIT_TYPE), separator, words))
        head = abi_word("Permit", "uint256", amount) + abi_word("Permit", "uint256", deadline)
        return head + signature[64:].rjust(WORD, b"\0") + signature[:64]


def money_of(chain: Chain, token: Address) -> tuple[int, str]:
    """Decimals and symbol of a token, or of the coin."""
    if token == COIN:
        return COIN_DECIMALS, "coins"
    found = PaymentToken(chain, token)
    return found.decimals(), found.symbol()


def parse_amount(text: str, decimals: int) -> int:
    """Smallest units in an amount such as 12.5. Raises InputError."""
    try:
        units = Decimal(text).scaleb(decimals) if len(text) <= 100 else Decimal(-1)
    except InvalidOperation:
        units = Decimal(-1)
    if not units.is_finite() or units <= 0 or units >= 2**128 or units != int(units):
        raise InputError(f"not an amount: {text[:40]!r}", f"a number above 0 such as 12.5, at most {decimals} places")
    return int(units)


def allow(chain: Chain, token: Address, owner: AccountKey, spender: Address, amount: int) -> None:
    """Lets `spender` take `amount` of `owner`'s where it may not yet; nothing is asked of the coin, or for nothing."""
    if token == COIN or amount == 0:
        return
    found = PaymentToken(chain, token)
    if found.allowance(owner.address, spender) < amount:
        found.approve(owner, spender, amount)


def amount_text(units: int, decimals: int) -> str:
    """Smallest units as an amount, exactly."""
    whole, part = divmod(units, 10**decimals)
    return f"{whole}.{part:0{decimals}}".rstrip("0").rstrip(".") if decimals else str(whole)
