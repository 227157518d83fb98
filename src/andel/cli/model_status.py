"""`andel status --model`: a model's state from the chain alone, as tables or as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from enum import Enum

import typer
from rich.console import Console
from rich.table import Table

from andel.cli.options import coins
from andel.ledger.round_state import RoundState, Status
from andel.roles.model_state import ModelState, PolicyState
from andel.roles.succession import SuccessionState
from andel.units import TOKEN


def print_model(state: ModelState, as_json: bool, path: SuccessionState | None = None) -> None:
    """Shows the state, and where the model stands on a path of successors."""
    if as_json:
        followed = {} if path is None else {"succession": asdict(path)}
        typer.echo(json.dumps(_plain(asdict(state) | {"unminted": state.unminted} | followed)))
        return
    console = Console(highlight=False)
    console.print(
        f"model {state.model} on chain {state.chain_id}, block {state.block:,}, {_time(state.now)}", markup=False
    )
    for line in _path_lines(state, path):
        console.print(line, markup=False, soft_wrap=True)
    version = f"of round {state.version_round}" if state.version_round else "the first, which nobody attested"
    console.print(f"version {state.version.hex()} ({version})", markup=False, soft_wrap=True)
    for line in _round_lines(state):
        console.print(line, markup=False, soft_wrap=True)
    for line in _policy_lines(state.policy):
        console.print(line, markup=False, soft_wrap=True)
    console.print(_operators(state))
    console.print(
        f"accrued {_tokens(state.accrued)}, minted {_tokens(state.minted)} (unminted {_tokens(state.unminted)}); "
        f"contributors were credited {_tokens(state.contributors_minted)} and claimed "
        f"{_tokens(state.contributors_claimed)}; supply {_tokens(state.supply)} of at most {_tokens(state.cap)}",
        markup=False,
        soft_wrap=True,
    )


def _path_lines(state: ModelState, path: SuccessionState | None) -> list[str]:
    if path is None:
        return []
    lines = [f"follows {path.predecessor}"] if path.predecessor else []
    step = path.step
    if step is not None and not step.accepted_at:
        lines.append(
            f"names {step.successor} as its successor since {_time(step.named_at)}, which has not named it back: "
            f"nobody follows it yet; reason {step.reason.hex()}"
        )
    if step is not None and step.accepted_at:
        lines.append(f"SUPERSEDED by {step.successor} since {_time(step.accepted_at)}; reason {step.reason.hex()}")
        foreign = "" if path.known else ", which this release does not know: do not rely on it before you have read it"
        lines.append(f"the model to ask is {path.current}{foreign}")
        lines.append("what was earned here stays claimable here; nothing moves by itself")
    if not path.ends and path.current != state.model:
        lines.append(f"the path goes on behind {path.current}")
    return lines


def _round_lines(state: ModelState) -> list[str]:
    newest = state.round
    if newest is None:
        return ["no round was opened yet"]
    attempt = f", attempt {newest.attempt}" if newest.attempt else ""
    lines = [f"round {newest.round}{attempt}: {_words(state, newest)}"]
    if state.voidable_at is not None:
        late = "its time is over: anybody may void it" if state.now >= state.voidable_at else "voidable"
        lines.append(
            f"  deadline {_time(newest.deadline)}, {newest.deadline - state.now:,} s left; {late} from "
            f"{_time(state.voidable_at)} on"
        )
    if newest.status in (Status.CLOSED, Status.ATTESTED, Status.CHALLENGED):
        lines.append(
            f"  {newest.commit_count} of {newest.n} validators committed, {newest.reveal_count} revealed, "
            f"{newest.k} equal ones decide; posted updates without an answer: {newest.unresolved}"
        )
    if state.plant.name != "NONE":
        lines.append(f"  its plant is {state.plant.name.lower()}")
    return lines


def _policy_lines(found: PolicyState | None) -> list[str]:
    if found is None:
        return []
    texts = {name: record for name, record in found.rules.items() if name not in ("prices", "bar")}
    told = [f"{name} {record.hash.hex() if any(record.hash) else 'none'}" for name, record in texts.items()]
    lines = [f"policy {found.policy}, which only votes through {found.timelock} change: {', '.join(told)}"]
    priced = [
        f"{price.route} {price.amount} units of {price.token}"
        + (f" for {price.period} s" if price.period else " a call")
        for price in found.prices
    ]
    lines.append(f"who may ask off chain: {found.access.name.lower()}; prices: {', '.join(priced) or 'none'}")
    lines.append(f"version that answers: {found.current.hex() if found.current else 'none yet'}")
    return lines


def _words(state: ModelState, newest: RoundState) -> str:
    seed = "" if not newest.seed_awaited else f", its seed comes from block {newest.seed_block:,}"
    match newest.status:
        case Status.VOID:
            return f"void ({newest.void_reason.name.lower().replace('_', ' ')})"
        case Status.FINALISED:
            return f"final, {_tokens(newest.minted)} minted for contributors, evaluation {newest.evaluation}"
        case Status.ATTESTED:
            return f"agreed, final from {_time(newest.finalisable_at)} on"
        case status:
            return f"{status.name.lower().replace('_', ' ')}{seed}"


def _operators(state: ModelState) -> Table:
    table = Table(title=f"Operators ({state.k} validators decide)", title_justify="left")
    table.add_column("account", overflow="fold")
    for column in ("role", "bond, coins", "full", "vote"):
        table.add_column(column)
    table.add_column("tokens to claim", justify="right")
    for each in state.operators:
        asked_back = f" ({coins(each.unbonding)} asked back)" if each.unbonding else ""
        bond = f"{coins(each.bonded)}{asked_back}"
        full = "yes" if each.is_bonded else "NO"
        table.add_row(each.account, each.role, bond, full, each.voted, _tokens(each.claimable))
    return table


def _tokens(amount: int) -> str:
    return f"{amount / TOKEN:,.2f}"


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _plain(value: object) -> object:
    """JSON's own types: bytes as hex, enumerations by name, amounts beyond 2**53 as text."""
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Enum):
        return value.name.lower()
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 1 << 53:
        return str(value)
    return value
