"""The served model: what it predicts from what, its versions, its alliance, who owns it, what it earns.

Takes a memory and the baselines. Gives one object. Every part that needs an object of the store is None where the store
does not hold it.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from andel.data.feature_spec import FeatureSpec
from andel.data.policy import Policy
from andel.ledger.delegation import FounderVestingContract
from andel.ledger.round_state import RoundState
from andel.roles.revenue import payment_tokens, revenue_state
from andel.roles.showing.catalogue import access_and_price, final_rounds
from andel.roles.showing.measured import Baselines, error_of
from andel.roles.showing.memory import Memory
from andel.roles.showing.opened import Opened
from andel.roles.showing.plain import Facts, hash_of, hex_of
from andel.training.task import Task
from andel.units import Address

LINEAGE_MOST: Final = 50
"""Versions that are told, the newest ones."""

_ROUNDS_LOOKED_AT: Final = 100
_UNITS_FROM: Final = 8


def model_facts(memory: Memory, baselines: Baselines, opened: Opened) -> Facts:
    """The model as its page shows it. Raises ChainError, ContentUnreachable."""
    return memory.head.get(("model", baselines.note), lambda: _read(memory, baselines, opened))


def _read(memory: Memory, baselines: Baselines, opened: Opened) -> Facts:
    task, access = memory.task(), access_and_price(memory)
    final = final_rounds(memory, _ROUNDS_LOOKED_AT)[:LINEAGE_MOST]
    return {
        "address": memory.manager.address,
        "name": memory.model.token.name(),
        "predicts": task.target if task else None,
        "unit": task.unit if task else None,
        "decimals": max(-task.exponent, 0) if task else None,
        "step": 10.0**task.exponent if task else None,
        "horizon_seconds": task.horizon_seconds if task else None,
        "task": _task(memory, opened, task),
        "version": _version(memory),
        "lineage": _lineage(memory, baselines, final, task),
        "alliance": _alliance(memory),
        "supply": _supply(memory),
        "revenue": _revenue(memory),
        "price": access[1],
        "access": access[0],
        "onchain": _onchain(memory),
    }


def _task(memory: Memory, opened: Opened, task: Task | None) -> Facts:
    """Features as the model takes them; channels as somebody measures them, with the widest range of its features.

    Ranges are physical. A task names its target's unit alone; others are those of packets that were opened, else None.
    """
    named = {"hash": hex_of(memory.manager.founding().task_hash)}
    if task is None:
        return named | {"features": None, "channels": None, "privacy": None}
    units = {**_units(memory, opened), task.target: task.unit}
    features = [_feature(feature, units) for feature in task.features]
    channels: dict[str, Facts] = {}
    for feature in (each for each in features if each["channel"] is not None and each["kind"] != "difference"):
        known = channels.setdefault(feature["channel"], feature | {"name": feature["channel"]})
        known["low"], known["high"] = min(known["low"], feature["low"]), max(known["high"], feature["high"])
    return named | {
        "name": task.name,
        "features": features,
        "channels": [{name: each[name] for name in ("name", "unit", "low", "high")} for each in channels.values()],
        "layers": list(task.layers),
        "parameters": task.size,
        "privacy": "grouped" if task.privacy.grouped else "open",
    }


def _feature(feature: FeatureSpec, units: Mapping[str, str]) -> Facts:
    told: Facts = {"name": feature.name, "kind": feature.kind, "channel": None, "unit": None, "low": None, "high": None}
    if not feature.is_measured:
        return told
    return told | {
        "channel": feature.channel,
        "unit": units.get(feature.channel),
        "low": float(Decimal(feature.low).scaleb(feature.exponent)),
        "high": float(Decimal(feature.high).scaleb(feature.exponent)),
        "seconds": feature.seconds or None,
    }


def _units(memory: Memory, opened: Opened) -> dict[str, str]:
    earned = memory.earned()
    devices = earned.devices[:_UNITS_FROM] if earned is not None else ()
    statuses = memory.model.device_registry.statuses_of(devices)
    owned = [(device, status.owner) for device, status in zip(devices, statuses, strict=True) if status.owner]
    return opened.units(owned)


def _version(memory: Memory) -> Facts | None:
    """The version that answers, where one was promoted; else the newest, which does not."""
    manager, registry = memory.manager, memory.model.onchain_models
    answering = None if registry is None else registry.current_of(manager.address)
    version = answering.version if answering else manager.current_version()
    return {
        "hash": hex_of(version),
        "round": manager.version_round(version) or None,
        "answers": answering is not None,
        "newest": hex_of(manager.current_version()),
    }


def _lineage(memory: Memory, baselines: Baselines, final: list[RoundState], task: Task | None) -> list[Facts]:
    return [
        {
            "version": hex_of(state.version_hash),
            "parent": hash_of(state.parent_version),
            "round": state.round,
            "error": error_of(state, task),
            "baseline": baseline,
            "at": state.moved_at,
        }
        for state, baseline in zip(final, baselines.of(final), strict=True)
    ]


def _alliance(memory: Memory) -> Facts:
    policy_hash, terms_hash, policy, terms = memory.rules_text()
    earned, alliance = memory.earned(), memory.model.alliance
    return {
        "address": alliance.address,
        "owner": alliance.owner(),
        "terms_hash": hex_of(terms_hash),
        "terms_text": terms,
        "policy_hash": hex_of(policy_hash),
        "policy": None if policy is None else _policy(policy),
        "devices": None if earned is None else len(earned.devices),
        "how_to_join": how_to_join(memory, terms_hash),
    }


def _policy(policy: Policy) -> Facts:
    """Boxes in degrees; no boxes: anywhere."""
    sides = ("south", "west", "north", "east")
    boxes = [{side: float(Decimal(corner).scaleb(-7)) for side, corner in zip(sides, box, strict=True)}
             for box in policy.boxes]  # fmt: skip
    return {"boxes": boxes, "channels": list(policy.channels)}


def how_to_join(memory: Memory, terms_hash: bytes) -> list[Facts]:
    """What an owner of a device does, in order, with its command; URL, STORE and files are the reader's own."""
    model, registry = memory.manager.address, memory.model.device_registry.address
    at = f"--rpc URL --model {model}"
    steps = (
        ("Keep what your devices sign in an evidence store.", "andel intake --help"),
        ("Claim your device: press its button, and bring what it signed.",
         f"andel device claim CONFIRMATION --device DEVICE --rpc URL --registry {registry} --key-file WALLET"),
        ("Read the alliance's terms.", f"andel alliance show {at} --store STORE"),
        ("Accept them for your devices; you can withdraw at any time.",
         f"andel alliance accept {at} --terms {terms_hash.hex()} --key-file WALLET"),
        ("Read what a round would show of your data; nothing is joined or sent.",
         f"andel contribute --state NODE {at} --store STORE --evidence evidence.sqlite --key-file WALLET"),
    )  # fmt: skip
    return [{"do": do, "command": command} for do, command in steps]


def _supply(memory: Memory) -> Facts:
    """Who was given what there is: by emission to contributors and operators, at the launch to buyers and founders.

    Parts sum to all that was ever minted, but for what an offering has burnt of its own.
    """
    token, pool = memory.model.token, memory.model.pool
    contributors, minted, at_launch = pool.contributors_minted(), pool.minted(), token.minted_at_launch()
    parts = [
        {"who": "contributors", "amount": str(contributors), "kind": "contributors"},
        {"who": "operators", "amount": str(minted - contributors), "kind": "operators"},
    ]
    offered = 0
    if memory.offering is not None:
        offered = memory.offering.terms().offered
        parts.append({"who": "buyers at the offering", "amount": str(offered), "kind": "offering"})
    vested, treasury = _vested(memory), token.treasury()
    kinds = {treasury: "treasury"}
    parts += [{"who": who, "amount": str(amount), "kind": kinds.get(who, "founders")} for who, amount in vested]
    if rest := at_launch - offered - sum(amount for _, amount in vested):
        parts.append({"who": "allocated at the launch", "amount": str(rest), "kind": "founders"})
    return {
        "cap": str(token.cap()),
        "minted": str(token.total_ever_minted()),
        "supply": str(token.total_supply()),
        "accrued": str(pool.accrued()),
        "symbol": memory.symbol,
        "decimals": 18,
        "parts": [part for part in parts if part["amount"] != "0"],
    }


def _vested(memory: Memory) -> list[tuple[Address, int]]:
    """Founders' wallets, by their owners, with what was put into each; none where the launch is not known."""
    token, found = memory.model.token, []
    for address in memory.launched.vestings if memory.launched else ():
        wallet = FounderVestingContract(memory.chain, address)
        released = int(memory.chain.call(wallet.contract, "released(address)", token.address))
        found.append((wallet.owner(), token.balance_of(address) + released))
    return found


def _revenue(memory: Memory) -> Facts:
    """What holders share of the newest epochs, by payment token, oldest first. Amounts are smallest units."""
    state = revenue_state(memory.model, payment_tokens(memory.model), None)
    calendar = state.calendar
    return {
        "epoch_seconds": calendar.length,
        "present": calendar.present,
        "redeemable_bps": state.redeemable_bps,
        "tokens": [
            {
                "token": memory.token(each.token),
                "held": str(each.held),
                "redeemable": str(each.pot),
                "epochs": [
                    {"epoch": epoch, "starts": calendar.start + epoch * calendar.length, "amount": str(amount)}
                    for epoch, amount in each.shared.items()
                ],
            }
            for each in state.tokens
        ],
    }


def _onchain(memory: Memory) -> Facts | None:
    """The code that answers inside the chain; None where it is not known where that would lie."""
    registry = memory.model.onchain_models
    if registry is None:
        return None
    found = registry.current_of(memory.manager.address)
    told: Facts = {"registry": registry.address, "code_address": None, "code_hash": None, "bytes": None}
    if found is None:
        return told
    return told | {
        "code_address": found.implementation,
        "code_hash": hex_of(found.codehash),
        "model_file_hash": hex_of(found.model_file_hash),
        "bytes": len(memory.chain.code(found.implementation)),
    }
