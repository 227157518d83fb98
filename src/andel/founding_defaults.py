"""What a founder's terms are where nothing else is said: the one table of model.toml, the ledger and the simulation.

Takes nothing. Gives constants: amounts in 1e-18 of a token or coin, times in seconds, parts in ten-thousandths. The
reasons stand in docs/economics.md, whose table says the same numbers. Two are examples: a price and a bond have no
default in a model's file, since nobody else knows what its coin is worth.
"""

from __future__ import annotations

from typing import Final

from andel.units import DAY_SECONDS, SLOT_SECONDS, TOKEN

COIN: Final = 10**18

CAP: Final = 1_000_000 * TOKEN
MINED_BPS: Final = 7_000
SALE_BPS: Final = 2_000
TREASURY_BPS: Final = 0
FOUNDERS_BPS: Final = 1_000
VESTING_CLIFF: Final = 183 * DAY_SECONDS
VESTING_DURATION: Final = 549 * DAY_SECONDS

HALVING_PERIOD: Final = 730 * DAY_SECONDS
TAIL_RATE: Final = 0
OPERATOR_SHARE_BPS: Final = 1_000

EXAMPLE_PRICE: Final = COIN
MINIMUM_BPS: Final = 2_500
WINDOW: Final = 7 * DAY_SECONDS
FIRST_BPS: Final = 500
MILESTONE_ROUNDS: Final = 500
MILESTONE_DEADLINE: Final = 1_095 * DAY_SECONDS

EPOCH_LENGTH: Final = 7 * DAY_SECONDS
REDEEMABLE_BPS: Final = 0

EXAMPLE_BOND: Final = 4_000 * COIN
WORTH_OF_PRICE: Final = 5
"""How many times its price a token is held to be worth, for ever: room for the price to rise."""
CHALLENGE_FLOOR: Final = COIN
LEAST_FLOORS_IN_BOND: Final = 100
"""A challenge's floor is no more than this part of a bond, where bonds are small."""
COMMIT_PERIOD: Final = SLOT_SECONDS
CHALLENGE_WINDOW: Final = 12 * SLOT_SECONDS
HEARING_PERIOD: Final = 6 * SLOT_SECONDS
UNBONDING_PERIOD: Final = 45 * DAY_SECONDS
IDLE_PERIOD: Final = 2 * DAY_SECONDS

SHORTEST: Final = DAY_SECONDS
VOTING_DELAY: Final = 2 * DAY_SECONDS
VOTING_PERIOD: Final = 5 * DAY_SECONDS
EXTENSION: Final = 2 * DAY_SECONDS
TIMELOCK_DELAY: Final = 2 * DAY_SECONDS
THRESHOLD_BPS: Final = 50
QUORUM_BPS: Final = 2_500
VETO_BPS: Final = 2_000


def challenge_floor(bond: int) -> int:
    """Wei that a challenge puts down at least, where bonds are of `bond` wei: a coin, or a hundredth of a bond."""
    return max(1, min(CHALLENGE_FLOOR, bond // LEAST_FLOORS_IN_BOND))
