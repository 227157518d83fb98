"""`andel vote`: what holders decide about a model, from the proposal to its effect."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from andel.cli.options import (
    KeyFileOption,
    ModelOption,
    PayerOption,
    RpcOption,
    StoreOption,
    open_model,
    open_store,
    read_bounded,
    read_key,
    read_payer,
    successors_of,
    writer_of,
)
from andel.errors import InputError
from andel.keys import parse_address
from andel.ledger.delegation import votes_of
from andel.ledger.governance import ModelGovernorContract, ProposalState, ProposedCall, Standing, Support
from andel.ledger.proposed_calls import in_words
from andel.roles.owner import clock_text, told
from andel.roles.telling.naming import Naming
from andel.roles.telling.plain_calls import plain_words
from andel.roles.voter import MAX_FILE_BYTES, VOTE_SENTENCES, cast, delegate, governor_of, names_known, read_proposal
from andel.roles.voters_naming import naming_for_votes
from andel.units import TOKEN

app = typer.Typer(name="vote", help="What holders decide about a model.", no_args_is_help=True)

ProposalArgument = Annotated[str, typer.Argument(help="The proposal's number (from 1) or its id, see `list`.")]

SuccessorsOption = Annotated[
    str, typer.Option("--successors", help="The chain's Successors contract, so that calls of it are told in words.")
]

_MAX_TEXT_BYTES = 1024 * 1024
_MAX_LISTED = 200
_MAX_LISTED_CALLS = 3


@app.command("list")
def list_proposals(rpc: RpcOption, model: ModelOption) -> None:
    """List the newest proposals, the newest first."""
    opened = open_model(rpc, model)
    governor = governor_of(opened)
    count, naming = governor.proposals_count(), naming_for_votes(opened, opened.successors)
    if not count:
        typer.echo("there is no proposal yet")
    for number in range(count, max(0, count - _MAX_LISTED), -1):
        proposal = governor.proposal_at(number - 1)
        standing = governor.standing_of(proposal.id)
        typer.echo(f"{number}  {standing.state.name.lower()}  {_votes(standing)}  {len(proposal.calls)} calls")
        for call in proposal.calls[:_MAX_LISTED_CALLS]:
            typer.echo(f"     {plain_words(call, naming)}")


@app.command("show")
def show(proposal: ProposalArgument, rpc: RpcOption, model: ModelOption, successors: SuccessorsOption = "") -> None:
    """Show a proposal: its text, what it does in plain words, and where it stands."""
    opened = open_model(rpc, model)
    governor = governor_of(opened)
    found = governor.proposal(_identity(governor, proposal))
    standing, naming = governor.standing_of(found.id), naming_for_votes(opened, successors_of(opened, successors))
    typer.echo(f"proposal {found.id}")
    typer.echo(
        governor.description_of(found) or f"(its text is not in recent blocks; keccak {found.description_hash.hex()})"
    )
    _echo_calls(found.calls, naming)
    typer.echo(f"{standing.state.name.lower()}: {_votes(standing)}")
    typer.echo(f"votes count as of {clock_text(standing.snapshot)}, voting ends {clock_text(standing.deadline)}")
    if standing.eta:
        typer.echo(f"can be executed from {clock_text(standing.eta)}")
    if standing.veto_needed:
        typer.echo(f"contributors' veto: {_tokens(standing.vetoing)} of {_tokens(standing.veto_needed)} tokens")


@app.command("propose")
def propose(
    file: Annotated[Path, typer.Argument(help="The proposal, a JSON file (andel-proposal/1).")],
    rpc: RpcOption,
    model: ModelOption,
    store: StoreOption,
    key_file: KeyFileOption,
    successors: SuccessorsOption = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would do.")] = False,
) -> None:
    """Propose what a file says; texts that it names are kept in the content store."""
    opened, key = open_model(rpc, model), read_key(key_file)
    names = names_known(opened, successors_of(opened, successors))
    calls, why = read_proposal(
        read_bounded(file, MAX_FILE_BYTES),
        names,
        open_store(store, writer_of(key, opened)),
        lambda name: read_bounded(file.parent / name, _MAX_TEXT_BYTES),
    )
    _echo_calls(calls, naming_for_votes(opened, successors_of(opened, successors)))
    if dry_run:
        return
    governor = governor_of(opened)
    identity, receipt = told(lambda: governor.propose(key, calls, why), VOTE_SENTENCES)
    standing = governor.standing_of(identity)
    typer.echo(f"proposal {governor.proposals_count()} ({identity}), gas {receipt.gas_used}")
    typer.echo(f"votes count as of {clock_text(standing.snapshot)}, voting ends {clock_text(standing.deadline)}")


@app.command("cast")
def cast_vote(
    proposal: ProposalArgument,
    choice: Annotated[str, typer.Argument(help="for, against or abstain.")],
    rpc: RpcOption,
    model: ModelOption,
    key_file: KeyFileOption,
    payer: PayerOption = None,
) -> None:
    """Cast a vote; with a payer, the voter only signs."""
    if choice.upper() not in Support.__members__:
        raise InputError(f"not a vote: {choice[:20]!r}", "for, against or abstain")
    key, governor = read_key(key_file), governor_of(open_model(rpc, model))
    identity = _identity(governor, proposal)
    receipt = cast(governor, key, identity, Support[choice.upper()], read_payer(payer))
    weight = int(receipt.event("VoteCast").arguments["weight"])
    typer.echo(f"{key.address} votes {choice.lower()} with {_tokens(weight)} tokens, gas {receipt.gas_used}")


@app.command("delegate")
def delegate_votes(
    rpc: RpcOption,
    model: ModelOption,
    key_file: KeyFileOption,
    to: Annotated[str, typer.Argument(help="Who votes with your tokens; left out, yourself.")] = "",
    payer: PayerOption = None,
) -> None:
    """Give the votes of your tokens to an account, or to yourself; without that they count for nobody.

    They count for proposals whose snapshot comes later. The tokens stay yours; a later delegation replaces this one.
    """
    key, token = read_key(key_file), open_model(rpc, model).token
    heir = parse_address(to) if to else key.address
    receipt = delegate(token, key, heir, read_payer(payer))
    who = "itself" if heir == key.address else heir
    held, votes = token.balance_of(key.address), votes_of(token, heir)
    typer.echo(f"{key.address} gives the votes of {_tokens(held)} tokens to {who}, gas {receipt.gas_used}")
    typer.echo(f"{heir} has {_tokens(votes)} votes now")


@app.command("queue")
def queue(proposal: ProposalArgument, rpc: RpcOption, model: ModelOption, key_file: KeyFileOption) -> None:
    """Put what has passed into the timelock. Anybody."""
    key, governor = read_key(key_file), governor_of(open_model(rpc, model))
    identity = _identity(governor, proposal)
    receipt = told(lambda: governor.queue(key, identity), VOTE_SENTENCES)
    typer.echo(f"can be executed from {clock_text(governor.standing_of(identity).eta)}, gas {receipt.gas_used}")


@app.command("execute")
def execute(proposal: ProposalArgument, rpc: RpcOption, model: ModelOption, key_file: KeyFileOption) -> None:
    """Carry out what has waited in the timelock. Anybody."""
    key, governor = read_key(key_file), governor_of(open_model(rpc, model))
    identity = _identity(governor, proposal)
    receipt = told(lambda: governor.execute(key, identity), VOTE_SENTENCES)
    typer.echo(f"executed, gas {receipt.gas_used}")


@app.command("veto")
def veto(proposal: ProposalArgument, rpc: RpcOption, model: ModelOption, key_file: KeyFileOption) -> None:
    """Stand against a proposal with the tokens the key has mined."""
    key, governor = read_key(key_file), governor_of(open_model(rpc, model))
    identity = _identity(governor, proposal)
    receipt = told(lambda: governor.veto(key, identity), VOTE_SENTENCES)
    said = governor.standing_of(identity)
    stopped = ", and the proposal is cancelled" if said.state == ProposalState.CANCELED else ""
    against = f"{_tokens(said.vetoing)} of {_tokens(said.veto_needed)} tokens stand against it"
    typer.echo(f"{against}{stopped}, gas {receipt.gas_used}")


def _echo_calls(calls: Sequence[ProposedCall], naming: Naming) -> None:
    """Each call in plain words, and under it as it is decoded."""
    for number, call in enumerate(calls, 1):
        typer.echo(f"  {number}. {plain_words(call, naming)}")
        typer.echo(f"     {in_words(call, naming.contracts)}")


def _identity(governor: ModelGovernorContract, text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 78:
        raise InputError(f"not a proposal: {text[:40]!r}", "its number, or its id")
    number, count = int(text), governor.proposals_count()
    if number > 1 << 64:
        return number
    if not 0 < number <= count:
        raise InputError(f"there is no proposal {number}; there are {count}", "see `andel vote list`")
    return governor.proposal_at(number - 1).id


def _votes(standing: Standing) -> str:
    given = f"{_tokens(standing.in_favour)} for, {_tokens(standing.against)} against"
    return f"{given}, {_tokens(standing.abstaining)} abstain, quorum {_tokens(standing.quorum)}"


def _tokens(units: int) -> str:
    return f"{units / TOKEN:,.2f}"
