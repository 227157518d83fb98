#!/usr/bin/env python3
"""Moves the clock of a chain of one's own ahead, as `andel demo --keep` leaves one running.

Takes a length (30s, 10m, 1h, 7d) and where the chain answers: python scripts/skip_time.py 1h --rpc URL. Makes one block
that long after the newest, and prints its time. Only an anvil of one's own does that; any other chain refuses.
"""

from __future__ import annotations

import argparse
import re
import sys
from datetime import UTC, datetime

from andel.errors import AndelError
from andel.ledger.answers import quantity
from andel.ledger.rpc import Rpc

SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def seconds_of(text: str) -> int:
    """Seconds in a length such as 1h. Raises argparse.ArgumentTypeError."""
    found = re.fullmatch(r"([1-9][0-9]{0,5})([smhd])", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"not a length: {text!r}; a number and s, m, h or d, such as 1h")
    return int(found[1]) * SECONDS[found[2]]


def skip(rpc: Rpc, seconds: int) -> int:
    """The time of the new block, unix seconds. Raises AndelError where the chain cannot be told what time it is."""
    newest = quantity(rpc.request("eth_getBlockByNumber", "latest", False).get("timestamp"))
    rpc.request("evm_setNextBlockTimestamp", newest + seconds)
    rpc.request("evm_mine")
    return newest + seconds


def main() -> None:
    """Moves the clock and prints; ends with 1 where it cannot."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("length", type=seconds_of)
    parser.add_argument("--rpc", required=True)
    asked = parser.parse_args()
    try:
        now = skip(Rpc(asked.rpc), asked.length)
    except AndelError as error:
        sys.exit(f"skip_time: {error.message}")
    print(f"the chain's clock says {datetime.fromtimestamp(now, UTC):%Y-%m-%d %H:%M:%S} UTC")


if __name__ == "__main__":
    main()
