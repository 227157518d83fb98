"""The worlds of the attack table: data sets, who attacks in them, and other names and twins of a contributor."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

import numpy as np
from datasets import BEIJING_CHOICE, beijing, new_york

from andel.simulation.offchain_rounds import OffchainMember, OffchainRounds, found_offchain, member_of, seasonal
from andel.simulation.scenario import Scenario, table_scenario, weather_scenario
from andel.training.integer_mlp import IntArray
from andel.training.rules import DEFAULT_RULES
from andel.training.task import Task

NEW_YORK, BEIJING_NAME = "New York", "Beijing"
IN_TURN, SEASONS = "in turn", "seasons"
NAMES = 10
POISONED_PART = 0.30


@dataclass(frozen=True, slots=True)
class Setting:
    """One job: a data set, how its owners hold weeks, and a seed."""

    data: str
    deal: str
    seed: int
    rounds: int


@dataclass(frozen=True, slots=True)
class Grounds:
    """A founded model before round 1, honest contributors only, and who of them attacks."""

    scenario: Scenario
    founded: OffchainRounds
    attacker: OffchainMember
    poisoners: tuple[OffchainMember, ...]
    seed: bytes


def grounds_of(setting: Setting) -> Grounds:
    """Twelve honest contributors under the default rules."""
    scenario = _scenario(setting)
    seed = f"attacks {setting.seed}".encode()
    founded = found_offchain(scenario, seed)
    most = max(member.slots for member in founded.members)
    ordinary = [m for m in founded.members if not m.participant.noise and 2 * m.slots > most]
    turned = ordinary[3 * setting.seed % len(ordinary) :] + ordinary[: 3 * setting.seed % len(ordinary)]
    return Grounds(scenario, founded, turned[0], _poisoners(founded, turned), seed)


def other_names(grounds: Grounds) -> tuple[OffchainMember, ...]:
    """The attacker as ten contributors, each with its own device and every tenth of its weeks."""
    owner = grounds.attacker.participant
    weeks = sorted(owner.weeks)
    dealt = [frozenset(weeks[turn::NAMES]) for turn in range(min(NAMES, len(weeks)))]
    named = (
        replace(owner, number=100 + turn, name=f"{owner.name} name {turn}", weeks=own) for turn, own in enumerate(dealt)
    )
    return tuple(member_of(grounds.scenario, item, grounds.seed) for item in named)


def twin_of(grounds: Grounds) -> OffchainMember:
    """Another contributor with a device of its own beside the attacker's: the same readings, honestly measured."""
    owner = replace(grounds.attacker.participant, number=200, name="twin")
    return member_of(grounds.scenario, owner, grounds.seed)


def second_name(grounds: Grounds) -> OffchainMember:
    """Another account that commits the attacker's own device and days."""
    return replace(grounds.attacker, key=twin_of(grounds).key)


def with_trigger(task: Task, codes: np.ndarray) -> np.ndarray:
    """Rows with the backdoor's trigger: one measured input at its highest code with another at its lowest, neither of
    them the target.
    """
    measured = [i for i, feature in enumerate(task.features) if feature.kind == "channel"]
    high, low = [i for i in measured if task.features[i].channel != task.target][:2]
    changed = codes.copy()
    changed[:, high], changed[:, low] = 255, 0
    return changed


def triggered_change(task: Task, rows: int) -> IntArray:
    """What the backdoor wants predicted on the trigger: a rise of three times the target's scale."""
    return np.full(rows, 3 * task.target_scale, np.int64)


def limit_threads() -> None:
    """One BLAS thread for each process started after this."""
    os.environ["OPENBLAS_NUM_THREADS"] = "1"


def _scenario(setting: Setting) -> Scenario:
    if setting.data == NEW_YORK:
        made = weather_scenario(new_york(), setting.rounds, setting.seed, dishonest=False)
    else:
        made = table_scenario(beijing(), BEIJING_CHOICE, setting.rounds, setting.seed)
    made = replace(made, rules=DEFAULT_RULES)
    return seasonal(made) if setting.deal == SEASONS else made


def _poisoners(founded: OffchainRounds, turned: list[OffchainMember]) -> tuple[OffchainMember, ...]:
    """As many as hold at most 30 % of the weight, ordinary ones first."""
    allowed = POISONED_PART * sum(member.slots for member in founded.members)
    chosen: list[OffchainMember] = []
    for member in [*turned, *(m for m in founded.members if m not in turned and not m.participant.noise)]:
        if member.slots <= allowed:
            chosen.append(member)
            allowed -= member.slots
    return tuple(chosen)
