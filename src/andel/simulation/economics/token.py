"""The model's token on paper: balances, the time they were held, votes as they stood, and the cap ever minted.

Takes moves with their seconds. Gives what `ModelToken` gives, in integers: a balance's weight in an epoch is itself
times the seconds it was held there. Never mints beyond the cap; burning makes no room.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

from andel.simulation.economics.breach import Breach


@dataclass(slots=True)
class Account:
    """A balance, the second since which its weights are counted, and what it was after each second it changed in."""

    balance: int = 0
    since: int = 0
    weights: dict[int, int] = field(default_factory=dict)
    times: list[int] = field(default_factory=list)
    balances: list[int] = field(default_factory=list)

    def at(self, second: int) -> int:
        """The balance as it stood at the end of a second."""
        place = bisect_right(self.times, second)
        return self.balances[place - 1] if place else 0


@dataclass(slots=True)
class TokenBooks:
    """All accounts of one token. `set_aside` names those that count for neither weight, votes nor held supply."""

    cap: int
    epoch_length: int
    set_aside: frozenset[str]
    now: int = 0
    ever_minted: int = 0
    burned: int = 0
    accounts: dict[str, Account] = field(default_factory=dict)
    held: Account = field(default_factory=Account)

    @property
    def supply(self) -> int:
        """What there is."""
        return self.ever_minted - self.burned

    @property
    def held_supply(self) -> int:
        """What holders have: all that is not set aside."""
        return self.held.balance

    def balance(self, name: str) -> int:
        """What an account holds."""
        account = self.accounts.get(name)
        return account.balance if account else 0

    def mint(self, now: int, to: str, amount: int) -> None:
        """New tokens. Breach beyond the cap."""
        if self.ever_minted + amount > self.cap:
            raise Breach(f"minting {amount} passes the cap: {self.ever_minted} of {self.cap} were minted")
        self.ever_minted += amount
        self._change(now, to, amount)

    def move(self, now: int, sender: str, to: str, amount: int) -> None:
        """Tokens of `sender` go to `to`. Breach where it has fewer."""
        self._change(now, sender, -amount)
        self._change(now, to, amount)

    def burn(self, now: int, name: str, amount: int) -> None:
        """Tokens go out of being."""
        self._change(now, name, -amount)
        self.burned += amount

    def votes_at(self, name: str, second: int) -> int:
        """Votes at a past second; everybody votes for itself. Nobody asks about the present second."""
        if second >= self.now:
            raise Breach(f"votes of second {second} were asked for in second {self.now}")
        account = self.accounts.get(name)
        return account.at(second) if account and name not in self.set_aside else 0

    def weight(self, name: str, epoch: int) -> int:
        """Balance times seconds in a finished epoch."""
        return 0 if name in self.set_aside else self._weight(self.accounts.get(name, Account()), epoch)

    def weight_of_all(self, epoch: int) -> int:
        """The sum of all holders' weights, kept apart from theirs."""
        return self._weight(self.held, epoch)

    def advance(self, now: int) -> None:
        """Lets time pass; it never runs backwards."""
        if now < self.now:
            raise Breach(f"second {now} came after second {self.now}")
        self.now = now

    def _change(self, now: int, name: str, amount: int) -> None:
        self.advance(now)
        account = self.accounts.setdefault(name, Account())
        if account.balance + amount < 0:
            raise Breach(f"{name} has {account.balance} and gives {-amount}")
        for each in (account,) if name in self.set_aside else (account, self.held):
            self._count(each, now)
            each.balance += amount
            if each.times and each.times[-1] == now:
                each.balances[-1] = each.balance
            else:
                each.times.append(now)
                each.balances.append(each.balance)

    def _weight(self, account: Account, epoch: int) -> int:
        if (epoch + 1) * self.epoch_length > self.now:
            raise Breach(f"epoch {epoch} is not over")
        self._count(account, self.now)
        return account.weights.get(epoch, 0)

    def _count(self, account: Account, until: int) -> None:
        second = account.since
        while account.balance and second < until:
            epoch = second // self.epoch_length
            end = min(until, (epoch + 1) * self.epoch_length)
            account.weights[epoch] = account.weights.get(epoch, 0) + account.balance * (end - second)
            second = end
        account.since = until
