"""`andel intake` and `andel status` as processes: every source, every end, and killed at any moment."""

import base64
import json
import signal
import sqlite3
import subprocess
import sys
import threading
import time

import httpx
import pytest

from andel.cli.app import main
from andel.device.pebble import sign_confirmation
from tests.device.actors import NOON, Pebble, account
from tests.support.brokers import Authority, Mosquitto, Publisher, wait_until

OWNER = account("owner")
PEBBLE = Pebble()
IMEI = "352656100000017"
TOPIC = f"device/{IMEI}/data"


class Desk:
    """A folder with a devices file, a store, and the commands that work on them."""

    def __init__(self, folder, capfd, monkeypatch):
        self.folder = folder
        self.database = folder / "evidence.db"
        self.started = []
        self._capfd, self._monkeypatch = capfd, monkeypatch
        book = {"format": "andel-devices/1", "devices": [{"public_key": PEBBLE.public_key.hex(), "id": IMEI}]}
        (folder / "devices.json").write_text(json.dumps(book))

    def arguments(self, *arguments):
        fixed = ["--store", self.database, "--devices", self.folder / "devices.json", "--owner", OWNER, "--json"]
        return ["intake", *map(str, fixed), *map(str, arguments)]

    def run(self, *arguments):
        """The command to its end, in this process, where it starts at once: exit code, output, errors."""
        return self.call(*self.arguments(*arguments))

    def call(self, *arguments):
        self._monkeypatch.setattr(sys, "argv", ["andel", *arguments])
        self._capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
            raise SystemExit(0)
        return ended.value.code, *self._capfd.readouterr()

    def start(self, *arguments):
        """The command as a process of its own, which the test's end ends."""
        pipe = subprocess.PIPE
        command = [sys.executable, "-m", "andel", *self.arguments(*arguments)]
        self.started.append(subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe))
        return self.started[-1]

    def status(self, *arguments):
        code, out, _ = self.call("status", "--store", str(self.database), *arguments)
        assert code == 0
        return out

    def file(self, raws):
        path = self.folder / "packets.jsonl"
        path.write_bytes(lines(raws))
        return path

    def kept(self):
        """The raw bytes of accepted packets, read past the product's own code."""
        if not self.database.exists():
            return []
        connection = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)
        try:
            return [raw for (raw,) in connection.execute("SELECT raw FROM accepted")]
        except sqlite3.OperationalError:  # not made yet
            return []
        finally:
            connection.close()


@pytest.fixture
def desk(tmp_path, capfd, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    opened = Desk(tmp_path, capfd, monkeypatch)
    yield opened
    for process in opened.started:
        process.kill()
        process.communicate()


def packets(count):
    return [PEBBLE.packet(NOON + number) for number in range(count)]


def lines(raws):
    return b"".join(b'{"device":"%s","packet":"%s"}\n' % (IMEI.encode(), base64.b64encode(raw)) for raw in raws)


def counts(outcome):
    code, out, err = outcome
    assert code == 0, err
    return json.loads(out)


def stop(process, number=signal.SIGTERM):
    """Ends a running intake by a signal; its exit code, counts and standard error."""
    process.send_signal(number)
    process.wait(30)  # with its input still open: it ends by the signal, not by the end of the input
    out, err = process.communicate(timeout=30)
    return process.returncode, json.loads(out), err.decode()


def test_a_file_is_taken_and_status_tells_what_became_of_it(desk):
    raws = [PEBBLE.packet(NOON), PEBBLE.packet(NOON + 3 * 3_600), PEBBLE.packet(NOON, temperature=5)]
    claim = {
        "device": IMEI,
        "confirm": base64.b64encode(sign_confirmation(PEBBLE.key, OWNER, int(time.time()))).decode(),
    }
    path = desk.folder / "packets.jsonl"
    path.write_bytes(lines(raws) + b"broken\n" + json.dumps(claim).encode())
    assert counts(desk.run(path)) == {"accepted": 2, "refused": {"replay": 1}, "confirmations": 1, "unreadable": 1}
    status = json.loads(desk.status("--json"))
    assert (status["accepted"], status["refused"]) == (2, {"malformed": 1, "replay": 1})
    known, unnamed = status["devices"]
    assert (known["device"], known["accepted"], known["slots"], known["missing"]) == (PEBBLE.address, 2, 2, 2)
    assert known["gaps"] == [{"start": NOON + 3_600, "slots": 2}]
    assert known["contradictions"] == 1
    assert unnamed["device"] == ""
    assert [claim["owner"] for claim in status["waiting"]] == [OWNER]
    table = desk.status()
    for text in ("2 packets accepted, 2 refused", "replay", "andel device claim", "set back"):
        assert text in table


@pytest.mark.full
def test_standard_input_is_taken_as_it_comes_and_sigterm_ends_it(desk):
    process = desk.start("-")
    process.stdin.write(lines(packets(3)))
    process.stdin.flush()
    wait_until(lambda: len(desk.kept()) == 3)
    code, told, _ = stop(process)
    assert (code, told["accepted"]) == (128 + signal.SIGTERM, 3)


def test_bare_base64_is_of_the_device_that_is_named(desk):
    path = desk.folder / "packets.txt"
    path.write_bytes(b"\n".join(base64.b64encode(raw) for raw in packets(5)))
    assert counts(desk.run(path, "--device", IMEI))["accepted"] == 5


def test_bounds_are_those_of_the_options(desk):
    raws = [PEBBLE.packet(NOON + 5, temperature=4_001), PEBBLE.packet(NOON - 1), PEBBLE.packet(NOON + 100), *packets(1)]
    bounds = ("--accept-from", "2013-01-01T12:00Z", "--accept-until", NOON + 100, "--range", "temperature=-20:40")
    assert counts(desk.run(desk.file(raws), *bounds)) == {
        "accepted": 1,
        "refused": {"out-of-range": 1, "outside-time": 2},
        "confirmations": 0,
        "unreadable": 0,
    }


def test_what_has_not_happened_yet_is_refused(desk):
    path = desk.file([PEBBLE.packet(int(time.time()) + 3 * 3_600)])
    assert counts(desk.run(path))["refused"] == {"outside-time": 1}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "one kind of source"),
        (("-", "--http", "127.0.0.1:0"), "one kind of source"),
        (("nothing.jsonl",), "there is no file nothing.jsonl"),
        (("-", "--range", "temperature=9:x"), "not a range"),
        (("-", "--accept-until", "soon"), "not a time"),
        (("--mqtt", "mqtt://127.0.0.1:1"), "cannot connect"),
        (("--mqtt", "mqtt://a", "--ca", "ca.pem"), "certificates are for a broker over TLS"),
        (("--mqtt", "mqtts://a", "--ca", "ca.pem"), "certificate or key cannot be used: ca.pem"),
        (("--http", "nowhere"), "not an address to listen on"),
        (("-", "--rpc", "http://127.0.0.1:1"), "belong together"),
    ],
)
def test_what_cannot_be_used_is_told_in_one_line_and_a_hint(desk, arguments, told):
    code, _, err = desk.run(*arguments)
    assert code == 1
    message, hint = err.splitlines()[-2:]
    assert told in message
    assert hint.startswith("hint: ")


def test_status_makes_no_store_where_there_is_none(desk):
    code, _, err = desk.call("status", "--store", str(desk.database))
    assert (code, desk.database.exists()) == (1, False)
    assert "there is no evidence store" in err


@pytest.mark.full
def test_a_file_survives_a_kill_at_any_moment(desk):
    raws = packets(12_000)
    path = desk.file(raws)
    process = desk.start(path)
    wait_until(desk.kept, "the first chunk")
    process.kill()
    process.communicate()
    before = desk.kept()
    assert 0 < len(before) <= len(raws)
    again = counts(desk.run(path))
    assert sorted(desk.kept()) == sorted(raws)
    assert again["accepted"] == len(raws) - len(before)
    assert sum(again["refused"].values()) == len(before)


@pytest.mark.full
def test_a_broker_survives_a_kill_of_the_intake_at_any_moment(desk):
    raws = packets(6_000)
    with Mosquitto(desk.folder / "broker") as broker:
        url = f"mqtt://127.0.0.1:{broker.port}"
        first = desk.start("--mqtt", url)
        wait_until(lambda: "Sending SUBACK" in broker.log.read_text(), "a subscription")
        with Publisher(broker.port) as modem:
            sending = threading.Thread(target=lambda: modem.publish([(TOPIC, raw) for raw in raws]))
            sending.start()
            wait_until(desk.kept, "the first chunk")
            first.kill()
            first.communicate()
            sending.join(60)
        before = desk.kept()
        second = desk.start("--mqtt", url)
        wait_until(lambda: len(desk.kept()) == len(raws), "all packets")
        code, told, _ = stop(second, signal.SIGINT)
    assert code == 0
    assert sorted(desk.kept()) == sorted(raws)
    assert told["accepted"] == len(raws) - len(before)
    assert set(told["refused"]) <= {"replay"}  # kept, but killed before it was acknowledged


@pytest.mark.full
def test_http_clients_survive_a_kill_of_the_intake_at_any_moment(desk):
    raws = packets(4_000)
    batches = [raws[start : start + 50] for start in range(0, len(raws), 50)]

    def post(client, batch):
        entries = [{"device": IMEI, "packet": base64.b64encode(raw).decode()} for raw in batch]
        return client.post("/packets", json={"packets": entries}).json()["fates"]

    process, url = listening(desk)
    acknowledged = []
    with httpx.Client(base_url=url, timeout=20) as client:
        killer = threading.Timer(0.3, process.kill)
        killer.start()
        with pytest.raises(httpx.TransportError):
            for batch in batches * 100:
                acknowledged += [
                    raw for raw, fate in zip(batch, post(client, batch), strict=True) if fate == "accepted"
                ]
        process.communicate()
    before = desk.kept()
    assert set(acknowledged) <= set(before)
    assert len(acknowledged) == len(set(acknowledged))
    process, url = listening(desk)
    with httpx.Client(base_url=url, timeout=20) as client:
        fates = [fate for batch in batches for fate in post(client, batch)]
    assert fates.count("accepted") == len(raws) - len(before)
    assert fates.count("replay") == len(before)
    code, told, _ = stop(process)
    assert (code, told["accepted"]) == (0, len(raws) - len(before))
    assert sorted(desk.kept()) == sorted(raws)


def listening(desk, *arguments):
    """A running intake over HTTP and its address."""
    process = desk.start("--http", "127.0.0.1:0", *arguments)
    told = process.stderr.readline().decode()
    assert "taking packets at" in told, told + process.stderr.read().decode()
    return process, told.split()[-1].removesuffix("/packets")


@pytest.mark.full
def test_a_broker_over_tls_is_reached_by_the_options(desk):
    authority = Authority(desk.folder)
    certificate, key = authority.issue("broker")
    mine, my_key = authority.issue("intake")
    options = {"cafile": authority.path, "certfile": certificate, "keyfile": key, "require_certificate": "true"}
    with Mosquitto(desk.folder / "broker", options) as broker:
        url = f"mqtts://localhost:{broker.port}"
        process = desk.start("--mqtt", url, "--ca", authority.path, "--cert", mine, "--cert-key", my_key)
        wait_until(lambda: "Sending SUBACK" in broker.log.read_text(), "a subscription")
        assert stop(process)[0] == 0


def test_a_token_is_read_from_its_file_and_shown_nowhere(desk):
    (desk.folder / "token").write_text("geheim\n")
    process, url = listening(desk, "--token-file", desk.folder / "token")
    assert httpx.post(f"{url}/packets", json={"packets": []}).status_code == 401
    answer = httpx.post(f"{url}/packets", json={"packets": []}, headers={"Authorization": "Bearer geheim"})
    assert answer.status_code == 200
    code, _, told = stop(process)
    assert code == 0
    assert "geheim" not in told


def test_several_processes_take_a_file_as_one_does(desk):
    raws = packets(500)
    assert counts(desk.run(desk.file(raws), "--workers", "2"))["accepted"] == 500
    assert sorted(desk.kept()) == sorted(raws)


def memory(process, field):
    """A size of a process, in MB (Linux)."""
    with open(f"/proc/{process.pid}/status") as file:
        (line,) = [line for line in file if line.startswith(field)]
    return int(line.split()[1]) / 1_024


@pytest.mark.full
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads the size of a process from /proc")
@pytest.mark.parametrize("qos", [0, 1])
def test_a_publisher_faster_than_the_intake_costs_no_memory(desk, qos):
    rubbish = [(TOPIC, b"%08d" % number + bytes(3_992)) for number in range(40_000)]  # 160 MB
    with Mosquitto(desk.folder / "broker") as broker:
        process = desk.start("--mqtt", f"mqtt://127.0.0.1:{broker.port}")
        wait_until(lambda: "Sending SUBACK" in broker.log.read_text(), "a subscription")
        with Publisher(broker.port) as modem:
            modem.publish([(TOPIC, PEBBLE.packet(NOON))])
            wait_until(desk.kept)
            before = memory(process, "VmRSS")
            modem.publish(rubbish, qos)
            modem.publish([(TOPIC, PEBBLE.packet(NOON + 1))])
        wait_until(lambda: len(desk.kept()) == 2, "the packet behind the flood")
        assert memory(process, "VmHWM") - before < 80
        code, told, _ = stop(process)
    assert (code, told["accepted"]) == (0, 2)
    assert qos == 0 or told["refused"] == {"malformed": 40_000}
