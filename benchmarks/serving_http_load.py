"""A long load on the server, single questions and batches in turns, with the memory it holds: it must stay flat.

One worker on one core and wrk on another at 64 connections, as `make bench-http` has them; memory is read after every
ten seconds. Ends in one JSON line: minutes, requests, failed ones, the memory after the first minute, at the end and at
most (MB), and its growth in MB an hour, by the line of least squares through what was read after the first minute.
Run: make bench-http-load ARGS="--minutes 30"
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

from serving_http import BATCH_BODY, SINGLE_BODY, told
from serving_http_wrk import free_port, load, missing, running

SLICE_SECONDS = 10
CONNECTIONS = 64
WARM_SECONDS = 60.0


def main() -> None:
    """Loads, reads and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    options = parser.parse_args()
    if tool := missing():
        sys.exit(f"bench-http-load: {tool} is not installed (apt-get install wrk)")
    port = free_port()
    script = Path(__file__).resolve().parent / "serving_http_server.py"
    requests, failed, samples = 0, 0, []
    with running([sys.executable, str(script), "signed", str(port)], port, "/predict", SINGLE_BODY, 60) as server:
        started = time.monotonic()
        while (passed := time.monotonic() - started) < 60 * options.minutes:
            body = (SINGLE_BODY, BATCH_BODY)[len(samples) % 2]
            measured = load(server, body, CONNECTIONS, SLICE_SECONDS)
            requests, failed = requests + round(measured.rate * SLICE_SECONDS), failed + measured.errors
            samples.append((time.monotonic() - started, server.resident_mb()))
            told(f"{samples[-1][0]:6.0f} s  {measured.rate:8.0f} requests/s  {samples[-1][1]:8.2f} MB")
    warm = [sample for sample in samples if sample[0] >= min(WARM_SECONDS, passed / 2)]
    slope = statistics.linear_regression(*zip(*warm, strict=True)).slope if len(warm) > 1 else 0.0
    held = [memory for _, memory in warm]
    print(
        json.dumps(
            {
                "minutes": round(passed / 60, 1),
                "requests": requests,
                "failed": failed,
                "memory_mb_first": round(held[0], 2),
                "memory_mb_last": round(held[-1], 2),
                "memory_mb_most": round(max(held), 2),
                "growth_mb_an_hour": round(slope * 3_600, 2),
            }
        )
    )


if __name__ == "__main__":
    main()
