"""What a transaction costs, by the rules of the chain it is for.

Takes calldata sizes and the gas that a run in an EVM took. Gives gas by Ethereum's rules or by IoTeX's, which charges
for bytes otherwise: 100 gas each whatever it is, and no less than 250 each in all. Sources: EIP-2028, EIP-3860 and
EIP-7623 for Ethereum; IIP-60 and iotex-core's `action` package for IoTeX. Never asks a node.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

IOTEX_CHAINS: Final = {4689: "IoTeX", 4690: "IoTeX testnet"}
"""Chain ids whose gas follows IoTeX's rules."""

IOTEX_LEAST_PRICE: Final = 10**12
"""The least that IoTeX takes for a unit of gas, wei (1 Qev)."""

IOTEX_MAX_DATA_BYTES: Final = 48 * 1024
"""Longest calldata or creation code that IoTeX takes."""

IOTEX_BLOCK_GAS: Final = 25_000_000
"""Gas of an IoTeX block, and so the most that one transaction can take."""

_IOTEX_BASE, _IOTEX_BYTE, _IOTEX_FLOOR_BYTE = 10_000, 100, 250
_IOTEX_LEAST_ESTIMATE: Final = 21_000
_BASE, _CREATION, _ZERO_BYTE, _BYTE, _INITCODE_WORD = 21_000, 32_000, 4, 16, 2


@dataclass(frozen=True, slots=True)
class GasUse:
    """What one transaction takes: bytes of calldata, and gas by the rules of Ethereum and of IoTeX."""

    data_bytes: int
    ethereum: int
    iotex: int

    def on(self, chain_id: int) -> int:
        """Gas on that chain; all but IoTeX's two count as Ethereum does."""
        return self.iotex if chain_id in IOTEX_CHAINS else self.ethereum


def gas_use(data: bytes, is_creation: bool, gas_used: int) -> GasUse:
    """What a transaction takes that took `gas_used` in a chain with Ethereum's rules."""
    execution = max(0, gas_used - ethereum_intrinsic(data, is_creation))
    return GasUse(len(data), gas_used, iotex_gas(data, execution + _initcode(data, is_creation)))


def iotex_gas(data: bytes, execution: int) -> int:
    """Gas on IoTeX of a transaction whose run takes `execution`."""
    plain = _IOTEX_BASE + _IOTEX_BYTE * len(data) + execution
    return max(plain, _IOTEX_BASE + _IOTEX_FLOOR_BYTE * len(data))


def iotex_estimate(data: bytes, execution: int) -> int:
    """What `eth_estimateGas` of an IoTeX gateway answers."""
    return max(_IOTEX_LEAST_ESTIMATE, iotex_gas(data, execution))


def ethereum_intrinsic(data: bytes, is_creation: bool) -> int:
    """Gas of a transaction before anything runs, on Ethereum."""
    zeros = data.count(0)
    plain = _BASE + _ZERO_BYTE * zeros + _BYTE * (len(data) - zeros)
    return plain + (_CREATION if is_creation else 0) + _initcode(data, is_creation)


def _initcode(data: bytes, is_creation: bool) -> int:
    return _INITCODE_WORD * ((len(data) + 31) // 32) if is_creation else 0
