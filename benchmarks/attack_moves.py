"""What attackers send: each move takes the scene before a round and one attacker, and gives its update.

Attackers here know more than they would: everybody's update of this round, which commit before show hides, and the
public steps and updates of the rounds before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from attack_worlds import triggered_change, with_trigger

from andel.simulation.offchain_rounds import OffchainMember, OffchainRounds
from andel.training.integer_mlp import IntArray
from andel.training.updates import MAX_UPDATE
from andel.units import Address
from andel.value.report import ValueReport

ALIE_DEVIATIONS = 1.5
DUST = 0.01
MIXED_STEPS = 4
"""One more than novelty looks back."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Before a round: what honest training gives every member, the round before (None before the first), the model's
    steps so far, oldest first.
    """

    rounds: OffchainRounds
    attackers: frozenset[Address]
    honest: Mapping[Address, IntArray]
    sent: Mapping[Address, IntArray]
    report: ValueReport | None
    steps: tuple[IntArray, ...]
    random: np.random.Generator

    @property
    def length(self) -> float:
        """The median length of honest updates."""
        return float(np.median([np.linalg.norm(update) for update in self.honest.values()]))


Move = Callable[[Scene, OffchainMember], IntArray]


def honest(scene: Scene, member: OffchainMember) -> IntArray:
    """The update of honest training."""
    return scene.honest[member.address]


def zero(scene: Scene, member: OffchainMember) -> IntArray:
    """Nothing."""
    return np.zeros_like(scene.honest[member.address])


def noise(part: float) -> Move:
    """Gaussian noise of that part of the median length."""

    def move(scene: Scene, member: OffchainMember) -> IntArray:
        drawn = scene.random.normal(size=len(scene.honest[member.address]))
        return _of_length(drawn, part * scene.length)

    return move


def scaled(factor: int) -> Move:
    """The honest update times a factor."""

    def move(scene: Scene, member: OffchainMember) -> IntArray:
        return (factor * scene.honest[member.address]).clip(-MAX_UPDATE, MAX_UPDATE)

    return move


def replayed_step(scene: Scene, member: OffchainMember) -> IntArray:
    """The model's last step, brought to the median length."""
    return _of_length(scene.steps[-1], scene.length) if scene.steps else zero(scene, member)


def mixed_steps(scene: Scene, member: OffchainMember) -> IntArray:
    """A random mix of the model's last four steps, brought to the median length."""
    if not scene.steps:
        return zero(scene, member)
    last = scene.steps[-MIXED_STEPS:]
    parts = scene.random.uniform(0.1, 1, len(last))
    mixed = sum(part * step / np.linalg.norm(step) for part, step in zip(parts, last, strict=True))
    return _of_length(np.asarray(mixed), scene.length)


def stale_copy(scene: Scene, member: OffchainMember) -> IntArray:
    """Of the round before, the update of whoever scored most in it, but the attackers."""
    if scene.report is None:
        return zero(scene, member)
    others = [line for line in scene.report.contributors if line.contributor not in scene.attackers]
    return scene.sent[max(others, key=lambda line: line.score).contributor]


def alie(scene: Scene, member: OffchainMember) -> IntArray:
    """A little is enough (Baruch et al. 2019): the others' mean less 1.5 standard deviations, value by value."""
    others = np.stack([update for address, update in scene.honest.items() if address not in scene.attackers])
    wished = others.mean(axis=0) - ALIE_DEVIATIONS * others.std(axis=0)
    return np.rint(wished).astype(np.int64).clip(-MAX_UPDATE, MAX_UPDATE)


def backdoor(scene: Scene, member: OffchainMember) -> IntArray:
    """Honest steps on rows of which half carry a trigger and a false target."""
    task = scene.rounds.task
    codes = np.concatenate([member.codes, with_trigger(task, member.codes)])
    change = np.concatenate([member.change, triggered_change(task, len(member.change))])
    return scene.rounds.trained(member, codes, change)


def _of_length(direction: np.ndarray, length: float) -> IntArray:
    size = float(np.linalg.norm(direction))
    wanted = direction * (length / size) if size else direction
    return np.rint(wanted).astype(np.int64).clip(-MAX_UPDATE, MAX_UPDATE)
