"""Intake end to end (bytes, decoded, verified, stored durably, acknowledged) against bare verify calls.

Both sides take turns in one run, on the same packets and the same pinned cores; the ratio is the median over the turns.
Bare is libsecp256k1's own verify as coincurve bundles it (for P-256 OpenSSL's, by cryptography), keys and signatures
parsed beforehand. Before that, a stream of packets shows what memory is needed. Ends in one JSON line.
"""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing
import os
import sqlite3
import statistics
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from coincurve import PublicKey
from coincurve._libsecp256k1 import lib
from coincurve.context import GLOBAL_CONTEXT
from coincurve.ecdsa import deserialize_compact
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from signed_ahead import Fleet, Signed

from andel.data.intake import DeviceRecord, Intake, IntakeSettings
from andel.data.store import EvidenceStore
from andel.data.workers import IntakeScope, IntakeWorkers
from andel.device.packets import reread_packet
from andel.hashing import sha256
from andel.keys import Curve, verify_signature
from andel.units import Address

OWNER = Address("0x0000000000000000000000000000000000000001")
SETTINGS = IntakeSettings((0, 2**40))


def main() -> None:
    """Measures and prints."""
    options = _options()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        peak = measure_memory(folder, options.packets, options.devices)
        cores = sorted(os.sched_getaffinity(0))[:2]
        pebbles = Fleet(options.devices)
        one, one_cpu = measure_one_core(folder / "one.db", pebbles, options, cores[:1])
        print_parts(folder / "parts.db", pebbles, options.turn, cores[:1], one)
        stations = Fleet(options.devices, Curve.P256)
        p256, p256_cpu = measure_one_core(folder / "p256.db", stations, options, cores[:1])
        two = measure_two_cores(folder / "two.db", pebbles, options, cores) if len(cores) == 2 else None
    print(f"by processor time alone: one core {one_cpu:.3f}, P-256 {p256_cpu:.3f}")
    figures = {
        "ratio_one_core": round(one, 3),
        "ratio_two_cores": None if two is None else round(two, 3),
        "ratio_p256": round(p256, 3),
        **peak,
    }
    print(json.dumps(figures))


def measure_memory(folder: Path, packets: int, devices: int) -> dict[str, float]:
    """Largest resident sizes, in MB, of the intake on two processes: after a tenth of the packets, and at the end."""
    fleet = Fleet(devices)
    sizes = {}

    def feed() -> Iterator[tuple[Address, bytes]]:
        for number, packet in enumerate(fleet.packets(0, packets)):
            if number == packets // 10:
                sizes["early"] = _peak_mb(processes)
            yield packet.device, packet.raw

    started = time.perf_counter()
    with IntakeWorkers(
        IntakeScope(OWNER, _records(fleet), SETTINGS), f"sqlite:///{folder / 'memory.db'}", 2
    ) as workers:
        processes = [os.getpid(), *workers.process_ids]
        counts = workers.take(feed())
        sizes["end"] = _peak_mb(processes)
    assert counts.accepted == packets, counts
    seconds = time.perf_counter() - started
    for path in folder.iterdir():
        path.unlink()
    print(
        f"memory: {packets:,} packets in {seconds:.0f} s with signing beside it, all accepted; peak of three processes "
        f"together {sizes['early']:.0f} MB after a tenth, {sizes['end']:.0f} MB at the end"
    )
    return {"peak_mb": sizes["end"], "peak_mb_after_a_tenth": sizes["early"], "memory_packets": packets}


def measure_one_core(path: Path, fleet: Fleet, options: Any, cores: Sequence[int]) -> tuple[float, float]:
    """Intake's rate over bare verify's on one core: by the clock, and by processor time."""
    everywhere = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    store = EvidenceStore(f"sqlite:///{path}")
    intake = Intake(OWNER, _records(fleet), SETTINGS, store)
    ratios, by_cpu = [], []
    try:
        for turn in range(options.turns):
            signed = list(fleet.packets(turn * options.turn, options.turn))
            calls = _bare_calls(fleet, signed)
            bare = _timed(lambda calls=calls: _verify_all(calls))
            packets = [(packet.device, packet.raw) for packet in signed]
            whole = _timed(lambda packets=packets: intake.take(packets))
            ratios.append(bare[0] / whole[0])
            by_cpu.append(bare[1] / whole[1])
    finally:
        store.close()
        os.sched_setaffinity(0, everywhere)
    _print_rates(f"{fleet.curve}, one core", ratios, bare[0] / options.turn, whole[0] / options.turn)
    return statistics.median(ratios), statistics.median(by_cpu)


def measure_two_cores(path: Path, fleet: Fleet, options: Any, cores: Sequence[int]) -> float:
    """The same on two: two processes that verify, against two that take in and one that hands out."""
    context = multiprocessing.get_context("spawn")
    pipes = []
    for core in cores:
        ours, theirs = context.Pipe()
        context.Process(target=_verify_on_demand, args=(theirs, core, options.devices), daemon=True).start()
        pipes.append(ours)
    ratios = []
    size = options.turn * 2
    with IntakeWorkers(IntakeScope(OWNER, _records(fleet), SETTINGS), f"sqlite:///{path}", 2) as workers:
        workers.take([])
        for turn in range(options.turns):
            for half, pipe in enumerate(pipes):
                pipe.send((turn * size + half * options.turn, options.turn))
            for pipe in pipes:
                pipe.recv()  # signed and parsed
            bare = _timed(lambda: _start_and_wait(pipes))
            packets = [(packet.device, packet.raw) for packet in fleet.packets(turn * size, size)]
            whole = _timed(lambda packets=packets: workers.take(packets))
            ratios.append(bare[0] / whole[0])
    for pipe in pipes:
        pipe.close()
    _print_rates(f"{fleet.curve}, two cores", ratios, bare[0] / size, whole[0] / size)
    return statistics.median(ratios)


def print_parts(path: Path, fleet: Fleet, count: int, cores: Sequence[int], ratio: float) -> None:
    """A table of what one packet costs, part by part, each measured by itself on one core."""
    everywhere = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    signed = list(fleet.packets(0, count))
    keys = fleet.public_keys
    calls = _bare_calls(fleet, signed)
    bodies = [packet.raw[:-64] for packet in signed]
    store = EvidenceStore(f"sqlite:///{path}")
    intake = Intake(OWNER, _records(fleet), SETTINGS, store)
    inserting, committing = _watch(store)
    whole = _timed(lambda: intake.take([(p.device, p.raw) for p in signed]))[1]
    parts = {
        "verify (bare)": _timed(lambda: _verify_all(calls))[1],
        "hash": _timed(lambda: [sha256(body) for body in bodies])[1],
        "insert": sum(inserting),
        "commit": sum(committing),
    }
    verify = _timed(lambda: [verify_signature(p.digest, p.signature, keys[p.device]) for p in signed])[1]
    parts["key look-up, signature parsed"] = verify - parts["verify (bare)"]
    decode = _timed(lambda: deque((reread_packet(p.raw, keys[p.device]) for p in signed), maxlen=0))[1]
    parts["decode"] = decode - parts["hash"]
    parts["python (judging, rows)"] = whole - sum(parts.values())
    store.close()
    os.sched_setaffinity(0, everywhere)
    print(f"{fleet.curve}, one core, microseconds of processor time a packet:")
    for name, seconds in parts.items():
        print(f"  {name:32} {seconds / count * 1e6:7.2f}  {seconds / whole:6.1%}")
    rest = (whole - parts["verify (bare)"]) / count * 1e6
    allowed = parts["verify (bare)"] / count * 1e6 * (1 / 0.95 - 1)
    print(
        f"  apart from verify {rest:.2f}; 0.95 would allow {allowed:.2f}, an insert alone takes "
        f"{(parts['insert'] + parts['commit']) / count * 1e6:.2f}: it takes a native decoder and one row (or an "
        f"append log) for many packets"
    )


def _watch(store: EvidenceStore) -> tuple[list[float], list[float]]:
    inserting: list[float] = []
    committing: list[float] = []
    engine = store._engine
    started = [0.0]

    def before(*_: object) -> None:
        started[0] = time.process_time()

    def after(*_: object) -> None:
        inserting.append(time.process_time() - started[0])

    def commit(connection: sa.Connection) -> None:
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        begun = time.process_time()
        raw.commit()
        committing.append(time.process_time() - begun)

    sa.event.listen(engine, "before_cursor_execute", before)
    sa.event.listen(engine, "after_cursor_execute", after)
    sa.event.listen(engine, "commit", commit)
    return inserting, committing


def _bare_calls(fleet: Fleet, signed: Sequence[Signed]) -> list[tuple[Any, ...]]:
    if fleet.curve == Curve.P256:
        points = {
            device: ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key[2:]).verify
            for device, key in fleet.public_keys.items()
        }
        return [
            (points[p.device], encode_dss_signature(*_numbers(p.signature)), p.digest, ec.ECDSA(Prehashed(SHA256())))
            for p in signed
        ]
    keys = {device: PublicKey(key).public_key for device, key in fleet.public_keys.items()}
    verify, context = lib.secp256k1_ecdsa_verify, GLOBAL_CONTEXT.ctx
    return [(verify, context, deserialize_compact(p.signature), p.digest, keys[p.device]) for p in signed]


def _verify_all(calls: Sequence[tuple[Any, ...]]) -> None:
    for function, *arguments in calls:
        assert function(*arguments) in (1, None)  # OpenSSL raises instead


def _verify_on_demand(pipe: Any, core: int, devices: int) -> None:
    os.sched_setaffinity(0, [core])
    fleet = Fleet(devices)
    try:
        while True:
            first, count = pipe.recv()
            calls = _bare_calls(fleet, list(fleet.packets(first, count)))
            pipe.send(True)
            pipe.recv()
            _verify_all(calls)
            pipe.send(True)
    except (EOFError, ConnectionError):
        return


def _start_and_wait(pipes: Sequence[Any]) -> None:
    for pipe in pipes:
        pipe.send(True)
    for pipe in pipes:
        pipe.recv()


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    gc.collect()
    gc.freeze()  # the packets prepared for both sides are not looked through during either
    cpu, clock = time.process_time(), time.perf_counter()
    work()
    taken = time.perf_counter() - clock, time.process_time() - cpu
    gc.unfreeze()
    return taken


def _print_rates(what: str, ratios: Sequence[float], bare: float, whole: float) -> None:
    print(
        f"{what}: {1 / whole:,.0f} a second taken in, {1 / bare:,.0f} verified bare (last turn); ratios "
        f"{' '.join(f'{ratio:.3f}' for ratio in sorted(ratios))}"
    )


def _records(fleet: Fleet) -> dict[Address, DeviceRecord]:
    return {device: DeviceRecord(key, OWNER) for device, key in fleet.public_keys.items()}


def _numbers(signature: bytes) -> tuple[int, int]:
    return int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")


def _peak_mb(processes: Sequence[int]) -> float:
    total = 0
    for process in processes:
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                total += int(line.split()[1])
    return round(total / 1024, 1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packets", type=int, default=200_000, help="streamed for the memory figure")
    parser.add_argument("--turn", type=int, default=20_000, help="packets of one turn, for each core")
    parser.add_argument("--turns", type=int, default=9, help="how often the two sides take turns")
    parser.add_argument("--devices", type=int, default=64)
    parser.add_argument("--folder", help="where the databases are made; the system's temporary folder if left out")
    return parser.parse_args()


if __name__ == "__main__":
    main()
