"""Values of a game by asking what coalitions are worth: exact Shapley, antithetic permutations, leave-one-out.

*Takes* the number of players and a utility: any function from a frozenset of players (0 to n − 1) to an int, Fraction
or float. *Gives* exact rationals: a float is the rational it stands for, and nothing is rounded after it, so the axioms
hold to the last bit. *Never* decides a share: what a round pays is `andel.value.aumann_shapley`, and these are what it
is compared with in tests, in benchmarks, and by a validator who wants a second opinion (utility: `round_game`).

| method | evaluations | when |
|---|---|---|
| `exact_shapley` | 2**n | the definition; up to 16 players |
| `antithetic_permutations` | 2 · pairs · (n − 1) + 2 | more players; one pair is exact on quadratic games |
| `leave_one_out` | n + 1 | the cheapest look; does not share out what players are worth only together |
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import factorial, isfinite, lcm

from andel.errors import InputError
from andel.hashing import sha256

Coalition = frozenset[int]
Utility = Callable[[Coalition], int | float | Fraction]

MAX_EXACT_PLAYERS = 16
"""65,536 coalitions; each further player doubles them."""

_MAX_PLAYERS = 100_000
_MAX_PAIRS = 1_000_000


def exact_shapley(players: int, utility: Utility) -> list[Fraction]:
    """The Shapley value of each player, from all 2**players coalitions, each asked once.

    Raises InputError for more than 16 players, or when a coalition's worth is no number.
    Source: Shapley 1953.
    """
    if not 0 <= players <= MAX_EXACT_PLAYERS:
        raise InputError(
            f"{players} players have 2**{players} coalitions; all are asked for 0 to {MAX_EXACT_PLAYERS}",
            "estimate with antithetic_permutations",
        )
    members = [frozenset(i for i in range(players) if mask >> i & 1) for mask in range(1 << players)]
    worth, unit = _common([_number(utility, coalition) for coalition in members])
    # how often a coalition of each size stands before a given player, over all orders
    orders = [factorial(size) * factorial(players - 1 - size) for size in range(players)]
    values = []
    for player in range(players):
        bit = 1 << player
        marginals = [0] * players
        for mask, coalition in enumerate(members):
            if not mask & bit:
                marginals[len(coalition)] += worth[mask | bit] - worth[mask]
        total = sum(count * marginal for count, marginal in zip(orders, marginals, strict=True))
        values.append(Fraction(total, factorial(players) * unit))
    return values


def antithetic_permutations(players: int, utility: Utility, pairs: int, seed: bytes) -> list[Fraction]:
    """Mean marginal of each player over `pairs` random orders, each also walked backwards: unbiased for Shapley.

    The orders come from SHA-256 over `seed`, so the same seed gives the same estimate everywhere. The values sum to
    the worth of everybody. Raises InputError for a number of players or pairs out of bounds, or a worth that is no
    number. Source: Mitchell et al. 2022, "Sampling permutations for Shapley value estimation".
    """
    if not 0 <= players <= _MAX_PLAYERS or not 1 <= pairs <= _MAX_PAIRS:
        raise InputError(
            f"{pairs} pairs of orders of {players} players", f"1 to {_MAX_PAIRS} pairs of 0 to {_MAX_PLAYERS} players"
        )
    ends = _number(utility, frozenset()), _number(utility, frozenset(range(players)))
    totals = [Fraction(0)] * players
    for pair in range(pairs):
        order = _order(players, seed, pair)
        for walk in (order, order[::-1]):
            reached = [ends[0], *(_number(utility, frozenset(walk[:size])) for size in range(1, players)), ends[1]]
            for position, player in enumerate(walk):
                totals[player] += reached[position + 1] - reached[position]
    return [total / (2 * pairs) for total in totals]


def leave_one_out(players: int, utility: Utility) -> list[Fraction]:
    """What everybody together loses without each player. Raises InputError when a worth is no number."""
    everybody = frozenset(range(players))
    together = _number(utility, everybody)
    return [together - _number(utility, everybody - {player}) for player in range(players)]


def _number(utility: Utility, coalition: Coalition) -> Fraction:
    worth = utility(coalition)
    if not isfinite(worth):
        raise InputError(f"the utility of {len(coalition)} players is {worth}", "a utility gives finite numbers")
    return Fraction(worth)


def _common(values: Sequence[Fraction]) -> tuple[list[int], int]:
    """(numerators, their one denominator): integers add up far faster than fractions."""
    unit = lcm(*(value.denominator for value in values))
    return [value.numerator * (unit // value.denominator) for value in values], unit


def _order(players: int, seed: bytes, pair: int) -> list[int]:
    """Players ranked by SHA-256 of seed, number of the pair and player: each order is as likely as any other."""
    prefix = pair.to_bytes(8, "big")
    return sorted(range(players), key=lambda player: sha256(b"andel.order.1", seed, prefix, player.to_bytes(8, "big")))
