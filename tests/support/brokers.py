"""A Mosquitto of its own for a test: loopback, own port, own folder, with TLS and certificates where asked for."""

from __future__ import annotations

import datetime
import ipaddress
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from paho.mqtt.client import Client, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

PATIENCE_SECONDS = 60.0


def find_mosquitto() -> str:
    """The program's path; skips the test where it is not installed."""
    found = shutil.which("mosquitto", path=f"{':'.join(('/usr/sbin', '/usr/local/sbin', '/opt/homebrew/sbin'))}")
    found = found or shutil.which("mosquitto")
    if found is None:
        pytest.skip("no mosquitto on this machine (Debian: apt-get install mosquitto)")
    return found


class Authority:
    """A certificate authority that lives in a folder for one test."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._folder = folder
        certificate = self._build(self._name, self._key.public_key(), is_authority=True).sign(
            self._key, hashes.SHA256()
        )
        self.path = folder / f"{name}.pem"
        self.path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str) -> tuple[Path, Path]:
        """Certificate and key files for `name`, good for localhost and 127.0.0.1."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        alternatives = x509.SubjectAlternativeName(
            [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        )
        builder = self._build(subject, key.public_key()).add_extension(alternatives, critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        paths = self._folder / f"{name}.crt", self._folder / f"{name}.key"
        paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        paths[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return paths

    def _build(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, is_authority: bool = False
    ) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        )


class Mosquitto:
    """A broker that can be started, killed and started again with what it kept."""

    def __init__(self, folder: Path, options: Mapping[str, object] | None = None) -> None:
        self._program = find_mosquitto()
        folder.mkdir(parents=True, exist_ok=True)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        settings: dict[str, object] = {
            "listener": f"{self.port} 127.0.0.1",
            "allow_anonymous": "true",
            "persistence": "true",
            "persistence_location": f"{folder}/",
            "max_queued_messages": 0,
            "log_dest": f"file {folder}/mosquitto.log",
            "log_type": "all",
            "user": "root",  # started by root it would give its rights away, and could not read the test's folder
            **(options or {}),
        }
        self._config = folder / "mosquitto.conf"
        self._config.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
        self.log = folder / "mosquitto.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Runs it; when this returns, it listens."""
        self._process = subprocess.Popen([self._program, "-c", str(self._config)], stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                assert self._process.poll() is None, self.log.read_text() if self.log.exists() else "no broker"
                time.sleep(0.02)
        raise AssertionError("mosquitto does not listen")

    def stop(self) -> None:
        """Ends it with its state written."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE_SECONDS)
            self._process = None

    def __enter__(self) -> Mosquitto:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class Publisher:
    """A device's modem, speaking MQTT 3.1.1 as a Pebble does."""

    def __init__(self, port: int, tls: ssl.SSLContext | None = None) -> None:
        self._client = Client(CallbackAPIVersion.VERSION2, client_id="modem", protocol=MQTTv311)
        if tls is not None:
            self._client.tls_set_context(tls)
        self._client.max_inflight_messages_set(1_000)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def publish(self, messages: Iterable[tuple[str, bytes]], qos: int = 1, retain: bool = False) -> None:
        """Sends everything; with QoS 1 the broker has it when this returns."""
        sent = [self._client.publish(topic, payload, qos, retain) for topic, payload in messages]
        for message in sent:
            message.wait_for_publish(PATIENCE_SECONDS)
            assert message.is_published()

    def __enter__(self) -> Publisher:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def wait_until(condition: object, what: str = "what was waited for") -> None:
    """Polls until `condition()` is true; fails after `PATIENCE_SECONDS`."""
    assert callable(condition)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"not reached: {what}"
        time.sleep(0.01)
