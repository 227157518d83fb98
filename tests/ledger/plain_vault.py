"""Who is paid what of a model's revenue, worked out the plain way; what the contracts are compared with.

Takes moves of tokens, payments and claims with their times. Gives balances, weights and payouts by going through all
moves at each question, in whole numbers and fractions. Also a story of such steps drawn from a seed, with its results,
which `scripts/write_vectors.py` writes down for the tests of both languages. Never looks at a contract.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from hashlib import sha256

BPS = 10_000
PAGE = 224
FRACTION = 1 << 32
KINDS = ("mint", "move", "burn", "pay", "claim", "carry")
OFTEN = (*KINDS, "move", "pay", "pay", "claim", "claim", "claim", "claim")
ACCOUNTS = 6
SET_ASIDE = (0, 5)
TOKENS = 2
EPOCH = 3_600
REDEEMABLE_BPS = 1_234


@dataclass
class PlainVault:
    """A token's moves and its vault's books. Accounts and payment tokens are small numbers; times are seconds."""

    epoch_length: int
    redeemable_bps: int
    set_aside: Sequence[int]
    moves: list[tuple[int, int, int]] = field(default_factory=list)
    revenue: dict[tuple[int, int], int] = field(default_factory=dict)
    pots: dict[int, int] = field(default_factory=dict)
    claimed: set[tuple[int, int, int]] = field(default_factory=set)
    left_over: dict[tuple[int, int, int], Fraction] = field(default_factory=dict)
    paid: dict[int, int] = field(default_factory=dict)

    def balance(self, account: int) -> int:
        """What the account holds after all moves."""
        return sum(change for _, who, change in self.moves if who == account)

    def supply(self) -> int:
        """What all accounts hold."""
        return sum(change for _, _, change in self.moves)

    def mint(self, now: int, to: int, amount: int) -> None:
        """New tokens."""
        self.moves.append((now, to, amount))

    def move(self, now: int, sender: int, to: int, amount: int) -> None:
        """Tokens of `sender` go to `to`."""
        self.moves += [(now, sender, -amount), (now, to, amount)]

    def burn(self, now: int, account: int, amount: int, token: int) -> int:
        """Tokens go out of being; what that redeems of the pot of `token`."""
        supply = self.supply()
        self.moves.append((now, account, -amount))
        if account in self.set_aside or supply == 0:
            return 0
        redeemed = self.pots.get(token, 0) * amount // supply
        self.pots[token] = self.pots.get(token, 0) - redeemed
        return redeemed

    def pay(self, now: int, token: int, amount: int) -> None:
        """Revenue arrives."""
        epoch = now // self.epoch_length
        to_pot = amount * self.redeemable_bps // BPS
        self.pots[token] = self.pots.get(token, 0) + to_pot
        self.revenue[token, epoch] = self.revenue.get((token, epoch), 0) + amount - to_pot

    def weight(self, account: int, epoch: int) -> int:
        """The account's balance times seconds in the epoch, second by move; what is set aside weighs nothing."""
        if account in self.set_aside:
            return 0
        start, end = epoch * self.epoch_length, (epoch + 1) * self.epoch_length
        balance, since, total = 0, 0, 0
        for now, who, change in [*self.moves, (end, account, 0)]:
            if who == account:
                total += balance * max(0, min(now, end) - max(since, start))
                balance, since = balance + change, now
        return total

    def weight_of_all(self, epoch: int) -> int:
        """The sum of all accounts' weights."""
        return sum(self.weight(account, epoch) for account in {who for _, who, _ in self.moves})

    def claim(self, account: int, token: int, epoch: int) -> int:
        """What a claim of one finished epoch pays; a second one pays nothing."""
        everybody, revenue = self.weight_of_all(epoch), self.revenue.get((token, epoch), 0)
        if (account, token, epoch) in self.claimed or not everybody:
            return 0
        share = Fraction(revenue * self.weight(account, epoch) * FRACTION // everybody, FRACTION)
        if not share:
            return 0
        self.claimed.add((account, token, epoch))
        page = (account, token, epoch // PAGE)
        share += self.left_over.get(page, Fraction(0))
        whole = int(share)
        self.left_over[page] = share - whole
        self.paid[token] = self.paid.get(token, 0) + whole
        return whole

    def carry(self, now: int, token: int, epoch: int) -> int:
        """Moves the revenue of an epoch without holders to the present one."""
        amount = self.revenue.pop((token, epoch), 0)
        present = now // self.epoch_length
        self.revenue[token, present] = self.revenue.get((token, present), 0) + amount
        return amount


def story(seed: bytes, steps: int) -> dict[str, object]:
    """Steps in columns, each with its result, and all weights and revenue at the end. Amounts are decimal text."""
    vault = PlainVault(EPOCH, REDEEMABLE_BPS, SET_ASIDE)
    draws = _draws(seed)
    now = 0
    columns: dict[str, list[str]] = {name: [] for name in ("time", "kind", "a", "b", "amount", "result")}
    for number in range(steps):
        now += (0, 0, next(draws) % 60, next(draws) % EPOCH, EPOCH - now % EPOCH, next(draws) % (3 * EPOCH))[
            next(draws) % 6
        ]
        # Revenue before anybody holds anything, which is carried on once somebody does.
        kind = ("pay" if number < 4 else "mint") if number < 8 else OFTEN[next(draws) % len(OFTEN)]
        row = _step(vault, kind, now, draws)
        if row is None:
            continue
        for name, value in zip(columns, (now, KINDS.index(kind), *row), strict=True):
            columns[name].append(str(value))
    epochs = range(now // EPOCH)
    return {
        "epochLength": str(EPOCH),
        "redeemableBps": str(REDEEMABLE_BPS),
        "steps": columns,
        "weights": [[str(vault.weight(account, epoch)) for epoch in epochs] for account in range(ACCOUNTS)],
        "weightOfAll": [str(vault.weight_of_all(epoch)) for epoch in epochs],
        "revenue": [[str(vault.revenue.get((token, epoch), 0)) for epoch in epochs] for token in range(TOKENS)],
        "pots": [str(vault.pots.get(token, 0)) for token in range(TOKENS)],
        "balances": [str(vault.balance(account)) for account in range(ACCOUNTS)],
    }


def _step(vault: PlainVault, kind: str, now: int, draws: Iterator[int]) -> tuple[int, int, int, int] | None:
    """The values of one step (a, b, amount, result); None where it cannot be taken."""
    account, other, token = next(draws) % ACCOUNTS, next(draws) % ACCOUNTS, next(draws) % TOKENS
    share = next(draws) % 1_001
    finished = now // vault.epoch_length
    if kind == "mint":
        amount = next(draws) % 10 ** (1 + next(draws) % 24)
        vault.mint(now, account, amount)
        return account, 0, amount, 0
    if kind == "move":
        amount = vault.balance(account) * share // 1_000
        vault.move(now, account, other, amount)
        return account, other, amount, 0
    if kind == "burn":
        amount = vault.balance(account) * share // 5_000
        return account, token, amount, vault.burn(now, account, amount, token)
    if kind == "pay":
        amount = next(draws) % 10 ** (1 + next(draws) % 20)
        vault.pay(now, token, amount)
        return token, 0, amount, 0
    if finished == 0:
        return None
    # Mostly epochs with revenue, sometimes any.
    paid = sorted(epoch for each, epoch in vault.revenue if each == token and epoch < finished)
    epoch = paid[next(draws) % len(paid)] if paid and share % 8 else next(draws) % finished
    if kind == "claim":
        return account, token, epoch, vault.claim(account, token, epoch)
    if vault.weight_of_all(epoch):
        return None
    return token, 0, epoch, vault.carry(now, token, epoch)


def _draws(seed: bytes) -> Iterator[int]:
    counter = 0
    while True:
        yield int.from_bytes(sha256(seed + counter.to_bytes(8, "big")).digest()[:16], "big")
        counter += 1
