"""Rounds of eight honest contributors without a chain, other guises of one of them, and what everybody earned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from andel.keys import AccountKey, DeviceKey, derive_secret
from andel.simulation.offchain_rounds import OffchainMember, OffchainRounds, found_offchain
from andel.simulation.scenario import weather_scenario
from andel.training.integer_mlp import IntArray
from andel.training.rules import DEFAULT_RULES, ValueRules
from andel.units import Address
from tests.support.small_run import climate


def honest_rounds(rules: ValueRules = DEFAULT_RULES, seed: int = 1) -> OffchainRounds:
    """A model before round 1 with honest contributors alone, among them one with few weeks and one noisy sensor."""
    scenario = replace(weather_scenario(climate(), 6, seed, dishonest=False), rules=rules)
    return found_offchain(scenario, seed.to_bytes(4, "big"))


def renamed(member: OffchainMember, name: str, part: slice = slice(None)) -> OffchainMember:
    """Another contributor that holds `part` of the member's days, with a device and an account of its own."""
    device = DeviceKey(derive_secret(b"tests: other device", name))
    headers = tuple(
        replace(header, device=device.address, public_key=device.public_key) for header in member.headers[part]
    )
    return replace(member, key=AccountKey(derive_secret(b"tests: other name", name)), device=device, headers=headers)


def over_fair(rounds: OffchainRounds, accounts: Iterable[Address]) -> float:
    """The accounts' part of all pay over their part of all weight that counted in the last round."""
    wanted = set(accounts)
    earned, weights = rounds.history.earned, {line.contributor: line.weight for line in rounds.reports[-1].contributors}
    paid = sum(earned.get(account, 0) for account in wanted) / sum(earned.values())
    return paid / (sum(weights[account] for account in wanted) / sum(weights.values()))


def dropped_accounts(rounds: OffchainRounds) -> set[Address]:
    """Whoever a filter dropped in any round."""
    lines = (line for report in rounds.reports for line in report.contributors)
    return {line.contributor for line in lines if line.reason.startswith("dropped by")}


def of_length(direction: np.ndarray, length: float) -> IntArray:
    """A direction as an update of that length."""
    return np.rint(direction * (length / float(np.linalg.norm(direction)))).astype(np.int64)
