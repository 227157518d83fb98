"""`andel alliance …`: what an alliance asks, and what owners of devices agree to. Its owner's part is beside this."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from andel.cli import alliance_owner
from andel.cli.options import (
    KeyFileOption,
    ModelOption,
    PayerOption,
    RpcOption,
    open_model,
    open_store,
    parse_digest,
    read_key,
    read_payer,
)
from andel.content import cid_of_digest
from andel.data.policy import parse_policy
from andel.device.did import parse_device
from andel.errors import InputError
from andel.keys import parse_address
from andel.ledger.alliance import AllianceContract
from andel.roles.alliance_facts import alliance_facts, named_devices
from andel.roles.owner import accept_terms, withdraw_consent

app = typer.Typer(name="alliance", help="Who may contribute to a model, and on which terms.", no_args_is_help=True)
TermsOption = Annotated[str, typer.Option("--terms", help="The terms' hash (64 hex digits) or CID; see `show`.")]


@app.command()
def show(
    rpc: RpcOption,
    model: ModelOption,
    account: Annotated[str, typer.Option(help="Tell whether this owner has accepted the terms.")] = "",
    device: Annotated[list[str] | None, typer.Option(help="Tell whether this device is admitted.")] = None,
    store: Annotated[str, typer.Option(help="Content store to read terms and policy from.")] = "",
    from_block: Annotated[
        int, typer.Option(min=0, help="Look for devices admitted or barred by address from this block on.")
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show who owns the alliance, whom it trusts, admits and bars, its policy and its terms, for a round opened now."""
    alliance = open_model(rpc, model).alliance
    facts = alliance_facts(alliance)
    now, rules = facts.at, facts.rules
    found: dict[str, object] = {
        "alliance": alliance.address,
        "owner": facts.owner,
        "pending_owner": facts.pending_owner,
        "listers": list(facts.listers),
        **_named_devices(alliance, from_block),
        "policy": rules.policy.hex(),
        "policy_cid": cid_of_digest(rules.policy),
        "terms": rules.terms.hex(),
        "terms_cid": cid_of_digest(rules.terms),
    }
    if store:
        opened = open_store(store)
        policy = parse_policy(opened.get_digest(rules.policy))
        found |= {"boxes": [list(box) for box in policy.boxes], "channels": list(policy.channels)}
        found["terms_text"] = opened.get_digest(rules.terms).decode("utf-8", "replace")
    if account:
        owner = parse_address(account)
        found |= {"account": owner, "accepted": alliance.have_accepted([owner], rules.terms, now)[0]}
    if device:
        named = [parse_device(text) for text in device]
        answers = alliance.are_admitted([item.address for item in named], now)
        found["admitted"] = {item.did: answer for item, answer in zip(named, answers, strict=True)}
    if as_json:
        typer.echo(json.dumps(found))
        return
    for name, value in found.items():
        typer.echo(f"{name.replace('_', ' ')}: {_text(value)}")


@app.command()
def accept(
    rpc: RpcOption,
    model: ModelOption,
    key_file: KeyFileOption,
    terms: TermsOption,
    payer_key_file: PayerOption = None,
) -> None:
    """Accept terms for all devices of the key's account, for rounds opened from the next second on."""
    owner, digest = read_key(key_file), parse_digest(terms, "terms")
    alliance = open_model(rpc, model).alliance
    receipt = accept_terms(alliance, owner, digest, read_payer(payer_key_file))
    typer.echo(f"{owner.address} accepted the terms {digest.hex()}, gas {receipt.gas_used}")
    if alliance.rules_at(alliance.chain.block_time() + 1).terms != digest:
        typer.echo("these are not the terms of rounds opened now: see `andel alliance show`", err=True)


@app.command()
def withdraw(
    rpc: RpcOption,
    model: ModelOption,
    key_file: KeyFileOption,
    terms: TermsOption,
    until: Annotated[int, typer.Option(min=0, help="Last second (unix) of rounds that keep it; 0: now.")] = 0,
    payer_key_file: PayerOption = None,
) -> None:
    """Withdraw the consent to terms; rounds opened before keep it, and what they earned stays earned."""
    owner, digest = read_key(key_file), parse_digest(terms, "terms")
    alliance = open_model(rpc, model).alliance
    receipt = withdraw_consent(alliance, owner, digest, until, read_payer(payer_key_file))
    ended = receipt.event("TermsWithdrawn").arguments["until"]
    typer.echo(f"{owner.address} withdrew from rounds opened after {ended}, gas {receipt.gas_used}")


for _name, _command in (
    ("trust", alliance_owner.trust),
    ("drop", alliance_owner.drop),
    ("admit", alliance_owner.admit),
    ("dismiss", alliance_owner.dismiss),
    ("bar", alliance_owner.bar),
    ("unbar", alliance_owner.unbar),
    ("rules", alliance_owner.rules),
    ("hand-over", alliance_owner.hand_over),
    ("take-over", alliance_owner.take_over),
    ("give-up", alliance_owner.give_up),
):
    app.command(_name)(_command)


def _named_devices(alliance: AllianceContract, from_block: int) -> dict[str, object]:
    try:
        admitted, barred = named_devices(alliance, from_block)
    except InputError as error:
        typer.echo(f"devices admitted or barred by address are not looked for: {error.message}; {error.hint}", err=True)
        return {"admitted_devices": None, "barred_devices": None}
    return {"admitted_devices": list(admitted), "barred_devices": list(barred)}


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_text(item)}" for name, item in value.items())
    if isinstance(value, list):
        return ", ".join(str(item) for item in value) or "none"
    if value is None:
        return "none"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value).rstrip()
