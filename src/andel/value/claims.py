"""The tree of cumulative claims, and the value root that binds it.

A leaf is (account, cumulative earnings, running sum), accounts in the order of their bytes, so the last running
sum is all that was ever minted to contributors and a leaf that takes from others cannot hide. The tree is
OpenZeppelin's StandardMerkleTree (doubly hashed leaves, sorted pairs), as `MerkleProof` verifies it on chain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from eth_abi.abi import encode

from andel.errors import InputError
from andel.hashing import keccak
from andel.keys import address_bytes
from andel.units import Address, BaseUnits, Digest

EMPTY_CLAIMS_ROOT = Digest(bytes(32))
"""The root before anybody has earned anything."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What an account can show: its cumulative earnings, the running sum at its leaf, and the proof."""

    account: Address
    cumulative: BaseUnits
    running_sum: BaseUnits
    proof: tuple[bytes, ...]


class ClaimTree:
    """The claims of all accounts that have earned anything; `root` and `total` go on chain."""

    def __init__(self, earned: Mapping[Address, BaseUnits]) -> None:
        running = 0
        self._leaves: dict[Address, tuple[BaseUnits, BaseUnits]] = {}
        for account in sorted(earned, key=address_bytes):
            if earned[account] <= 0:
                continue
            running += earned[account]
            self._leaves[account] = (earned[account], BaseUnits(running))
        self.total = BaseUnits(running)
        hashes = sorted(claim_leaf(account, *values) for account, values in self._leaves.items())
        self._places = {leaf: 2 * len(hashes) - 2 - place for place, leaf in enumerate(hashes)}
        self._nodes = [bytes(32)] * max(len(hashes) - 1, 0) + hashes[::-1]
        for i in reversed(range(len(hashes) - 1)):
            self._nodes[i] = _pair(self._nodes[2 * i + 1], self._nodes[2 * i + 2])
        self.root = Digest(self._nodes[0]) if self._nodes else EMPTY_CLAIMS_ROOT

    def claim(self, account: Address) -> Claim:
        """The account's claim with its proof. Raises InputError when it has earned nothing."""
        if account not in self._leaves:
            raise InputError(f"{account} has earned nothing yet")
        cumulative, running_sum = self._leaves[account]
        index = self._places[claim_leaf(account, cumulative, running_sum)]
        proof = []
        while index > 0:
            proof.append(self._nodes[index - 1 if index % 2 == 0 else index + 1])
            index = (index - 1) // 2
        return Claim(account, cumulative, running_sum, tuple(proof))

    def __len__(self) -> int:
        return len(self._leaves)


def claim_leaf(account: Address, cumulative: int, running_sum: int) -> bytes:
    """The doubly hashed leaf."""
    words = bytes(12) + address_bytes(account) + cumulative.to_bytes(32, "big") + running_sum.to_bytes(32, "big")
    return keccak(keccak(words))  # abi.encode of an address and two integers; a tree encodes ten thousand


def value_root(claims_root: Digest, claims_total: int, minted: int, gain: int) -> Digest:
    """keccak256(abi.encode(claimsRoot, claimsTotal, minted, gain)): what validators attest of a round's money."""
    words = encode(["bytes32", "uint256", "uint256", "int256"], [claims_root, claims_total, minted, gain])
    return keccak(words)


def _pair(left: bytes, right: bytes) -> bytes:
    return keccak(min(left, right), max(left, right))
