"""A device's standing: what failed openings and conflicts cost it in later rounds.

Takes what happened to a device in a round. Gives how many of its slots count. Constants are protocol-wide, so that no
task can make cheating pay. Why these numbers deter: docs/decisions/0012-what-a-cheat-costs.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

HALVED_ROUNDS: Final = 8
"""How many rounds after a first failure a device's slots count half; each further failure doubles it."""
MAX_FAILURES: Final = 10
QUARANTINE_ROUNDS: Final = 8
"""How many rounds after a conflict a device's slots count nothing."""
FALSE_TRAINING_ROUNDS: Final = 64
"""How many rounds an owner's devices count nothing after a training that its own readings do not give."""
PROOF_ROUNDS_PER_DRAW: Final = 4
"""A proof made by k draws holds for this times k rounds; then the set is opened again, under a new seed."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A device's record: failures not yet lived down, and the last rounds of its ceiling and of its quarantine."""

    failures: int = 0
    halved_until: int = 0
    barred_until: int = 0

    def counted(self, slots: int, number: int) -> int:
        """How many of `slots` count in round `number`."""
        if number <= self.barred_until:
            return 0
        return slots // 2 if number <= self.halved_until else slots

    def after_failure(self, number: int) -> Standing:
        """After its openings failed or were withheld in round `number`: the ceiling is added to what is left of one."""
        halved = max(self.halved_until, number) + (HALVED_ROUNDS << self.failures)
        return replace(self, failures=min(self.failures + 1, MAX_FAILURES), halved_until=halved)

    def after_proof(self, number: int) -> Standing:
        """After its openings held in round `number`: without ceiling and quarantine, one failure is lived down."""
        if number <= max(self.halved_until, self.barred_until):
            return self
        return replace(self, failures=max(self.failures - 1, 0))

    def after_conflict(self, number: int) -> Standing:
        """After a conflict was shown in round `number` for an hour that it claims."""
        return replace(self, barred_until=max(self.barred_until, number + QUARANTINE_ROUNDS))

    def after_false_training(self, number: int) -> Standing:
        """After its owner was shown, in round `number`, not to have trained on its readings as the task says."""
        return replace(self, barred_until=max(self.barred_until, number + FALSE_TRAINING_ROUNDS))

    def is_forgotten(self, number: int) -> bool:
        """Whether nothing of it matters after round `number`."""
        return self.failures == 0 and max(self.halved_until, self.barred_until) <= number


CLEAN: Final = Standing()


def proof_holds(proven: int, number: int, draws: int) -> bool:
    """Whether what was proven in round `proven` by that many draws still counts in round `number`."""
    return number - proven <= PROOF_ROUNDS_PER_DRAW * draws
