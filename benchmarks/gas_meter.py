"""What transactions took, as a chain's receipts say, and what they would take on IoTeX.

Takes the address of a node and receipts. Gives rows of gas, of calldata's bytes and of gas by IoTeX's rules
(`andel.ledger.gas`), and a table of them. Used by gas.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from andel.ledger.answers import bytes_of, quantity
from andel.ledger.gas import IOTEX_LEAST_PRICE, gas_use
from andel.ledger.receipt import Receipt
from andel.ledger.rpc import Rpc

COIN = 10**18


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: gas as the receipts say, bytes of calldata, and gas on IoTeX."""

    key: str
    text: str
    gas: int
    data_bytes: int
    iotex: int

    @property
    def iotx(self) -> float:
        """What it costs on IoTeX, at the least price that a unit of gas has there."""
        return self.iotex * IOTEX_LEAST_PRICE / COIN


class Meter:
    """Rows in the order in which they are kept."""

    def __init__(self, url: str) -> None:
        """Asks nothing."""
        self._rpc = Rpc(url)
        self.rows: list[Row] = []

    def keep(self, key: str, text: str, *receipts: Receipt | str, parts: int = 1) -> Row:
        """A row of what these transactions (or hashes of them) took together, for one of `parts` equal things."""
        gas = size = iotex = 0
        for each in receipts:
            name = each if isinstance(each, str) else each.hash
            sent = self._rpc.request("eth_getTransactionByHash", name)
            used = quantity(self._rpc.request("eth_getTransactionReceipt", name).get("gasUsed"))
            use = gas_use(bytes_of(sent["input"]), sent.get("to") is None, used)
            gas, size, iotex = gas + use.ethereum, size + use.data_bytes, iotex + use.iotex
        row = Row(key, text, gas // parts, size // parts, iotex // parts)
        self.rows.append(row)
        return row

    def sent_to(self, address: str, block: int) -> list[str]:
        """Hashes of a block's transactions to a contract."""
        sent = self._rpc.request("eth_getBlockByNumber", hex(block), True)["transactions"]
        return [each["hash"] for each in sent if (each.get("to") or "").lower() == address.lower()]

    def node(self) -> str:
        """The node's name and release."""
        return str(self._rpc.request("web3_clientVersion"))


def table(rows: list[Row]) -> Iterator[str]:
    """The rows as a Markdown table."""
    yield "| what | gas | bytes | gas on IoTeX | IOTX |"
    yield "|---|---|---|---|---|"
    for row in rows:
        yield f"| {row.text} | {row.gas:,} | {row.data_bytes:,} | {row.iotex:,} | {row.iotx:.3f} |"


def figures(rows: list[Row]) -> dict[str, object]:
    """Gas by key, and coins on IoTeX by key under `iotx`."""
    return {**{row.key: row.gas for row in rows}, "iotx": {row.key: round(row.iotx, 6) for row in rows}}
