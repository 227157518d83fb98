"""A model as large as the page must bear: 10,000 contributors, 1,000 rounds, 10,000 devices, all made up by arithmetic.

Only for how the page reads and shows much; that facts are the chain's is tested where they come from. `asked` counts
what was read, so that a test can say how little.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from andel.errors import InputError
from andel.hashing import keccak
from andel.keys import checksummed
from andel.units import NOBODY, Address

CONTRIBUTORS = 10_000
ROUNDS = 1_000
TOKEN = {"address": NOBODY, "symbol": "BIG", "decimals": 18}
BLOCK, NOW = 500_000, 1_800_000_000
_DAY = 86_400


def _address(kind: str, number: int) -> Address:
    return checksummed(keccak(f"{kind} {number}".encode())[:20])


MODEL = _address("model", 0)


def _page(total: int, first: int, count: int, item: Any) -> dict[str, Any]:
    last = min(total, first + count)
    return {"total": total, "first": first, "items": [item(number) for number in range(first, last)]}


def _error(number: int) -> float:
    return round(1.1 + 1.4 * 0.995**number + 0.02 * ((number * 7_919) % 13 - 6) / 6, 4)


@dataclass(slots=True)
class LargeSource:
    """What the page's routes ask, at that size."""

    asked: Counter[str] = field(default_factory=Counter)

    def network(self) -> Mapping[str, Any]:
        """One chain, and a model without offering and votes."""
        self.asked["network"] += 1
        return {
            "chain": {
                "id": 31_337, "name": "a chain of the test", "coin": {"symbol": "ETH", "decimals": 18},
                "rpc": None, "block": BLOCK, "time": NOW,
            },
            "gateway": {
                "version": "0", "signer": _address("signer", 0), "sign_in": False, "paid_calls": False, "audits": False,
            },
            "model": MODEL,
            "contracts": {"RoundManager": MODEL, "ModelToken": _address("token", 0)},
        }  # fmt: skip

    def models(self, first: int, count: int) -> Mapping[str, Any]:
        """A catalogue of 500 models."""
        self.asked["models"] += 1
        return _page(500, first, count, self._entry)

    def _entry(self, number: int) -> Mapping[str, Any]:
        served = number == 0
        return {
            "address": MODEL if served else _address("model", number),
            "name": f"Model {number}",
            "predicts": "temperature", "unit": "degC", "horizon_seconds": 10_800, "features": 11,
            "skill": {"error": 1.1, "baseline": 1.9, "unit": "degC", "rounds_measured": 10} if served else None,
            "price": None, "access": "open",
            "supply": {"minted": str(10**24), "cap": str(10**25), "symbol": "BIG", "decimals": 18},
            "rounds": ROUNDS, "contributors": CONTRIBUTORS, "offering": "none",
            "alliance": _address("alliance", number), "endpoints": [], "served": served,
        }  # fmt: skip

    def model(self) -> Mapping[str, Any]:
        """The one model."""
        self.asked["model"] += 1
        feature = {"name": "temperature", "unit": "degC", "low": -25.0, "high": 45.0}
        return {
            "address": MODEL, "name": "Model 0", "predicts": "temperature", "unit": "degC", "step": 0.01,
            "horizon_seconds": 10_800,
            "task": {"cid": "bafy", "hash": "0x" + "33" * 32, "name": "temperature 3 hours ahead", "layers": [16],
                     "parameters": 209, "privacy": None, "features": [feature], "channels": [feature]},
            "version": {"hash": "0x" + "11" * 32, "round": ROUNDS, "answers": True, "newest": "0x" + "11" * 32},
            "lineage": [
                {"version": "0x" + f"{ROUNDS - back:064x}", "round": ROUNDS - back, "error": _error(ROUNDS - back),
                 "baseline": 2.4, "at": NOW - back * _DAY} for back in range(50)
            ],
            "alliance": {
                "address": _address("alliance", 0), "terms_hash": "0x" + "22" * 32, "terms_text": "Terms.",
                "policy": None, "policy_hash": "0x" + "44" * 32, "owner": _address("founder", 0),
                "devices": CONTRIBUTORS,
                "how_to_join": [{"do": "register", "command": "andel device claim"}],
            },
            "supply": {"cap": str(10**25), "minted": str(10**24), "supply": str(10**24), "accrued": str(2 * 10**24),
                       "symbol": "BIG", "decimals": 18, "parts": [
                {"who": "contributors", "amount": str(6 * 10**23), "kind": "contributors"},
                {"who": "treasury", "amount": str(4 * 10**23), "kind": "treasury"}]},
            "revenue": {"epoch_seconds": 7 * _DAY, "present": 52, "redeemable_bps": 2_000, "tokens": [
                {"token": TOKEN, "held": "0", "redeemable": "0", "epochs": [
                    {"epoch": n, "starts": NOW - (52 - n) * 7 * _DAY, "amount": str(n * 10**17)} for n in range(52)]}]},
            "price": None, "access": "open",
            "onchain": {"registry": _address("registry", 0), "code_address": None, "code_hash": None, "bytes": None},
        }  # fmt: skip

    def rounds(self, before: int | None, count: int) -> Mapping[str, Any]:
        """Rounds, newest first."""
        self.asked["rounds"] += 1
        newest = ROUNDS if before is None else before - 1
        items = [self._round(number) for number in range(newest, max(0, newest - count), -1)]
        return {"total": ROUNDS, "items": items, "unit": "degC", "note": None}

    def _round(self, number: int) -> Mapping[str, Any]:
        at = NOW - (ROUNDS - number) * _DAY
        return {
            "round": number, "attempt": 0, "status": "finalised", "opened_at": at - 600, "finalised_at": at,
            "minted": str(10**21), "error": _error(number), "baseline": 2.4, "contributors": CONTRIBUTORS,
            "version": "0x" + f"{number:064x}", "parent": "0x" + f"{number - 1:064x}", "void_reason": None,
        }  # fmt: skip

    def series(self, points: int) -> Mapping[str, Any]:
        """Every round, or every so many-th."""
        self.asked["series"] += 1
        step = max(1, ROUNDS // points)
        rounds = list(range(1, ROUNDS + 1, step))
        return {
            "rounds": rounds, "error": [_error(number) for number in rounds], "baseline": [2.4] * len(rounds),
            "minted": [1_000.0] * len(rounds), "status": ["finalised"] * len(rounds), "unit": "degC", "note": None,
        }  # fmt: skip

    def shares(self, first: int, count: int) -> Mapping[str, Any]:
        """Contributors by what they earned."""
        self.asked["shares"] += 1
        return _page(CONTRIBUTORS, first, count, self._share) | {
            "symbol": "BIG", "decimals": 18, "round": ROUNDS, "total_earned": str(6 * 10**23), "note": None,
        }  # fmt: skip

    def _share(self, number: int) -> Mapping[str, Any]:
        earned = (CONTRIBUTORS - number) * 10**16
        total = CONTRIBUTORS * (CONTRIBUTORS + 1) // 2 * 10**16
        return {
            "account": _address("contributor", number), "earned": str(earned), "share_ppm": earned * 10**6 // total,
            "claimed": "0", "devices": 1, "rounds": ROUNDS,
        }  # fmt: skip

    def explain(self, account: Address, round_number: int | None) -> Mapping[str, Any]:
        """Nothing is explained here."""
        raise InputError(f"{account} is made up, and so is round {round_number}")

    def devices(self, first: int, count: int) -> Mapping[str, Any]:
        """Devices, each with a place on a ring of one degree."""
        self.asked["devices"] += 1
        return _page(CONTRIBUTORS, first, count, self._device)

    def _device(self, number: int) -> Mapping[str, Any]:
        place = {"lat": 59 + number % 100 / 100, "lon": 18 + number // 100 / 100, "precision_m": 10_000}
        return {
            "device": _address("device", number), "owner": _address("contributor", number),
            "position": place if number % 3 else None, "days": 300, "slots": 7_200, "last_day": NOW - _DAY,
            "admitted": True,
        }  # fmt: skip

    def account(self, account: Address) -> Mapping[str, Any]:
        """Somebody with nothing."""
        self.asked["account"] += 1
        return {
            "account": account, "symbol": "BIG", "decimals": 18, "held_supply": "0", "set_aside": False, "claimed": "0",
            "operator_claimable": "0", "coins": "0", "devices_note": None, "balance": "0",
            "earned": "0", "claimable": "0", "claim": None, "delegate": None,
            "votes": "0", "threshold": None, "nonces": {"token": "0", "alliance": "0", "devices": "0", "votes": "0"},
            "revenue": [], "redeemable": [],
            "devices": [], "consent": None, "pass": None,
        }  # fmt: skip

    def offering(self, account: Address | None) -> Mapping[str, Any]:
        """There is none."""
        raise InputError("this model has no offering")

    def proposals(self, first: int, count: int, account: Address | None) -> Mapping[str, Any]:
        """Nobody votes here."""
        return {
            "total": 0, "first": 0, "items": [], "threshold": "0", "can_propose": None, "why_not": None, "decimals": 18,
            "symbol": "BIG",
        }  # fmt: skip

    def proposal(self, proposal: int, account: Address | None) -> Mapping[str, Any]:
        """There is none."""
        raise InputError(f"there is no proposal {proposal}")

    def operator(self) -> Mapping[str, Any]:
        """No round is under way."""
        return {
            "round": None, "operators": [], "idle_at": NOW, "health": None, "market": None, "coin": "ETH", "k": 2,
            "accrued": "0", "minted": "0", "symbol": "BIG", "decimals": 18,
        }  # fmt: skip

    def refusal(self, contract: str | None, data: bytes) -> Mapping[str, Any]:
        """Nothing is refused here."""
        return {"sentence": "", "hint": ""}

    def words(self, to: Address, data: bytes, value: int) -> Mapping[str, Any]:
        """Nothing is sent here."""
        return {"words": ""}

    def proposal_of(self, file: bytes) -> Mapping[str, Any]:
        """Nobody proposes here."""
        raise InputError("nobody votes on this model")

    def head(self) -> tuple[int, int]:
        """A chain that stands still."""
        return BLOCK, NOW

    def changes(self, since_block: int) -> tuple[int, Sequence[tuple[str, Mapping[str, Any]]]]:
        """Nothing happens."""
        return BLOCK, ()
