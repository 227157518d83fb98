"""How a cover stands, as the chain has it: its terms, the days that stations showed, what was paid.

Takes the file in which a run named its cover, a chain, and the stations' names by device. Gives plain values for a
page, amounts as decimal text. Everything is read from the contract and its events; nothing is taken from the run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from andel.errors import SettingsError
from andel.keys import parse_address
from andel.ledger.connection import Chain
from andel.ledger.receipt import Event
from andel.units import Address
from examples.air_quality.cover import DUST, BadAirDaysContract

COVER_FILE: Final = "cover.json"
COVER_FORMAT: Final = "andel-air-cover/1"
_LOOK_BACK_BLOCKS: Final = 100_000
_TERMS: Final = (
    *("THRESHOLD", "NEEDED", "HOURS_NEEDED", "FIRST_DAY", "LAST_DAY", "SHOW_WITHIN"),
    *("BENEFICIARY", "SPONSOR", "AMOUNT", "MOST_DAYS", "paidDays", "isClosed"),
)


def name_cover(path: Path, cover: BadAirDaysContract) -> None:
    """Writes which contract a run's cover is."""
    path.write_text(json.dumps({"format": COVER_FORMAT, "contract": cover.address}) + "\n", encoding="utf-8")


def read_cover(path: Path) -> Address | None:
    """The contract that `name_cover` wrote; None where there is no file. Raises SettingsError for another file."""
    if not path.exists():
        return None
    try:
        value = json.loads(path.read_bytes())
        if value["format"] != COVER_FORMAT:
            raise ValueError(value["format"])
        return parse_address(value["contract"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(f"{path} names no cover: {error}", "make it again with `run`") from error


def cover_told(chain: Chain, address: Address, names: Mapping[str, str]) -> dict[str, object]:
    """The cover's terms, each covered day with what its stations showed, and the block at which it was read.

    The newest 100,000 blocks are looked through for what was shown. Raises ChainError.
    """
    cover = BadAirDaysContract(chain, address)
    block = chain.block_number()
    terms: dict[str, Any] = dict(
        zip(_TERMS, chain.call_all(cover.contract, [(name, ()) for name in _TERMS]), strict=True)
    )
    events = cover.logs(("Shown", "Paid"), max(0, block - _LOOK_BACK_BLOCKS), block)
    owed = chain.call(cover.contract, "owed", terms["BENEFICIARY"])
    step = 10.0 ** DUST[2]
    return {
        "contract": address,
        "block": block,
        "threshold": terms["THRESHOLD"] * step,
        "needed": terms["NEEDED"],
        "hours_needed": terms["HOURS_NEEDED"],
        "first_day": terms["FIRST_DAY"],
        "last_day": terms["LAST_DAY"],
        "beneficiary": terms["BENEFICIARY"],
        "sponsor": terms["SPONSOR"],
        "amount": str(terms["AMOUNT"]),
        "most_days": terms["MOST_DAYS"],
        "paid_days": terms["paidDays"],
        "owed": str(owed),
        "is_closed": terms["isClosed"],
        "days": _days(events, names, terms["THRESHOLD"], step),
    }


def _days(events: list[Event], names: Mapping[str, str], threshold: int, step: float) -> list[dict[str, object]]:
    """Each day of which a station showed something, rising: the means shown, and whether it was paid."""
    paid = {event.arguments["day"] for event in events if event.name == "Paid"}
    shown: dict[int, list[dict[str, object]]] = {}
    for event in events:
        if event.name != "Shown":
            continue
        told = event.arguments
        station = names.get(told["device"], told["device"])
        shown.setdefault(told["day"], []).append(
            {
                "station": station,
                "mean": round(told["mean"] * step, 1),
                "hours": told["hoursMeasured"],
                "is_bad": told["mean"] >= threshold,
            }
        )
    return [{"day": day, "is_paid": day in paid, "shown": shown[day]} for day in sorted(shown)]
