"""One round with 10 to 10,000 contributors: seconds and memory, each size in a fresh process, chain apart.

Up to 1,000 contributors a whole round: every message over the grid, training, signed and verified, the evidence written
to a directory, read again and settled (`training_rounds.SettledRounds`; a network of 16-32-1, a week of seven batches
each). Beyond, the evidence is made here, and what is measured is writing it, reading it and settling it. Ends in one
JSON line; `power` is the slope of settling's processor seconds against contributors, 1 where they grow alike.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from typing import Any

SIZES = "10,100,1000,10000"
WHOLE = 1_000
"""Most contributors that train here."""


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default=SIZES)
    parser.add_argument("--one", type=int, default=0, help="measure one size in this process")
    chosen = parser.parse_args()
    if chosen.one:
        print(json.dumps(measure(chosen.one)))
        return
    found = {int(size): _apart(int(size)) for size in chosen.sizes.split(",")}
    print("| contributors | round s | collected s | settled s | settled, processor s | processor s | MB | MB before |")
    print("|---" * 8 + "|")
    for size, said in found.items():
        figures = " | ".join(
            str(said[name])
            for name in ("seconds", "collect", "settle", "settle_processor", "processor", "mb", "mb_before")
        )
        print(f"| {size:,} | {figures} |")
    summary: dict[str, Any] = {
        f"{name}_{size}": said[name] for size, said in found.items() for name in ("seconds", "mb")
    }
    if len(found) > 1:
        (less, first), (more, then) = list(found.items())[-2:]
        summary["power"] = round(
            math.log(then["settle_processor"] / first["settle_processor"]) / math.log(more / less), 2
        )
    print(json.dumps(summary))


def _apart(size: int) -> dict[str, Any]:
    command = [sys.executable, __file__, "--one", str(size)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{size} contributors failed: {done.stderr[-600:]}")
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


def measure(size: int) -> dict[str, Any]:
    """The second round of so many: the first warms up, and leaves a state with everybody in it."""
    from training_aggregate import peak_mb
    from training_rounds import SettledRounds

    from andel.content import ContentStore

    with tempfile.TemporaryDirectory() as folder:
        rounds = SettledRounds(crowd(size), ContentStore(folder), [])
        before = peak_mb()
        play = rounds.play if size <= WHOLE else rounds.play_without_training
        play()
        start, spent = time.perf_counter(), time.process_time()
        play()
        seconds, processor = time.perf_counter() - start, time.process_time() - spent
    parts = {name: round(value, 3) for name, value in rounds.seconds.items()}
    figures = {"seconds": round(seconds, 3), "processor": round(processor, 3)}
    return {**figures, **parts, "mb": peak_mb(), "mb_before": before}


def crowd(size: int) -> Any:
    """A founded model with so many members: the weather's owners over and over, each with own keys and a week."""
    from training_rounds import weather_16

    from andel.data.batch import BatchHeader
    from andel.hashing import sha256
    from andel.keys import AccountKey, DeviceKey, derive_secret
    from andel.simulation.offchain_rounds import OffchainMember, found_offchain

    founded = found_offchain(weather_16(), b"scale")
    members = []
    for number in range(size):
        like = founded.members[number % len(founded.members)]
        device = DeviceKey(derive_secret(b"scale device", number))
        first = number // len(founded.members) * 7 % max(len(like.headers) - 7, 1)
        headers = tuple(
            BatchHeader(
                device.address,
                device.public_key,
                header.day,
                sha256(b"scale", device.public_key, header.day.to_bytes(8, "big")),
                header.count,
                header.hours,
            )
            for header in like.headers[first : first + 7]
        )
        start = number * 61 % max(len(like.change) - 150, 1)
        rows = slice(start, start + 150)
        key = AccountKey(derive_secret(b"scale owner", number))
        participant = replace(like.participant, number=number)
        members.append(OffchainMember(participant, key, device, headers, like.codes[rows], like.change[rows]))
    return founded.founded_with(tuple(members))


if __name__ == "__main__":
    main()
