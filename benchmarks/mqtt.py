"""Packets through Mosquitto into the evidence store, beside the same intake fed from memory.

Both take the same packets of the same devices, verify and store them durably, each in a process of its own and in
turns. For MQTT the packets wait in the broker under a persistent session (published with QoS 1 beforehand, as the
publisher is not what is measured), and the time runs from the connection to the last acknowledgement; the broker runs
beside it. Ends in one JSON line: packets a second, that rate over the direct one (medians), and the largest resident
size of the intake process in MB.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from paho.mqtt.client import Client, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion
from signed_ahead import Fleet

from andel.data.arrivals import Arrival
from andel.data.device_book import BookedDevice, DeviceBook
from andel.data.intake import IntakeSettings
from andel.data.mqtt import Broker, MqttFeed
from andel.data.workers import IntakeScope
from andel.roles.collector import Collector, WitnessedStore, records_of_book
from andel.units import Address

OWNER = Address("0x0000000000000000000000000000000000000001")
DEVICES = 100
SESSION = "benchmark"


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packets", type=int, default=40_000, help="packets in a turn")
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    direct, through, peaks = [], [], []
    with tempfile.TemporaryDirectory() as name, mosquitto(Path(name)) as port:
        for turn in range(options.turns):
            folder = Path(name) / str(turn)
            folder.mkdir()
            first = turn * options.packets
            seconds, _ = in_process(take_directly, folder / "direct.db", first, options.packets)
            direct.append(options.packets / seconds)
            in_process(open_session, port)
            in_process(publish, port, first, options.packets)
            seconds, peak = in_process(take_from_broker, folder / "mqtt.db", port, options.packets)
            through.append(options.packets / seconds)
            peaks.append(peak)
            print(
                f"turn {turn + 1}: direct {direct[-1]:,.0f} packets/s, through MQTT {through[-1]:,.0f}, {peak:.0f} MB"
            )
    ratio = statistics.median(ours / bare for ours, bare in zip(through, direct, strict=True))
    figures = {"rate": round(statistics.median(through)), "ratio_to_direct": round(ratio, 3), "peak_mb": max(peaks)}
    print(json.dumps(figures))


@contextmanager
def mosquitto(folder: Path) -> Iterator[int]:
    """A broker on a free port of loopback that keeps whatever waits."""
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        sys.exit("needs mosquitto (Debian: apt-get install mosquitto)")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    config = folder / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nlog_type none\n")
    with subprocess.Popen([program, "-c", str(config)]) as process:
        try:
            for _ in range(200):
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    time.sleep(0.05)
            yield port
        finally:
            process.terminate()


def in_process(function: Callable[..., tuple[float, float]], *arguments: object) -> tuple[float, float]:
    """What `function` gives in a fresh process, so that its memory is its own."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_report, args=(theirs, function, arguments))
    process.start()
    theirs.close()
    seconds, peak = ours.recv()
    process.join()
    return seconds, peak


def _report(pipe: object, function: Callable[..., tuple[float, float]], arguments: Sequence[object]) -> None:
    pipe.send(function(*arguments))  # type: ignore[attr-defined]  # a connection


def take_directly(path: Path, first: int, count: int) -> tuple[float, float]:
    """Seconds for `count` packets from memory."""
    arrivals = [Arrival(packet.device, packet.raw) for packet in Fleet(DEVICES).packets(first, count)]
    collector = _collector(path)
    started = time.perf_counter()
    for start in range(0, count, collector.chunk):
        collector.take(arrivals[start : start + collector.chunk])
    seconds = time.perf_counter() - started
    assert collector.tally == {"accepted": count}, collector.tally
    return seconds, _peak_mb()


def open_session(port: int) -> tuple[float, float]:
    """Subscribes once, so that the broker keeps what comes."""
    stop = threading.Event()
    feed = MqttFeed(_broker(port), lambda _: None, stop)
    threading.Timer(1.0, stop.set).start()
    feed.run()
    return 0.0, 0.0


def publish(port: int, first: int, count: int) -> tuple[float, float]:
    """Sends the packets as devices do; the broker has all of them at the end."""
    client = Client(CallbackAPIVersion.VERSION2, client_id="modem", protocol=MQTTv311)
    client.max_inflight_messages_set(1_000)
    client.connect("127.0.0.1", port)
    client.loop_start()
    sent = [client.publish(f"device/{p.device}/data", p.raw, 1) for p in Fleet(DEVICES).packets(first, count)]
    for message in sent:
        message.wait_for_publish()
    client.disconnect()
    client.loop_stop()
    return 0.0, 0.0


def take_from_broker(path: Path, port: int, count: int) -> tuple[float, float]:
    """Seconds from the connection until all `count` packets are durable and acknowledged."""
    collector, stop = _collector(path), threading.Event()

    def take(arrivals: Sequence[Arrival]) -> None:
        collector.take(arrivals)
        if sum(collector.tally.values()) >= count:
            stop.set()

    feed = MqttFeed(_broker(port), take, stop)
    started = time.perf_counter()
    feed.run()
    seconds = time.perf_counter() - started
    assert collector.tally == {"accepted": count}, collector.tally
    return seconds, _peak_mb()


def _collector(path: Path) -> Collector:
    devices = {address: BookedDevice(address, key) for address, key in Fleet(DEVICES).public_keys.items()}
    book, settings = DeviceBook(devices, {}), IntakeSettings((0, 2**40))
    store = WitnessedStore(f"sqlite:///{path}")
    return Collector(book, lambda: IntakeScope(OWNER, records_of_book(book, OWNER), settings), store)


def _broker(port: int) -> Broker:
    return Broker("127.0.0.1", port, SESSION)


def _peak_mb() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024, 1)


if __name__ == "__main__":
    main()
