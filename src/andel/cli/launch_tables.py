"""A launch as people read it: transactions and costs, powers, findings, addresses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.table import Table

from andel.cli.options import coins
from andel.ledger.gas import IOTEX_CHAINS
from andel.roles.launching.checking import Finding
from andel.roles.launching.costs import Bill, Quote
from andel.roles.launching.lock import Lock
from andel.roles.launching.powers import Power

_IOTEX_NOTE: Final = "IoTeX counts 100 gas a byte of calldata, at least 250 a byte in all, at 1 Qev (1e12 wei) a gas"


def print_bill(console: Console, bill: Bill) -> None:
    """Every transaction with bytes, gas and cost, then the sums."""
    table = Table(title="Transactions", title_justify="left")
    for name in ("#", "what", "bytes", "gas", "coins", "IOTX on IoTeX", "carries", "from"):
        table.add_column(name, justify="left" if name in ("what", "from") else "right")
    for number, quote in enumerate(bill.quotes, 1):
        table.add_row(str(number), quote.step.name, f"{len(quote.step.data):,}", *_figures(bill, quote))
    console.print(table)
    more = "" if bill.is_whole else " (without the steps that nobody could try)"
    console.print(
        f"gas {bill.gas:,} at {bill.gas_price} wei: {coins(bill.gas * bill.gas_price)} coins{more}; bonds "
        f"{coins(bill.deposits)} coins; on IoTeX the gas would cost {coins(bill.iotex_cost)} IOTX"
    )
    console.print(f"the account should hold {coins(bill.needed)} coins; {_IOTEX_NOTE}")


def _figures(bill: Bill, quote: Quote) -> list[str]:
    carries = coins(quote.step.value) if quote.step.value else ""
    if quote.use is None:
        return ["?", "?", "?", carries, str(quote.source)]
    gas = quote.use.on(bill.chain_id)
    on_iotex = _short(quote.use.iotex * 10**12)
    return [f"{gas:,}", _short(gas * bill.gas_price), on_iotex, carries, str(quote.source)]


def _short(wei: int) -> str:
    return f"{wei / 10**18:.6f}"


def print_powers(console: Console, powers: Sequence[Power]) -> None:
    """Who can do what after the launch."""
    table = Table(title="Who can do what after the launch", title_justify="left")
    for name in ("who", "may", "bound by"):
        table.add_column(name, overflow="fold")
    for each in powers:
        table.add_row(each.who, each.may, each.bound)
    console.print(table)


def print_addresses(console: Console, lock: Lock) -> None:
    """Where everything is."""
    for name, address in {**lock.shared, **lock.model}.items():
        console.print(f"{name:16} {address}", markup=False)
    for address in lock.vestings:
        console.print(f"{'FounderVesting':16} {address}", markup=False)


def print_findings(console: Console, findings: Sequence[Finding]) -> None:
    """One line each, and the remedy under what is not fit."""
    for each in findings:
        console.print(f"{'ok ' if each.ok else 'NOT'} {each.what}: {each.found}", markup=False, soft_wrap=True)
        if each.remedy:
            console.print(f"      {each.remedy}", markup=False, soft_wrap=True)


def bill_record(bill: Bill) -> dict[str, object]:
    """A bill for `--json`: amounts in wei, as texts where they are beyond 2**53."""
    return {
        "chain_id": bill.chain_id,
        "gas_price": str(bill.gas_price),
        "gas": bill.gas,
        "gas_on_iotex": bill.iotex_gas,
        "cost": str(bill.gas * bill.gas_price),
        "cost_on_iotex": str(bill.iotex_cost),
        "deposits": str(bill.deposits),
        "needed": str(bill.needed),
        "whole": bill.is_whole,
        "on_iotex": bill.chain_id in IOTEX_CHAINS,
        "transactions": [
            {
                "step": each.step.name,
                "to": each.step.to,
                "creates": each.step.creates,
                "value": str(each.step.value),
                "bytes": len(each.step.data),
                "gas": each.use.on(bill.chain_id) if each.use else None,
                "gas_on_iotex": each.use.iotex if each.use else None,
                "source": str(each.source),
            }
            for each in bill.quotes
        ],
    }
