"""A consumer who goes along when a model is followed by another.

Takes the shared `Successors` and a model. Gives the steps before and behind it, and the model to ask now, which must be
one that this package knows. Never moves anything: tokens, claims, revenue, bonds and passes stay where they are.
"""

from __future__ import annotations

from dataclasses import dataclass

from andel.errors import ChainError
from andel.ledger.deployment import ModelContracts, find_model
from andel.ledger.successors import MAX_STEPS, Succession, SuccessorsContract
from andel.units import Address


@dataclass(frozen=True, slots=True)
class SuccessionState:
    """Where a model stands on its path. `current` is the model itself while nobody follows it.

    `ends` is False where the path is longer than it was followed; `known` whether this package knows `current`.
    """

    predecessor: Address | None
    step: Succession | None
    current: Address
    ends: bool
    known: bool


def succession_state(successors: SuccessorsContract, model: Address) -> SuccessionState:
    """What stands in `Successors` about a model now. Raises ChainError."""
    current, ends = successors.current_of(model)
    known = True
    if current != model:
        try:
            find_model(successors.chain, current)
        except ChainError:
            known = False
    step = successors.succession_of(model)
    return SuccessionState(successors.predecessor_of(model), step, current, ends, known)


def follow(successors: SuccessorsContract, model: Address) -> ModelContracts:
    """The model at the end of the path that starts at `model`.

    Raises ChainError when the path is longer than `MAX_STEPS`, or its end is no model that this package knows: nobody
    is led to contracts whose rules it cannot tell.
    """
    current, ends = successors.current_of(model)
    if not ends:
        raise ChainError(f"{model} has more than {MAX_STEPS} successors", f"follow them from {current}")
    return find_model(successors.chain, current)
