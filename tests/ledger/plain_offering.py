"""A plain model of `ModelOffering`, in fractions, to compare the contract with.

Takes what is offered and what each buyer brings. Gives what each gets, and what is released, sold and burned. The rules
are IModelOffering.sol's; nothing here shares code with the product.
"""

from __future__ import annotations

from fractions import Fraction
from hashlib import sha256
from math import ceil, floor

TOKEN = 10**18


def sales(seed: bytes) -> dict[str, object]:
    """Sales that fail, sell a part, sell exactly all, and are over-subscribed."""
    plain = [
        # offered, price, minimum, cap, first in 1/10000, rounds wanted, rounds reached, what each buyer brings
        (1_000 * TOKEN, 2_000_000, 500_000_000, 0, 4_000, 4, 0, (600_000_000, 300_000_000)),
        (1_000 * TOKEN, 2_000_000, 500_000_000, 0, 4_000, 4, 2, (1_500_000_000, 500_000_000)),
        (1_000 * TOKEN, 2_000_000, 500_000_000, 0, 4_000, 4, 4, (7_777_777_777, 3_333_333_333, 1)),
        (1_000 * TOKEN, 2_000_000, 500_000_000, 0, 4_000, 4, 0, (499_999_998, 1)),
        (1_000 * TOKEN, 2_000_000, 1, 600_000_000, 9_999, 1, 0, (10**12, 10**12, 10**12, 599_999_999)),
        (10 * TOKEN, 1, 1, 0, 0, 3, 1, (7, 7, 7)),
        (1, 1, 1, 0, 1, 500, 499, (1, 1, 1)),
        (3, 10**18, 1, 0, 3_333, 7, 5, (2, 2, 1)),
        (10**27 + 1, 10**10 + 7, 10**6, 0, 1, 9, 8, (10**19 + 3, 10**20 + 9, 10**18 + 1, 77)),
        (7 * TOKEN + 5, 100 * TOKEN, 1, 0, 5_000, 2, 1, (TOKEN + 1, 2 * TOKEN + 99, 101)),
    ]
    drawn = [
        (
            1 + _drawn(seed, case, "offered", 10**27),
            1 + _drawn(seed, case, "price", 10 ** (3 + case % 15)),
            1,
            _drawn(seed, case, "cap", 10**20) if case % 3 == 0 else 0,
            _drawn(seed, case, "first", 10_000),
            1 + _drawn(seed, case, "rounds", 20),
            _drawn(seed, case, "reached", 20),
            tuple(
                1 + _drawn(seed, case, f"paid {buyer}", 10 ** (6 + (case * 7 + buyer * 5) % 18)) for buyer in range(5)
            ),
        )
        for case in range(20)
    ]
    return {"cases": [_sale(*case) for case in plain + drawn]}


def _sale(
    offered: int,
    price: int,
    minimum: int,
    cap: int,
    first_bps: int,
    rounds: int,
    reached: int,
    brought: tuple[int, ...],
) -> dict[str, object]:
    """One sale by the rules of IModelOffering.sol, in fractions; each buyer fetches all, and the treasury the rest."""
    paid = [min(amount, cap) if cap else amount for amount in brought]
    raised, cost, reached = sum(paid), Fraction(offered * price, TOKEN), min(reached, rounds)
    target = ceil(cost)
    failed, over = raised < minimum, raised >= target
    proceeds = 0 if failed else min(raised, target)
    share = Fraction(offered, raised) if over else Fraction(TOKEN, price)
    tokens = [0 if failed else floor(share * each) for each in paid]
    excess = [floor(Fraction((raised - proceeds) * each, raised)) for each in paid]
    first = floor(Fraction(proceeds * first_bps, 10_000))
    earned = first + floor(Fraction((proceeds - first) * reached, rounds))
    rest = [0 if reached == rounds else floor(Fraction((proceeds - earned) * each, raised)) for each in paid]
    numbers = {
        "offered": offered,
        "price": price,
        "minimum": minimum,
        "cap": cap,
        "firstBps": first_bps,
        "rounds": rounds,
        "reached": reached,
        "failed": int(failed),
        "buyers": len(paid),
        "target": target,
        "first": first,
        "earned": earned,
        "released": raised - sum(excess) - sum(rest),
        "burned": offered - sum(tokens),
    }
    lists = {"brought": brought, "paid": paid, "tokens": tokens, "excess": excess, "rest": rest}
    return {name: str(value) for name, value in numbers.items()} | {
        name: [str(value) for value in values] for name, values in lists.items()
    }


def _drawn(seed: bytes, case: int, label: str, below: int) -> int:
    return int.from_bytes(sha256(seed + b"offering" + bytes([case]) + label.encode()).digest(), "big") % below
