"""Part of `benchmarks/training.py`: exact sums of very large updates beside Flower's FedAvg, each in a fresh process.

`write FOLDER` makes the updates; `time FOLDER TURNS` adds 32 of them up by turns, by Andel from files and by Flower
from its own messages, which it holds in memory; `memory FOLDER COUNT` adds up so many (files are listed again beyond
32) and says how much memory the process had at most. Each prints one JSON line. Numba comes from `.venv-numba`, where
that is.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, BinaryIO, Final

import numpy as np

from andel.encoding import array_header, decode_arrays
from andel.training.updates import UPDATE_TAG
from andel.value.streamed_sum import StreamedSum, streamed_sum
from andel.value.sum_kernel import compiled_add

UPDATES: Final = 32
LAYERS: Final = 40
CLIP: Final = "none"
"""As FedAvg does; with the weighted median each file is read twice."""


def shapes(parameters: int) -> list[tuple[int, ...]]:
    """40 layers of equal size."""
    return [(parameters // LAYERS // 1_000, 1_000)] * LAYERS


def weights(count: int) -> list[int]:
    """Slots of each update, the same for both."""
    drawn: list[int] = np.random.default_rng(7).integers(24, 4_000, UPDATES).tolist()
    return [drawn[number % UPDATES] for number in range(count)]


def openers(folder: Path, count: int) -> list[Callable[[], BinaryIO]]:
    """Ways to open so many updates."""
    return [partial(open, folder / str(number % UPDATES), "rb", buffering=0) for number in range(count)]


def write(folder: Path, parameters: int) -> None:
    """32 updates in canonical bytes, values as training gives them."""
    header = array_header(UPDATE_TAG, shapes(parameters), 32)
    random = np.random.default_rng(3)
    for number in range(UPDATES):
        values = random.standard_normal(parameters, np.float32) * np.float32(2**17)
        (folder / str(number)).write_bytes(header + values.astype("<i4").tobytes())


def measure_times(folder: Path, parameters: int, turns: int) -> dict[str, Any]:
    """Wall and processor seconds of both, by turns, and whether they agree as far as Flower's float32 goes."""
    from andel.training.flower import Array, ArrayRecord, Message, MetricRecord, RecordDict  # isort: skip
    from flwr.serverapp.strategy import FedAvg

    from andel.training.grid import LocalGrid

    LocalGrid([])  # a message can be made only where a run has a name
    layout, counts = shapes(parameters), weights(UPDATES)
    replies = []
    for number in range(UPDATES):
        layers = decode_arrays(UPDATE_TAG, (folder / str(number)).read_bytes(), layout)
        record = ArrayRecord({str(i): Array((layer / 2**24).astype(np.float32)) for i, layer in enumerate(layers)})
        content = RecordDict({"arrays": record, "metrics": MetricRecord({"num-examples": counts[number]})})
        replies.append(Message(content, number + 1, "train"))
    strategy = FedAvg()
    compiled = compiled_add() is not None  # before the clock starts
    ours: list[tuple[float, float]] = []
    theirs: list[tuple[float, float]] = []
    hashing: list[float] = []
    for _ in range(turns):
        seconds, found = _timed(lambda: streamed_sum(openers(folder, UPDATES), counts, layout, CLIP))
        ours.append(seconds)
        seconds, (arrays, _) = _timed(lambda: strategy.aggregate_train(1, replies))
        theirs.append(seconds)
        hashing.append(_timed(lambda of=found: of.hash)[0][0])
    mean = np.concatenate([array.ravel() for array in arrays.to_numpy_ndarrays()])
    apart = float(np.abs(found.total / found.weight_sum / 2**24 - mean).max())
    wall, processor = (_ratio(theirs, ours, i) for i in (0, 1))
    clipped, _ = _timed(lambda: streamed_sum(openers(folder, UPDATES), counts, layout))
    return {
        "seconds": median(each[0] for each in ours),
        "processor": median(each[1] for each in ours),
        "flower_seconds": median(each[0] for each in theirs),
        "flower_processor": median(each[1] for each in theirs),
        "speedup": wall,
        "speedup_processor": processor,
        "hash_seconds": median(hashing),
        "clipped_seconds": clipped[0],
        "compiled": compiled,
        "apart": apart,
    }


def measure_memory(folder: Path, parameters: int, count: int) -> dict[str, Any]:
    """The most memory that this process had while it added so many updates up."""
    found: StreamedSum = streamed_sum(openers(folder, count), weights(count), shapes(parameters), CLIP)
    return {"peak_mb": peak_mb(), "hash": found.hash.hex()}


def peak_mb() -> float:
    """VmHWM of this process: unlike ru_maxrss, not inherited from whoever started it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return round(int(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) / 1_024, 1)


def _timed(work: Callable[[], Any]) -> tuple[tuple[float, float], Any]:
    start, spent = time.perf_counter(), time.process_time()
    result = work()
    return (time.perf_counter() - start, time.process_time() - spent), result


def _ratio(theirs: list[tuple[float, float]], ours: list[tuple[float, float]], place: int) -> float:
    """Median over the turns of a turn's own ratio."""
    return median(their[place] / our[place] for their, our in zip(theirs, ours, strict=True))


if __name__ == "__main__":
    for packages in sorted(Path(__file__).resolve().parents[1].glob(".venv-numba/lib/python*/site-packages")):
        sys.path.append(str(packages))
    part, where, size = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    if part == "write":
        write(where, size)
        print("{}")
    elif part == "time":
        print(json.dumps(measure_times(where, size, int(sys.argv[4]))))
    else:
        print(json.dumps(measure_memory(where, size, int(sys.argv[4]))))
