"""Who votes with whose tokens, and what has vested: what a holder reads and sends beside the token's transfers.

Takes a model's token, or a founder's wallet. Gives votes and delegates as plain values, and sends delegations, also
signed ones (EIP-712 `Delegation` in the token's own domain, as OpenZeppelin's Votes takes it) that anybody brings.
Never decides to whom.
"""

from __future__ import annotations

from typing import Final

from andel.hashing import keccak
from andel.keys import AccountKey
from andel.ledger.bound import Bound
from andel.ledger.contracts import ModelTokenContract
from andel.ledger.receipt import Receipt
from andel.typed_data import abi_word, words_digest
from andel.units import NOBODY, Address, BaseUnits

_TYPE: Final = b"Delegation(address delegatee,uint256 nonce,uint256 expiry)"


def delegate_of(token: ModelTokenContract, account: Address) -> Address | None:
    """Who votes with the account's tokens; None: nobody, then they count for nothing."""
    found = Address(token.chain.call(token.contract, "delegates", account))
    return None if found == NOBODY else found


def votes_of(token: ModelTokenContract, account: Address) -> BaseUnits:
    """The account's votes now: its own tokens and others', where they were delegated to it."""
    return BaseUnits(token.chain.call(token.contract, "getVotes", account))


def is_set_aside(token: ModelTokenContract, account: Address) -> bool:
    """Whether the account's tokens count as nobody's: it neither votes nor earns revenue."""
    return bool(token.chain.call(token.contract, "isSetAside", account))


def delegate_signed(
    token: ModelTokenContract, payer: AccountKey, holder: AccountKey, delegatee: Address, expiry: int
) -> Receipt:
    """Brings `holder`'s signed delegation, which counts until `expiry`; `payer` pays the gas."""
    separator = bytes(token.chain.call(token.contract, "DOMAIN_SEPARATOR"))
    nonce = int(token.chain.call(token.contract, "nonces", holder.address))
    fields = (("address", delegatee), ("uint256", nonce), ("uint256", expiry))
    words = b"".join(abi_word("Delegation", kind, value) for kind, value in fields)
    signature = holder.sign_digest(words_digest(keccak(_TYPE), separator, words))
    parts = (signature[64], signature[:32], signature[32:64])
    return token.chain.send(payer, token.contract, "delegateBySig", delegatee, nonce, expiry, *parts)


class FounderVestingContract(Bound):
    """A founder's wallet, from which tokens come free with time."""

    NAME = "FounderVesting"

    def owner(self) -> Address:
        """To whom what has vested goes."""
        return Address(self.chain.call(self.contract, "owner"))

    def releasable(self, token: Address) -> BaseUnits:
        """What has vested and was not released."""
        return BaseUnits(self.chain.call(self.contract, "releasable(address)", token))

    def release(self, key: AccountKey, token: Address) -> Receipt:
        """Gives the owner what has vested; anybody may pay the gas."""
        return self.chain.send(key, self.contract, "release(address)", token)
